/**
 * The part of `@std/encoding` this project calls, for machines that cannot reach JSR.
 *
 * @module
 */
export * from "./base64.ts";
export * from "./base64url.ts";
export * from "./hex.ts";
