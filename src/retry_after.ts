/**
 * How long a server asks to wait: its `Retry-After` header (seconds or a date), else `retry_after`
 * of its JSON body (seconds). Returns milliseconds, or `undefined` where it does not say.
 */
export function retryAfterMs(headers: Headers, body = ""): number | undefined {
  const header = headers.get("retry-after")?.trim();
  if (header) {
    const ms = /^\d+(\.\d+)?$/.test(header)
      ? Number(header) * 1000
      : Date.parse(header) - Date.now();
    if (Number.isFinite(ms)) return Math.max(0, Math.ceil(ms));
  }
  if (!body.includes("retry_after")) return undefined;
  try {
    const seconds = Number(JSON.parse(body).retry_after);
    return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1000) : undefined;
  } catch {
    return undefined;
  }
}
