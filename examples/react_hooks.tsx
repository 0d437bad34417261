/**
 * React hooks for runs that a page watches by tickets: copy this file into your app.
 *
 * The server starts the run and issues the ticket (`issueTicket` of `@x/replicate/serve`), and answers
 * at `/api/watch` with a `ticketHandler`. In a project with npm, the imports are `react` and
 * `@x/replicate/serve`.
 */
// @ts-types="npm:@types/react@19.3.0"
import { useCallback, useEffect, useState } from "npm:react@19.3.1";
import { subscribe, type SubscribeOptions, type WatchedRun } from "@x/replicate/serve";

/** The state of a run that a page watches. */
export interface RunState {
  /** `idle` without a ticket; then `running`, and at last one of the others. */
  status: "idle" | "running" | "succeeded" | "failed" | "canceled";
  /** The run as it ended, if it succeeded. */
  run: WatchedRun | undefined;
  /** The error that ended the watching, if one did. */
  error: Error | undefined;
  /** Cancels the run, if the ticket gives the right to. */
  cancel: () => Promise<void>;
}

/** The state of a run whose output is shown as it comes. */
export interface StreamState extends RunState {
  /** The output so far: text, or URLs of files in a row. */
  text: string;
}

type Options = Omit<SubscribeOptions, "signal">;
type Progress = Omit<StreamState, "cancel">;

const IDLE: Progress = { status: "idle", run: undefined, error: undefined, text: "" };

/** Watches a run to its end. Without a ticket it waits for one. */
export function useRun(ticket: string | undefined, options: Options = {}): RunState {
  const { text: _, ...state } = useStream(ticket, options);
  return state;
}

/** Watches a run, and shows its output as it comes. A component that goes away only stops watching. */
export function useStream(ticket: string | undefined, options: Options = {}): StreamState {
  const { url, fetch } = options;
  const [progress, setProgress] = useState<Progress>(IDLE);
  useEffect(() => {
    if (ticket === undefined) return setProgress(IDLE);
    const leaving = new AbortController();
    setProgress({ ...IDLE, status: "running" });
    watch(ticket, { url, fetch, signal: leaving.signal }, (change) => {
      // What comes after the component has left belongs to nobody.
      if (!leaving.signal.aborted) setProgress(change);
    });
    return () => leaving.abort();
  }, [ticket, url, fetch]);
  const cancel = useCallback(async () => {
    if (ticket !== undefined) await subscribe(ticket, { url, fetch }).cancel();
  }, [ticket, url, fetch]);
  return { ...progress, cancel };
}

async function watch(
  ticket: string,
  options: SubscribeOptions,
  show: (change: (before: Progress) => Progress) => void,
): Promise<void> {
  try {
    for await (const { event, data } of subscribe(ticket, options)) {
      if (event === "output") show((before) => ({ ...before, text: before.text + data }));
      if (event === "done") show((before) => ({ ...before, status: "succeeded", run: data }));
    }
  } catch (cause) {
    const error = cause as Error & { code?: string };
    const status = error.code === "canceled" ? "canceled" : "failed";
    show((before) => ({ ...before, status, error }));
  }
}
