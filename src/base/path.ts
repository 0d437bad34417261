/** Builds the paths of requests from values that may be hostile. */

/**
 * Tag for the path of a request: each value is one escaped segment.
 *
 * A value that would change which resource is asked for is refused, for the caller may have it from
 * a stranger: `models.delete("../account", "x")` must not become another request.
 *
 * @throws {TypeError} If a value is not text, is empty, or holds a `.` or `..` segment.
 */
export function path(strings: TemplateStringsArray, ...values: string[]): string {
  let result = strings[0]!;
  values.forEach((value, index) => {
    result += segment(value) + strings[index + 1]!;
  });
  return result;
}

function segment(value: string): string {
  // Most are plain words, as ids are: all the rest takes 1.5 us of a call on Deno.
  if (typeof value === "string" && /^[\w-]+$/.test(value)) return value;
  if (typeof value !== "string" || value === "") {
    throw new TypeError(
      `Cannot build the request's path: a name or an id is needed, not ${
        value === "" ? "empty text" : typeof value
      }`,
    );
  }
  if (value.split(/[/\\]/).some((part) => part === "." || part === "..")) {
    throw new TypeError(`Cannot build the request's path: ${JSON.stringify(value)} is not a name`);
  }
  try {
    return encodeURIComponent(value);
  } catch {
    throw new TypeError("Cannot build the request's path: a name holds half a surrogate pair");
  }
}
