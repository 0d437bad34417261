/** The commands that are tools: webhooks, types, requests, the token, completion. */

import { type Command, JSON_OPTION, type Option } from "./table.ts";

const FORWARD: Option = {
  name: "forward",
  value: "URL",
  help: "the address to post each delivery to, such as http://localhost:3000/hook",
};

/** The commands that are tools. */
export const TOOL_COMMANDS: readonly Command[] = [
  {
    name: "webhook listen",
    summary: "Receive webhooks, verify them, and print them",
    about: ["Use it behind a tunnel. Deliveries with a wrong signature are refused, and shown."],
    args: [],
    options: [
      { name: "port", short: "p", value: "N", kind: "count", help: "the port (default 4000)" },
      { name: "host", value: "ADDRESS", help: "the address to listen at (default 127.0.0.1)" },
      FORWARD,
      JSON_OPTION,
    ],
    examples: ["replicate webhook listen --port 4000 --forward http://localhost:3000/hook"],
    load: () => import("./webhook_listen.ts"),
  },
  {
    name: "webhook watch",
    summary: "Post to a local address what Replicate would post, without a tunnel",
    about: [
      "Watches predictions by polling, and posts each change, signed with your real secret.",
      "The events are those of the prediction's own webhook_events_filter, else --events.",
    ],
    args: [{ name: "id", optional: true, many: true }],
    options: [
      FORWARD,
      { name: "all", help: "every prediction that is created from now on" },
      {
        name: "events",
        value: "LIST",
        help: "start, output, logs and completed, with commas (default output,completed)",
      },
      JSON_OPTION,
    ],
    examples: ["replicate webhook watch --all --forward http://localhost:3000/hook"],
    load: () => import("./webhook_watch.ts"),
  },
  {
    name: "request",
    summary: "Send a request to the API, with the token, and print the answer",
    args: [
      { name: "method", choices: ["GET", "POST", "PUT", "PATCH", "DELETE", "QUERY"] },
      { name: "path" },
      { name: "name=value", optional: true, many: true },
    ],
    options: [{
      name: "input",
      short: "i",
      value: "FILE",
      kind: "file",
      help: "a JSON file with the body, or - for stdin; name=value goes over it",
    }],
    examples: ["replicate request GET /account", "replicate request POST /models name=mine ..."],
    load: () => import("./request.ts"),
  },
  {
    name: "types",
    summary: "Write TypeScript for models from their schemas",
    about: ["Without names, --check looks at the models that the file has."],
    args: [{ name: "owner/name[:version]", optional: true, many: true }],
    options: [
      { name: "out", short: "o", value: "FILE", kind: "file", help: "the file to write" },
      { name: "check", help: "write nothing; exit with 1 and a difference if FILE is out of date" },
      { name: "from", value: "FILE", kind: "file", help: "read schemas from a JSON file" },
      { name: "registry", help: 'type names as well, for client.run("owner/name", ...)' },
      { name: "descriptions", help: "keep descriptions in the schemas, for tools" },
      { name: "import", value: "NAME", help: "the package to import from" },
    ],
    examples: ["replicate types black-forest-labs/flux-schnell --out models.ts"],
    load: () => import("./types.ts"),
  },
  {
    name: "login",
    summary: "Keep an API token for later calls, in a file that only you can read",
    about: ["Reads the token from stdin: it is never an argument, which others could see."],
    args: [],
    options: [],
    examples: ["replicate login", "replicate login < token.txt"],
    load: () => import("./login.ts"),
  },
  {
    name: "completion",
    summary: "Print the completion for a shell",
    args: [{ name: "shell", choices: ["bash", "zsh", "fish"] }],
    options: [],
    examples: [
      "replicate completion bash >> ~/.bash_completion",
      "replicate completion fish > ~/.config/fish/completions/replicate.fish",
    ],
    load: () => import("./completion.ts"),
  },
];
