/**
 * The part of `@std/streams` this project calls, for machines that cannot reach JSR.
 *
 * @module
 */
export * from "./byte_slice_stream.ts";
export * from "./concat_readable_streams.ts";
export * from "./text_line_stream.ts";
export * from "./to_array_buffer.ts";
export * from "./to_blob.ts";
export * from "./to_bytes.ts";
export * from "./to_json.ts";
export * from "./to_text.ts";
