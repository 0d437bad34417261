import { assertEquals, assertMatch, assertRejects } from "@std/assert";
import { Client, type Prediction } from "../../mod.ts";
import { SinkError } from "../../src/sinks/error.ts";
import { customSink } from "../../src/sinks/mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { FIG, making } from "./world.ts";

const errorFor = (completed_at: string | null) =>
  new SinkError({
    prediction: { id: "abc", completed_at } as Prediction,
    name: "fig.txt",
    missing: 1,
    stored: [null],
    cause: new Error("the disk is full"),
  });

Deno.test("SinkError tells until when the output is there, where the end of the run is known", () => {
  const known = errorFor("2026-01-01T00:00:00Z");
  assertEquals(known.until?.toISOString(), "2026-01-01T01:00:00.000Z");
  assertMatch(known.message, /the output is at Replicate until 2026-01-01T01:00:00\.000Z/);
  for (const end of [null, "soon"]) {
    const { until, message } = errorFor(end);
    assertEquals(until, undefined);
    assertMatch(
      message,
      /Cannot keep fig\.txt of prediction abc: the disk is full; .* an hour after its end/,
    );
  }
});

Deno.test("customSink() takes a URL for the place of a file, and refuses a place that is none", async () => {
  await using fake = new FakeReplicate({ models: { "acme/painter": making(FIG) } });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  const run = (place: unknown) => {
    const sink = customSink(async ({ stream }) => {
      await new Response(stream).text();
      return place as string;
    });
    return client.run("acme/painter", { input: {}, sink }).file();
  };
  const { stored } = await run({ url: new URL("https://files.test/fig.txt") });
  assertEquals(stored?.location, "https://files.test/fig.txt");
  for (const place of ["", {}, { key: "" }, undefined]) {
    await assertRejects(() => run(place), SinkError, "the sink gave no place");
  }
});
