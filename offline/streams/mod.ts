/**
 * The part of `@std/streams` this project calls, for machines that cannot reach JSR.
 *
 * @module
 */
export * from "./to_array_buffer.ts";
