/** Names of files, as paths and URLs have them. */

/** The last part of a path, or of a URL's. */
export function baseName(path: string | URL): string | undefined {
  const text = typeof path === "string" ? path : unescaped(path.pathname);
  return text.match(/[^/\\]+/g)?.at(-1);
}

/** Part of a URL as text; as it is, when it cannot be decoded. */
export function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
