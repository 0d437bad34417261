/** `replicate webhook`: real sockets, real signatures. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { signWebhook, verifyWebhook } from "../../src/webhooks/mod.ts";
import { replicate, type Running } from "./world.ts";

const JOB = {
  id: "h57pag03m5rmy0czx00v1spt08",
  status: "succeeded",
  model: "acme/painter",
  output: "x",
};

/** A server of the user's own, which keeps what was posted. */
function receiver(answer: (nth: number) => number = () => 200) {
  const bodies: Record<string, unknown>[] = [];
  const requests: Request[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    requests.push(request.clone());
    bodies.push(await request.json());
    return new Response(null, { status: answer(bodies.length) });
  });
  return { bodies, requests, url: `http://127.0.0.1:${server.addr.port}/hook`, server };
}

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
};

Deno.test("webhook listen verifies, prints and passes on deliveries, and refuses others", async () => {
  await using fake = new FakeReplicate({ models: {} });
  const { bodies, url, server, requests } = receiver((nth) => nth === 1 ? 200 : 500);
  let running: Running | undefined;
  let address = "";
  const args = ["webhook", "listen", "--port", "0", "--forward", url];
  const call = replicate(args, {
    fake,
    onOutput(text, it) {
      running = it;
      address ||= /http:\/\/127[\d.:]+/.exec(text)?.[0] ?? "";
    },
  });
  await until(() => address !== "");
  const body = JSON.stringify(JOB);
  const post = async (headers: HeadersInit): Promise<number> => {
    const response = await fetch(address, { method: "POST", headers, body });
    await response.body?.cancel();
    return response.status;
  };
  const headers = await signWebhook(body, { secret: fake.webhookSecret });
  assertEquals(await post(headers), 200);
  assertEquals(await post(headers), 502);
  assertEquals(await post({ ...Object.fromEntries(headers), "webhook-signature": "v1,AAAA" }), 401);
  const large = await fetch(address, { method: "POST", body: new Uint8Array(10_000_001) });
  assertEquals([large.status, await large.text()], [413, "Too large\n"]);
  const get = await fetch(address);
  assertEquals([get.status, await get.text()], [405, "Post webhooks here\n"]);
  running?.signal("SIGINT");
  const { code, stdout, stderr } = await call;
  assertEquals([code, bodies.length, JSON.parse(stdout.split("\n")[0]!)], [130, 2, JOB]);
  assertEquals(requests[0]?.headers.get("webhook-id"), headers.get("webhook-id"));
  assertMatch(stderr, /Refused: .*v1/);
  await server.shutdown();
});

Deno.test("webhook listen says when the port is taken", async () => {
  await using fake = new FakeReplicate({ models: {} });
  const { server } = receiver();
  const port = String(server.addr.port);
  const { code, stderr } = await replicate(["webhook", "listen", "--port", port], { fake });
  assertEquals(code, 2);
  assertMatch(stderr, /another program has it\nGive another one: --port N/);
  await server.shutdown();
});

Deno.test("webhook watch posts what Replicate would, signed, and until it is taken", async () => {
  await using fake = new FakeReplicate({
    models: {
      "acme/poet": {
        async *run(_, job) {
          yield "Rain";
          await job.sleep(700);
          yield " taps";
        },
      },
    },
  });
  const { bodies, requests, url, server } = receiver((nth) => nth === 2 ? 503 : 204);
  const { id } = fake.predict("acme/poet", {});
  const args = ["webhook", "watch", id, "--forward", url];
  const { code, stdout, stderr } = await replicate(args, { fake });
  assertEquals(code, 0, stderr);
  assertEquals(bodies.map(({ status }) => status), ["processing", "succeeded", "succeeded"]);
  for (const request of requests) {
    const job = await verifyWebhook(request, { secret: fake.webhookSecret });
    assertEquals(job.id, id);
  }
  const ids = requests.map(({ headers }) => headers.get("webhook-id"));
  assertEquals([new Set(ids).size, ids[1]], [2, ids[2]]);
  const answers = stdout.trim().split("\n").map((line) => JSON.parse(line).answer);
  assertEquals(answers, [204, 503, 204]);
  await server.shutdown();
});

Deno.test("webhook watch --all takes each prediction that is created from then on", async () => {
  await using fake = new FakeReplicate({ models: { "acme/a": { run: () => "done" } } });
  fake.predict("acme/a", {});
  const { bodies, url, server } = receiver();
  let running: Running | undefined;
  const call = replicate(["webhook", "watch", "--all", "--forward", url], {
    fake,
    onOutput: (_, it) => void (running = it),
  });
  await until(() => running !== undefined);
  const { id } = fake.predict("acme/a", {});
  await until(() => bodies.length > 0);
  running?.signal("SIGINT");
  assertEquals([(await call).code, bodies.map((it) => it.id)], [130, [id]]);
  assert(fake.cancels.length === 0);
  await server.shutdown();
});
