/** The commands about the things of an account, and about models. */

import { type Command, INPUT, JSON_OPTION, LIST, type Option } from "./table.ts";

const MODEL = { name: "owner/name" };
const ID = { name: "id" };

const INSTANCES: readonly Option[] = [
  { name: "version", value: "ID", help: "the id of the model's version" },
  { name: "hardware", value: "SKU", help: "the hardware, as `replicate hardware` lists it" },
  { name: "min-instances", value: "N", kind: "count", help: "machines that stay on, 0 to 5" },
  { name: "max-instances", value: "N", kind: "count", help: "the most machines, 0 to 20" },
];

const get = (name: string, summary: string, load: Command["load"], args = [ID]): Command => ({
  name,
  summary,
  args,
  options: [JSON_OPTION],
  examples: [],
  load,
});

const list = (name: string, summary: string, load: Command["load"]): Command => ({
  name,
  summary,
  args: [],
  options: LIST,
  examples: [],
  load,
});

const predictions = (): ReturnType<Command["load"]> => import("./predictions.ts");
const models = (): ReturnType<Command["load"]> => import("./models.ts");
const deployments = (): ReturnType<Command["load"]> => import("./deployments.ts");
const trainings = (): ReturnType<Command["load"]> => import("./trainings.ts");
const files = (): ReturnType<Command["load"]> => import("./files.ts");
const account = (): ReturnType<Command["load"]> => import("./account.ts");

/** The commands about the things of an account, and about models. */
export const NOUN_COMMANDS: readonly Command[] = [
  list("predictions list", "List your predictions, newest first", predictions),
  get("predictions get", "Show a prediction", predictions),
  {
    name: "models search",
    summary: "Search public models",
    args: [{ name: "text", many: true }],
    options: [{
      name: "limit",
      value: "N",
      kind: "count",
      help: "the most results, 1 to 50 (default 20)",
    }, JSON_OPTION],
    examples: ["replicate models search upscale"],
    load: models,
  },
  get("models get", "Show a model", models, [MODEL]),
  get("models schema", "Show what a model takes and gives, as JSON Schema", models, [
    { name: "owner/name[:version]" },
  ]),
  { ...list("models versions", "List the versions of a model", models), args: [MODEL] },
  {
    name: "collections",
    summary: "List collections of models, or the models of one",
    args: [{ name: "slug", optional: true }],
    options: [JSON_OPTION],
    examples: [],
    load: account,
  },
  list("deployments list", "List your deployments", deployments),
  get("deployments get", "Show a deployment", deployments, [MODEL]),
  {
    name: "deployments create",
    summary: "Create a deployment",
    args: [{ name: "name" }],
    options: [
      { name: "model", value: "MODEL", help: "the model, as owner/name" },
      ...INSTANCES,
      JSON_OPTION,
    ],
    examples: [
      "replicate deployments create painter --model acme/painter --hardware gpu-t4 --max-instances 2",
    ],
    load: deployments,
  },
  {
    name: "deployments update",
    summary: "Change a deployment",
    args: [MODEL],
    options: [...INSTANCES, JSON_OPTION],
    examples: ["replicate deployments update acme/painter --min-instances 0"],
    load: deployments,
  },
  {
    name: "deployments delete",
    summary: "Delete a deployment that has been offline for 15 minutes",
    args: [MODEL],
    options: [],
    examples: [],
    load: deployments,
  },
  {
    name: "trainings create",
    summary: "Start a training, and print its id",
    args: [{ name: "owner/name[:version]" }, { name: "name=value", optional: true, many: true }],
    options: [
      { name: "destination", value: "MODEL", help: "your model that gets the new version" },
      ...INPUT,
      JSON_OPTION,
    ],
    examples: [
      "replicate trainings create acme/trainer --destination me/mine input_images=@photos.zip",
    ],
    load: trainings,
  },
  get("trainings get", "Show a training", trainings),
  list("trainings list", "List your trainings, newest first", trainings),
  { ...get("trainings cancel", "Cancel a training", trainings) },
  {
    name: "files upload",
    summary: "Upload files for inputs, and print their addresses",
    args: [{ name: "file", many: true, kind: "file" }],
    options: [JSON_OPTION],
    examples: ["replicate files upload cat.jpg"],
    load: files,
  },
  list("files list", "List your uploaded files, newest first", files),
  get("files get", "Show the facts about an uploaded file", files),
  {
    name: "files delete",
    summary: "Delete uploaded files",
    args: [{ name: "id", many: true }],
    options: [],
    examples: [],
    load: files,
  },
  get("hardware", "List the hardware that models can run on", account, []),
  get("account", "Show the account that the token belongs to", account, []),
];
