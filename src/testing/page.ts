/** The pages of a list, and the cursors that lead from one to the next. */

import { ErrorAnswer } from "./error_answer.ts";
import type { Context } from "./handler.ts";

/** The page that a request asks for, in its envelope. A cursor names the item beside the cut. */
export function page<T>(
  context: Context,
  items: readonly T[],
  keyOf: (item: T) => string,
  view: (item: T) => unknown,
  defaultSize = 100,
): Record<string, unknown> {
  const { world, url: asked, origins } = context;
  const size = world.options.pageSize ?? defaultSize;
  const start = startOf(asked.searchParams.get("cursor"), items.map(keyOf), size);
  const results = items.slice(start, start + size);
  const link = (index: number, direction: string): string => {
    const url = new URL(`${origins.api}${asked.pathname}${asked.search}`);
    const item = items[index];
    url.searchParams.set("cursor", btoa(`${direction}=${item === undefined ? "" : keyOf(item)}`));
    return url.href;
  };
  return {
    next: start + size < items.length ? link(start + size - 1, "after") : null,
    previous: start > 0 ? link(start, "before") : null,
    results: results.map(view),
  };
}

/** The index of the first item of a page. */
function startOf(cursor: string | null, keys: readonly string[], size: number): number {
  if (cursor === null) return 0;
  const [, direction, key = ""] = /^(after|before)=(.*)$/.exec(decode(cursor)) ?? [];
  const index = keys.indexOf(key);
  if (direction === undefined || index === -1) throw new ErrorAnswer(400, "Invalid cursor");
  return direction === "after" ? index + 1 : Math.max(0, index - size);
}

function decode(cursor: string): string {
  try {
    return atob(cursor);
  } catch {
    return "";
  }
}
