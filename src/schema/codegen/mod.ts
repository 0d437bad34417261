/** The generator of typed models: pure functions, which the task and the command line call. */

export { difference } from "./difference.ts";
export { type GenerateOptions, generateTypes } from "./generate.ts";
export { type ModelSource, readSources, sourcesOf } from "./source.ts";
