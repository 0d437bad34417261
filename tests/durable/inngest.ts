/** A twin of Inngest's executor: it calls the real SDK by its protocol, keeps results, and retries. */

/** One operation of a function, as the SDK answers it. */
interface Operation {
  op: string;
  id: string;
  displayName?: string;
  data?: unknown;
  error?: { name: string; message: string };
  opts?: { if?: string; timeout?: string };
}

/** The end of a function. */
export interface FunctionEnd {
  data?: unknown;
  error?: { name: string; message: string };
  /** The number of calls. */
  calls: number;
}

/** The options of the executor. */
export interface ExecutorOptions {
  /** The names of steps whose answer is lost once, as if the process had ended. */
  loses?: RegExp;
  /** The events that were sent, by the id in their data. */
  events?: ReadonlySet<string>;
  /** Called before a wait for an event ends, for time to pass. */
  waits?: (ms: number) => Promise<void>;
}

const MOST_ATTEMPTS = 4;

/** Runs a function of an app to its end. */
export async function execute(
  handler: (request: Request) => Promise<Response>,
  id: string,
  event: { name: string; data: object },
  { loses, events = new Set(), waits = () => Promise.resolve() }: ExecutorOptions = {},
): Promise<FunctionEnd> {
  const steps: Record<string, { type: "data"; data: unknown }> = {};
  const stack: string[] = [];
  let attempt = 0;
  let hasLost = false;
  for (let calls = 1;; calls++) {
    const response = await handler(
      new Request(`https://app.example/api/inngest?fnId=${id}&stepId=step`, {
        method: "POST",
        headers: { "content-type": "application/json", host: "app.example" },
        body: JSON.stringify({
          version: 1,
          ctx: {
            run_id: "run",
            fn_id: id,
            attempt,
            disable_immediate_execution: false,
            use_api: false,
            stack: { stack, current: stack.length },
          },
          event,
          events: [event],
          steps,
        }),
      }),
    );
    const isFinal = response.headers.get("x-inngest-no-retry") === "true";
    const answer = await response.json();
    if (response.status !== 206) {
      if (isFinal || ++attempt >= MOST_ATTEMPTS) return { error: answer, calls };
      continue;
    }
    const [operation] = answer as [Operation];
    const { op, displayName = "", data, error, opts } = operation;
    if (loses?.test(displayName) && !hasLost) {
      hasLost = true;
      attempt++;
    } else if (op === "RunComplete") {
      return { data, calls };
    } else if (op === "StepError" && ++attempt < MOST_ATTEMPTS) {
      continue;
    } else if (error) {
      return { error, calls };
    } else {
      attempt = 0;
      if (op === "WaitForEvent") await waits(parseFloat(opts?.timeout ?? "") * 1000);
      const sent = op === "WaitForEvent" && /"(\w+)"/.exec(opts?.if ?? "")?.[1];
      const came = sent && events.has(sent)
        ? { name: "replicate/completed", data: { id: sent } }
        : null;
      steps[operation.id] = { type: "data", data: op === "WaitForEvent" ? came : data ?? null };
      stack.push(operation.id);
    }
  }
}
