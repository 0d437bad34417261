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
  try {
    const isName = typeof value === "string" && value !== "" &&
      !/(?:^|[/\\])\.\.?(?:$|[/\\])/.test(value);
    if (isName) return encodeURIComponent(value);
  } catch { /* it holds half a surrogate pair */ }
  const what = typeof value === "string" ? JSON.stringify(value) : typeof value;
  throw new TypeError(`Cannot build the request's path: ${what} is not a name or an id`);
}
