/** The timeout options of a client, as a policy in milliseconds. */

import { checkKeys } from "../base/check.ts";
import { type Duration, toMs } from "../base/duration.ts";
import type { TimeoutOptions } from "./options.ts";
import type { TimeoutPolicy } from "./types.ts";

const DEFAULTS: TimeoutPolicy = { connect: 30_000, request: 60_000, idle: 60_000 };

/**
 * The policy of `options` on top of `base`. A bare duration is the limit of one attempt; `null` takes
 * all limits away.
 *
 * @throws {RangeError} If a value cannot be used; the message says which.
 */
export function timeoutPolicy(
  options: TimeoutOptions | Duration | null | undefined,
  base: TimeoutPolicy = DEFAULTS,
): TimeoutPolicy {
  if (options === undefined) return base;
  if (options === null) return { connect: null, request: null, idle: null };
  if (typeof options !== "object") {
    const request = toMs(options, "timeout", 1);
    return { ...base, request, connect: Math.min(base.connect ?? request, request) };
  }
  const names = Object.keys(DEFAULTS) as (keyof TimeoutPolicy)[];
  checkKeys(options, names, "use timeout");
  const policy = { ...base } as Record<keyof TimeoutPolicy, number | null>;
  for (const name of names) {
    const value = options[name];
    if (value !== undefined) {
      policy[name] = value === null ? null : toMs(value, `timeout.${name}`, 1);
    }
  }
  return policy;
}
