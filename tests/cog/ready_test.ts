import { assertEquals, assertRejects } from "@std/assert";
import { ReplicateError } from "../../mod.ts";
import { cog } from "../../src/cog/mod.ts";
import { withFakeTime } from "../../src/testing/mod.ts";

const URL = "http://cog.test";

const answering = (answer: () => Promise<Response>) => cog(URL, { fetch: answer });

Deno.test("cog().ready() waits for a server that is not reachable yet, up to its timeout", async () => {
  await withFakeTime(async (time) => {
    let isUp = false;
    const local = answering(() =>
      isUp
        ? Promise.resolve(Response.json({ status: "BUSY" }))
        : Promise.reject(new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } }))
    );
    await assertRejects(
      () => local.ready({ timeout: "2s" }),
      ReplicateError,
      "it is not reachable yet",
    );
    const ready = local.ready();
    await time.tick(2_000);
    isUp = true;
    await ready;
  });
});

Deno.test("cog().ready() says that another server is none of Cog", async () => {
  for (const body of ["<html>", "{}", '{"status":200}', "[]"]) {
    const local = answering(() => Promise.resolve(new Response(body)));
    await assertRejects(
      () => local.ready(),
      ReplicateError,
      "Cannot use http://cog.test: its /health-check is not that of a Cog server",
    );
  }
});

Deno.test("cog().ready() says that the setup failed, also without a log", async () => {
  for (const rest of [{}, { setup: {} }, { setup: { logs: " \n" } }]) {
    const local = answering(() => Promise.resolve(Response.json({ status: "DEFUNCT", ...rest })));
    const { message } = await assertRejects(() => local.ready(), ReplicateError);
    assertEquals(message, "Cannot use the Cog server at http://cog.test: it is DEFUNCT");
  }
});

Deno.test("cog().ready() ends with the reason of its signal, before and between two looks", async () => {
  await withFakeTime(async () => {
    let looks = 0;
    const controller = new AbortController();
    const local = answering(() => {
      if (++looks === 2) controller.abort(new Error("left"));
      return Promise.resolve(Response.json({ status: "STARTING" }));
    });
    await assertRejects(() => local.ready({ signal: controller.signal }), Error, "left");
    await assertRejects(() => local.ready({ signal: controller.signal }), Error, "left");
    assertEquals(looks, 2);
  });
});

Deno.test("cog().ready() rejects with what is no failure of a network", async () => {
  const local = answering(() => Promise.reject(new RangeError("a mistake")));
  await assertRejects(() => local.ready(), RangeError, "a mistake");
});
