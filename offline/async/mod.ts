/**
 * The part of `@std/async` this project calls, for machines that cannot reach JSR.
 *
 * @module
 */
export * from "./delay.ts";
export * from "./retry.ts";
