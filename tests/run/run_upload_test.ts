import { assertEquals, assertInstanceOf } from "@std/assert";
import { TimeoutError } from "../../mod.ts";
import { cancels, creates, inWorld, sleep, taking } from "./world.ts";
import { rejection } from "../rejection.ts";

const MODELS = { "acme/x": taking(1000) };
const image = (): Blob => new Blob(["an image"], { type: "image/png" });

Deno.test("run() rejects at once on abort during an upload, and creates nothing", async () => {
  await inWorld(MODELS, async ({ client, requests, elapsed }) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("enough")), 500);
    const input = { image: image() };
    const error = await rejection(client.run("acme/x", { input, signal: controller.signal }));
    assertEquals([error.message, elapsed()], ["enough", 500]);
    await sleep(10_000);
    assertEquals([requests(), creates(requests()), cancels(requests())], [["POST /files"], 0, 0]);
  }, { fake: { latency: 2000 } });
});

Deno.test("run() counts an upload into its deadline", async () => {
  await inWorld(MODELS, async ({ client, requests, elapsed }) => {
    const error = await rejection(
      client.run("acme/x", { input: { image: image() }, timeout: 1500 }),
    );
    assertInstanceOf(error, TimeoutError);
    assertEquals([error.phase, elapsed(), creates(requests())], ["deadline", 1500, 0]);
  }, { fake: { latency: 2000 } });
});

Deno.test("run() uploads a file once, however often the job is created", async () => {
  let runs = 0;
  const run = (input: Record<string, unknown>, job: { file(url: string): Blob }) => {
    if (++runs === 1) throw new Error("CUDA out of memory");
    return job.file(String(input.image)).text();
  };
  // Not official: the first create is for nothing, too.
  await inWorld({ "acme/x": { run } }, async ({ client, requests }) => {
    const output = await client.run("acme/x", {
      input: { image: image().stream() },
      rerun: { attempts: 2, on: ["memory"] },
    });
    assertEquals(output, "an image");
    assertEquals(requests().filter((request) => request === "POST /files").length, 1);
    assertEquals(creates(requests()), 3);
  });
});
