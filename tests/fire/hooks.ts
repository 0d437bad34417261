/** Callers who are told by webhooks, which come twice, late, in any order, and from anybody. */

import { createHmac } from "node:crypto";
import { Buffer } from "node:buffer";
import { webhookHandler } from "../../src/webhooks/mod.ts";
import { type Caller, createOf, inputOf, optionsOf } from "./callers.ts";
import type { Model } from "./model.ts";
import { Random } from "./random.ts";
import { real, sleep } from "./real.ts";
import { VERSION } from "./routes.ts";

const KEY = Buffer.from("0123456789abcdef01234567");
const SECRET = `whsec_${KEY.toString("base64")}`;

/** Creates a prediction, and hears of its end by webhooks. */
export async function webhook(caller: Caller, model: Model): Promise<void> {
  const { plan } = caller;
  const random = new Random(model.program.seed * 1000 + plan.n);
  const { id } = await createOf(caller, {
    version: VERSION,
    input: inputOf(caller),
    webhook: "https://example.com/hook",
    ...optionsOf(caller),
  });
  const job = model.jobs.get(id)!;
  const heard: string[] = [];
  const handler = webhookHandler({
    secret: SECRET,
    // The clock of the program may be an hour off, which is not what this is about.
    tolerance: "3h",
    on: {
      start: ({ status }) => void heard.push(status),
      output: ({ status }) => void heard.push(status),
      logs: ({ status }) => void heard.push(status),
      completed: () => void heard.push("completed"),
    },
    onError: (error) => caller.wrong(`the handler reports ${error}`),
  });
  const begun = { body: JSON.stringify(model.view(job)), id: `msg_${id}_0` };
  while (!model.stateOf(job).isOver) await sleep(5);
  const ended = { body: JSON.stringify(model.view(job)), id: `msg_${id}_1` };
  const deliveries = [begun, begun, ended, ended, ended].sort(() => random.next() - 0.5);
  const statuses: number[] = [];
  for (const delivery of deliveries) {
    if (random.chance(0.5)) {
      const bad = { ...delivery, body: delivery.body.replace(id, id.replace("x", "y")) };
      const answer = await handler(signed(bad, signatureOf(delivery)));
      if (answer.status !== 401) caller.wrong(`a forged webhook was answered ${answer.status}`);
    }
    const { status } = await handler(signed(delivery, signatureOf(delivery)));
    statuses.push(status);
  }
  const count = heard.filter((it) => it === "completed").length;
  if (count !== 1) caller.wrong(`the end was heard ${count} times (${statuses})`);
  const end = heard.indexOf("completed");
  if (heard.slice(end + 1).some((it) => /starting|processing/.test(it))) {
    caller.wrong(`the job went back: ${heard}`);
  }
}

interface Delivery {
  body: string;
  id: string;
}

const timestamp = (): string => String(Math.floor(real.Date.now() / 1000));

function signatureOf({ body, id }: Delivery): { signature: string; at: string } {
  const at = timestamp();
  const mac = createHmac("sha256", KEY).update(`${id}.${at}.${body}`).digest("base64");
  return { signature: `v1,${mac}`, at };
}

function signed(
  { body, id }: Delivery,
  { signature, at }: { signature: string; at: string },
): Request {
  return new Request("https://example.com/hook", {
    method: "POST",
    headers: { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature },
    body,
  });
}
