/** The answer to a request that is refused. */

/** An answer in JSON that says why. */
export function refuse(status: number, detail: string, headers: HeadersInit = {}): Response {
  return Response.json({ status, detail }, { status, headers });
}
