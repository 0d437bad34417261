/** `use()`: one model as a function. */

import { checkJobOptions } from "../resources/create_job.ts";
import { RUN_OPTIONS, type RunOptions } from "./options.ts";
import { type InputOf, parseRef, type Ref } from "./ref.ts";
import type { RunOf } from "./run.ts";

/**
 * A function that runs one model, with defaults for its input and options.
 *
 * @throws {TypeError} If the ref or a default cannot be used.
 */
export function useRef<R extends Ref>(
  run: (ref: R, options: RunOptions<R>) => RunOf<R>,
  ref: R,
  defaults: Partial<RunOptions<R>>,
): (input: InputOf<R>, options?: Partial<RunOptions<R>>) => RunOf<R> {
  parseRef(ref);
  checkJobOptions(defaults, RUN_OPTIONS, "use these defaults");
  return (input, options) =>
    run(
      ref,
      { ...defaults, ...options, input: { ...defaults.input, ...input } } as RunOptions<R>,
    );
}
