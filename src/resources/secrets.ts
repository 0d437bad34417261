/** Keeps the secrets of an input out of what a job shows. */

import type { Redact } from "../base/model_check.ts";
import type { RequestSpec, Send } from "../http/types.ts";
import { wrapped } from "../http/wrapped.ts";
import { isSalvaged } from "./salvage.ts";

/** The same `Send`, whose answers and errors have no secrets in them. */
export function withoutSecrets(send: Send, redact: Redact | undefined): Send {
  if (!redact) return send;
  // Of what was salvaged there is an id and nothing more, and it is known by its identity.
  const shown = <T>(answer: T): T => isSalvaged(answer) ? answer : redact(answer);
  const guarded = async <T>({ onAnswer, ...spec }: RequestSpec): Promise<T> => {
    try {
      return shown(
        await send<T>({
          ...spec,
          onAnswer: onAnswer && ((answer) => onAnswer(shown(answer))),
        }),
      );
    } catch (error) {
      throw redact(error);
    }
  };
  return wrapped(send, guarded);
}
