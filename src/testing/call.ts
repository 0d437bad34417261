import { Problem } from "./problem.ts";
import type { Place } from "./types.ts";
import type { World } from "./world.ts";

/** A request on its way through a handler. */
export interface Call {
  readonly world: World;
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly params: Readonly<Record<string, string>>;
  /** Parsed JSON, text, or a form. */
  readonly body: unknown;
  readonly place: Place;
  /** Aborts when the one who asked has left, or the fake is disposed, until the answer is made. */
  readonly signal: AbortSignal;
}

/** Answers a request, or throws a {@link Problem}. */
export type Handler = (call: Call) => Response | Promise<Response>;

/** One page of a list, as an envelope. Cursors name the item next to the cut. */
export function page<T>(
  call: Call,
  items: readonly T[],
  keyOf: (item: T) => string,
  view: (item: T) => unknown,
  defaultSize = 100,
): Record<string, unknown> {
  const size = call.world.options.pageSize ?? defaultSize;
  const start = startOf(call.url.searchParams.get("cursor"), items.map(keyOf), size);
  const results = items.slice(start, start + size);
  const link = (index: number, direction: string): string => {
    const url = new URL(`${call.place.api}${call.url.pathname}${call.url.search}`);
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

function startOf(cursor: string | null, keys: readonly string[], size: number): number {
  if (cursor === null) return 0;
  const [, direction, key = ""] = /^(after|before)=(.*)$/.exec(decode(cursor)) ?? [];
  const index = keys.indexOf(key);
  if (direction === undefined || index === -1) throw new Problem(400, "Invalid cursor");
  return direction === "after" ? index + 1 : Math.max(0, index - size);
}

function decode(cursor: string): string {
  try {
    return atob(cursor);
  } catch {
    return "";
  }
}
