/** Keeps the secrets of an input out of what a job shows. */

import type { Redact } from "../base/model_check.ts";
import type { RequestSpec, Send } from "../http/types.ts";

/** The same `Send`, whose answers and errors have no secrets in them. */
export function withoutSecrets(send: Send, redact: Redact | undefined): Send {
  if (!redact) return send;
  const guarded = async <T>({ onAnswer, onOrphan, ...spec }: RequestSpec): Promise<T> => {
    try {
      return redact(
        await send<T>({
          ...spec,
          ...(onAnswer && { onAnswer: (answer: unknown) => onAnswer(redact(answer)) }),
          ...(onOrphan && { onOrphan: (answer: unknown) => onOrphan(redact(answer)) }),
        }),
      );
    } catch (error) {
      throw redact(error);
    }
  };
  return Object.defineProperties(guarded, {
    options: { get: () => send.options },
    parts: { value: send.parts },
    clock: { get: () => send.clock },
  });
}
