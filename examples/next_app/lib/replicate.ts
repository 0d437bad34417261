/** What the routes have in common. The token is in `REPLICATE_API_TOKEN`, and never leaves the server. */

import { Client } from "@x/replicate";

export const client = new Client();

/** A run that has ended, as its webhook told. */
export interface Result {
  id: string;
  status: string;
  output: unknown;
}

// A database, in a real app. Next may load this module once for each route.
const shared = globalThis as typeof globalThis & { results?: Map<string, Result> };
export const results = shared.results ??= new Map<string, Result>();
