/**
 * The part of `@std/assert` this project calls, for machines that cannot reach JSR.
 *
 * @module
 */
export * from "./errors.ts";
export * from "./values.ts";
