/** The commands that run models, and follow what runs. */

import { type Command, INPUT, JSON_OPTION, type Option, RESULT } from "./table.ts";

const INPUTS = { name: "name=value", optional: true, many: true } as const;

const RUN: readonly Option[] = [
  ...INPUT,
  { name: "deployment", short: "d", help: "the name is that of a deployment" },
  { name: "version", value: "ID", help: "the id of the version to run" },
  {
    name: "timeout",
    short: "t",
    value: "TIME",
    kind: "duration",
    help: "cancel it after this time, such as 90s or 5m",
  },
];

/** The values of options, as the help of each command that takes an input explains them. */
const VALUES: readonly string[] = [
  "prompt=text      text; numbers, true, false and lists as the model's schema says",
  "seed:=4          JSON",
  "image=@cat.jpg   a file; @- is stdin, and @@ stands for a plain @",
];

/** The commands that run models, and follow what runs. */
export const JOB_COMMANDS: readonly Command[] = [
  {
    name: "run",
    summary: "Run a model, and print its output",
    about: [
      ...VALUES,
      "",
      "Text is printed while it is made. Files are saved as {model}-{id}-{n}.{ext}, and their",
      "paths printed. Ctrl-C cancels the prediction.",
      "`replicate run --help owner/name` shows the options of that model.",
    ],
    args: [{ name: "owner/name[:version]" }, INPUTS],
    options: [
      ...RUN,
      ...RESULT,
      { name: "detach", help: "print the id, and let it run" },
      { name: "web", short: "w", help: "open its page in the browser" },
    ],
    examples: [
      'replicate run black-forest-labs/flux-schnell prompt="a fig" --save pictures',
      "replicate run meta/meta-llama-3-8b-instruct prompt=@question.txt",
      'replicate run acme/tagger image=@cat.jpg tags=\'["a","b"]\' --json',
    ],
    load: () => import("./run.ts"),
  },
  {
    name: "stream",
    summary: "Run a model, or follow a prediction, and print its output as it is made",
    about: [
      ...VALUES,
      "",
      "With --json, each event is a line. Ctrl-C cancels what it has started.",
    ],
    args: [{ name: "owner/name[:version]|id" }, INPUTS],
    options: [...RUN, { name: "json", help: "print each event as a line of JSON" }],
    examples: ['replicate stream meta/meta-llama-3-8b-instruct prompt="two lines about rain"'],
    load: () => import("./stream.ts"),
  },
  {
    name: "wait",
    summary: "Wait for the end of a prediction or training, and print its output",
    about: ["Ctrl-C ends the waiting; what runs goes on."],
    args: [{ name: "id" }],
    options: [
      {
        name: "timeout",
        short: "t",
        value: "TIME",
        kind: "duration",
        help: "the longest time to wait; what runs goes on after it",
      },
      ...RESULT,
    ],
    examples: ["replicate wait $(replicate run acme/painter prompt=fig --detach)"],
    load: () => import("./wait.ts"),
  },
  {
    name: "cancel",
    summary: "Cancel predictions or trainings",
    args: [{ name: "id", many: true }],
    options: [JSON_OPTION],
    examples: ["replicate cancel gm3qorzdhgbfurvjtvhg6dckhu"],
    load: () => import("./cancel.ts"),
  },
  {
    name: "batch",
    summary: "Run a model for each of many inputs",
    about: [
      "Inputs are JSON lines, or CSV whose first line has the names of the options; - is stdin.",
      "Results are JSON lines, in the order in which they end. With --store, a batch that was",
      "killed goes on when it is started again: nothing is created twice.",
      "name=value is an option of every input.",
    ],
    args: [{ name: "owner/name[:version]" }, { name: "inputs", kind: "file" }, INPUTS],
    options: [
      {
        name: "concurrency",
        short: "c",
        value: "N",
        kind: "count",
        help: "the most runs at once (default 8)",
      },
      { name: "store", value: "FILE", kind: "file", help: "the file that remembers what was done" },
      { name: "out", short: "o", value: "FILE", kind: "file", help: "the file for the results" },
      { name: "ordered", help: "results in the order of the inputs" },
      { name: "csv", help: "read stdin as CSV" },
      { name: "deployment", short: "d", help: "the name is that of a deployment" },
      { name: "save", short: "s", value: "DIR", kind: "folder", help: "save files in this folder" },
      {
        name: "timeout",
        short: "t",
        value: "TIME",
        kind: "duration",
        help: "cancel each run after this time",
      },
      { name: "force", short: "f", help: "write over files that exist" },
      { name: "no-check", help: "send inputs without a check by the model's schema" },
    ],
    examples: [
      "replicate batch acme/tagger photos.csv --store runs.jsonl --out results.jsonl",
      "jq -c '{prompt: .title}' posts.jsonl | replicate batch acme/poet - -c 16",
    ],
    load: () => import("./batch.ts"),
  },
];
