/** One event as text of an event stream. */
export function encodeEvent(event: string, data: string, id?: string): string {
  const lines = data.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`).join("");
  return `event: ${event}\n${id === undefined ? "" : `id: ${id}\n`}${lines}\n`;
}
