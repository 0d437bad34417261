import { ApiError, AuthError, ConnectionError } from "../errors.ts";
import { wasRefused } from "../network.ts";
import type { RequestSpec, Send } from "../request.ts";
import { bodySentOnce } from "../runtime.ts";
import type { Prediction } from "../resources/predictions.ts";

/** What a batch does around the creates of one input. */
export interface CreateWatch {
  /** A create is about to wait for its turn. What it throws keeps it from being sent. */
  before(): void;
  /** It is about to be sent; `again`: it was refused, and is sent once more. */
  sending(again: boolean): Promise<void>;
  /** The server has accepted it. */
  created(prediction: Prediction): Promise<void>;
  /** It failed. `refused`: the server has certainly not created anything. */
  failed(refused: boolean): Promise<void>;
  /** What an answer says of a job. */
  seen(job: Prediction): void;
}

/** A `send` that tells a watch of every prediction that is created through it. */
export function watched(send: Send, watch: CreateWatch): Send {
  const own = async <T>(spec: RequestSpec): Promise<T> => {
    if (spec.bucket === "create") return await create(send, watch, spec) as T;
    const answer = await send<T>(spec);
    if (isJob(answer)) watch.seen(answer);
    return answer;
  };
  return Object.defineProperties(own, {
    options: { get: () => send.options },
    parts: { value: send.parts },
  });
}

async function create(send: Send, watch: CreateWatch, spec: RequestSpec): Promise<Prediction> {
  const { json, onOrphan, ...rest } = spec;
  const signal = spec.options?.signal;
  watch.before();
  const text = JSON.stringify(json);
  let sent = false;
  // A body that is a function is asked for at the last moment: when the limiter has let it go.
  const body = async (): Promise<BodyInit> => {
    await watch.sending(sent);
    if (signal?.aborted) {
      await watch.failed(true);
      throw signal.reason;
    }
    sent = true;
    return bodySentOnce(text);
  };
  const late = (answer: unknown): void => {
    watch.created(answer as Prediction).catch(() => {});
    onOrphan?.(answer);
  };
  let prediction: Prediction;
  try {
    prediction = await send<Prediction>({
      ...rest,
      headers: { "content-type": "application/json", ...rest.headers },
      body,
      ...(onOrphan && { onOrphan: late }),
    });
  } catch (error) {
    await watch.failed(!sent || wasNotAccepted(error));
    throw error;
  }
  await watch.created(prediction);
  // The caller has left while that was noted: nobody else would cancel it.
  if (signal?.aborted) {
    onOrphan?.(prediction);
    throw signal.reason;
  }
  return prediction;
}

function wasNotAccepted(error: unknown): boolean {
  if (error instanceof ApiError) return error.status < 500 && error.status !== 408;
  return error instanceof AuthError ||
    (error instanceof ConnectionError && wasRefused(error.cause));
}

function isJob(answer: unknown): answer is Prediction {
  return typeof answer === "object" && answer !== null && "id" in answer && "status" in answer;
}
