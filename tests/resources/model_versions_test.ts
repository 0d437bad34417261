import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ApiError } from "../../src/errors.ts";
import { createSend } from "../../src/http/send.ts";
import { ModelVersionsApi } from "../../src/resources/model_versions.ts";
import { rejection } from "../rejection.ts";

const LATEST = { id: "a".repeat(64), created_at: "2026-01-02T03:04:05Z", extra: 1 };
const LIST = "/v1/models/acme/painter/versions";
const MODEL = "/v1/models/acme/painter";

const missing = (detail: string): Response => Response.json({ detail }, { status: 404 });

/** A server that answers by path, and what it was asked. */
function serving(
  answers: Record<string, () => Response>,
): { versions: ModelVersionsApi; asked: string[] } {
  const asked: string[] = [];
  const send = createSend({
    auth: "r8_test",
    retry: false,
    fetch: (input) => {
      const { pathname } = new URL(String(input));
      asked.push(pathname);
      return Promise.resolve(answers[pathname]!());
    },
  });
  return { versions: new ModelVersionsApi(send), asked };
}

Deno.test("models.versions.list of an official model gives its latest version", async () => {
  const { versions, asked } = serving({
    [LIST]: () => missing("no versions here"),
    [MODEL]: () => Response.json({ is_official: true, latest_version: LATEST }),
  });
  const page = { next: null, previous: null, results: [LATEST] };
  assertEquals<unknown>(await versions.list("acme", "painter"), page);
  assertEquals<unknown>(await Array.fromAsync(versions.list("acme", "painter")), [LATEST]);
  assertEquals<unknown>(await Array.fromAsync(versions.list("acme", "painter").pages()), [page]);
  assertEquals(asked, [LIST, MODEL, LIST, MODEL, LIST, MODEL]);
});

Deno.test("models.versions.list asks for the model only after a 404", async () => {
  const fine = serving({ [LIST]: () => Response.json({ next: null, results: [LATEST] }) });
  assertEquals((await fine.versions.list("acme", "painter")).results.length, 1);
  assertEquals(fine.asked, [LIST]);
  const denied = serving({ [LIST]: () => Response.json({}, { status: 403 }) });
  const error = await assertRejects(
    async () => await denied.versions.list("acme", "painter"),
    ApiError,
  );
  assertEquals([error.status, denied.asked], [403, [LIST]]);
});

for (
  const [what, answer] of [
    ["is not there either", () => missing("no such model")],
    ["has no version", () => Response.json({ latest_version: null })],
    ["does not name its version", () => Response.json({ name: "painter" })],
  ] as const
) {
  Deno.test(`models.versions.list keeps its 404 when the model ${what}`, async () => {
    const { versions } = serving({ [LIST]: () => missing("no versions here"), [MODEL]: answer });
    const error = await assertRejects(
      async () => await versions.list("acme", "painter"),
      ApiError,
    );
    assertEquals(
      error.message,
      "Cannot list versions of acme/painter: 404 no versions here",
    );
  });
}

Deno.test("models.versions.list tells of a failure to look at the model", async () => {
  const { versions } = serving({
    [LIST]: () => missing("no versions here"),
    [MODEL]: () => Response.json({ detail: "out of order" }, { status: 500 }),
  });
  const error = await assertRejects(
    async () => await versions.list("acme", "painter"),
    ApiError,
  );
  assertEquals(error.message, "Cannot list versions of acme/painter: 500 out of order");
});

Deno.test("models.versions.list obeys its signal while it looks at the model", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const { versions, asked } = serving({
    [LIST]: () => {
      setTimeout(() => controller.abort(reason));
      return missing("no versions here");
    },
    [MODEL]: () => new Response(new ReadableStream()),
  });
  const { signal } = controller;
  const error = await rejection(versions.list("acme", "painter", { signal }));
  assertStrictEquals(error, reason);
  assertEquals(asked, [LIST, MODEL]);
});
