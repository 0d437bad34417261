/** The events of a job, as the server sends them. */

import type { Job, Model } from "./model.ts";
import { sleep } from "./real.ts";
import type { WireAnswer, WireFault } from "./wire.ts";

/** The answer that streams a job's events, from the one after `last` on. */
export function streamOf(
  model: Model,
  job: Job,
  last: string | undefined,
  fault: WireFault | undefined,
): WireAnswer {
  const { tokens, ids = true } = job.call.job;
  const kind = fault?.kind;
  let next = last === undefined ? 0 : Number(last.split(":")[1]) + 1;
  if (kind === "replay") next = 0;
  return {
    status: 200,
    headers: { "content-type": "text/event-stream; charset=utf-8" },
    body: async (write) => {
      if (!await write(": hi\n\n")) return;
      const output = (n: number): string => {
        const lines = tokens[n]!.split("\n").map((line) => `data: ${line}\n`).join("");
        return `event: output\n${ids ? `id: 1760000000:${n}\n` : ""}${lines}\n`;
      };
      for (let quiet = 0;;) {
        const { status, count, isOver } = model.stateOf(job);
        for (; next < count; next++) {
          const event = output(next);
          // Without ids, nobody can tell an event that comes twice from two events.
          const isDoubled = kind === "doubled" && ids;
          if (!await write(isDoubled ? event + event : event)) return;
          if (kind === "error-event" && next >= (fault?.arg ?? 0) * tokens.length) {
            await write('event: error\ndata: {"detail":"the stream broke"}\n\n');
            return;
          }
        }
        if (isOver) return await finish(write, status, kind);
        await sleep(3);
        // As the real server does, after a longer while: it shows who has left, too.
        if (++quiet % 10 === 0 && !await write(": still here\n\n")) return;
      }
    },
  };
}

async function finish(
  write: (text: string) => Promise<boolean>,
  status: string,
  kind: string | undefined,
): Promise<void> {
  if (kind === "no-done") return;
  if (status === "failed") await write('event: error\ndata: {"detail":"out of luck"}\n\n');
  const data = status === "succeeded" ? {} : { reason: status === "failed" ? "error" : "canceled" };
  await write(`event: done\ndata: ${JSON.stringify(data)}\n\n`);
}
