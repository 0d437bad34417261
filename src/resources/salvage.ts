/** Records of jobs of which only the id is known, as the rest of the answer to the create was lost. */

const stubs = /* @__PURE__ */ new WeakSet<object>();

/**
 * The record of a job whose answer was cut: its id, if that had come. It stands at the top, before any
 * object within, so that an id in the input is not taken for it.
 */
export function salvage(text: string): object | undefined {
  const id = /^\s*\{[^{}]*?"id"\s*:\s*"([\w-]+)"/.exec(text.slice(0, 4096))?.[1];
  return id === undefined ? undefined : salvaged(id);
}

/** The record of a job of which only the id is known. */
export function salvaged(id: string): { id: string; status: "starting" } {
  const record = { id, status: "starting" as const };
  stubs.add(record);
  return record;
}

/** `true` for the record of a job of which only the id is known: it has to be read. */
export function isSalvaged(record: unknown): boolean {
  return stubs.has(record as object);
}
