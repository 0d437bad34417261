/** The events of a run as the text of server-sent events, for the visitors of somebody's server. */

import { report } from "../base/report.ts";
import { readable } from "../base/text.ts";
import { encodeEvent } from "../http/sse.ts";
import type { RunEvent } from "./run_event.ts";
import { visibleFailure } from "./errors.ts";

/** The part of an error that the readers of an event stream get, and who gets the rest. */
export interface ErrorFormat {
  /**
   * True to send each error's own message, which may name the account and addresses within the server.
   * By default, readers get the reason that the run itself gives, and of other errors only that the stream
   * broke off.
   */
  showErrors?: boolean | undefined;
  /**
   * Called with each error that is not shown as it is. Default: it is printed by `console.error`; where it
   * breaks plain text off, the server prints it.
   */
  onError?: ((error: unknown) => unknown) | undefined;
}

/**
 * The events as text. A reader of events is told of an error in one, as a broken connection says nothing.
 *
 * @param isExpected Tells the errors that nobody has to hear of, as when the reader has left.
 */
export async function* eventTexts(
  events: AsyncIterable<RunEvent>,
  { showErrors, onError = print }: ErrorFormat,
  isExpected: (error: unknown) => boolean = () => false,
): AsyncGenerator<string, void, undefined> {
  try {
    for await (const { event, data, id } of events) yield encodeEvent(event, data, id);
  } catch (error) {
    if (!showErrors && !isExpected(error)) report(() => onError(error));
    const { reason, detail } = visibleFailure(error);
    const shown = showErrors ? readable(error) : detail;
    if (reason === "error") yield encodeEvent("error", JSON.stringify({ detail: shown }));
    yield encodeEvent("done", JSON.stringify({ reason }));
  }
}

/** The texts as they are. An error breaks them off, which servers print themselves. */
export async function* plainTexts(
  texts: AsyncIterable<string>,
  { onError }: ErrorFormat,
  isExpected: (error: unknown) => boolean,
): AsyncGenerator<string, void, undefined> {
  try {
    yield* texts;
  } catch (error) {
    if (onError && !isExpected(error)) report(() => onError(error));
    throw error;
  }
}

function print(error: unknown): void {
  // deno-lint-ignore no-console
  console.error("Cannot stream a run:", error);
}
