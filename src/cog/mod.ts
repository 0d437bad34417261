/**
 * Models on your own machine: a client for a container that Cog has built, by the same code as for
 * Replicate.
 *
 * @example
 * ```ts
 * import { Client } from "@x/replicate";
 * import { cog } from "@x/replicate/cog";
 *
 * // As `docker run -p 5000:5000 <image>` serves it. No token is needed.
 * const client = new Client(cog("http://localhost:5000"));
 * // Now client.run("acme/painter", { input }) runs the model of the container.
 * client.options satisfies { fileEncoding?: unknown };
 * ```
 *
 * @module
 */

export { type Cog, cog } from "./cog.ts";
export type { CogOptions, ReadyOptions } from "./options.ts";
