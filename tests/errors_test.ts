import { assert, assertEquals } from "@std/assert";
import {
  ApiError,
  AuthError,
  BudgetExceededError,
  ConnectionError,
  InputError,
  PredictionError,
  RateLimitError,
  ReplicateError,
  StreamError,
  TimeoutError,
} from "../mod.ts";
import type { Prediction } from "../mod.ts";
import { WatchError } from "../src/serve/watch.ts";
import { WebhookError } from "../src/webhooks/mod.ts";
import { headingsOf } from "../scripts/markdown.ts";
import { record } from "./scripted.ts";

const answer = {
  action: "do it",
  method: "GET",
  url: "https://api.replicate.com/v1/x",
  status: 429,
  headers: new Headers(),
  body: "{}",
  attempts: 1,
};
const amounts = { budget: 1, spent: 1, reserved: 0, estimate: 1 };

const ERRORS: Record<string, Error> = {
  ReplicateError: new ReplicateError("x"),
  AuthError: new AuthError("x"),
  ApiError: new ApiError({ ...answer, status: 500 }),
  RateLimitError: new RateLimitError(answer),
  ConnectionError: new ConnectionError("x"),
  TimeoutError: new TimeoutError("x", { phase: "idle" }),
  InputError: new InputError("x", []),
  PredictionError: new PredictionError(record({ status: "failed" }) as unknown as Prediction, "x"),
  StreamError: new StreamError("x", {
    lastEventId: undefined,
    prediction: record() as unknown as Prediction,
  }),
  BudgetExceededError: new BudgetExceededError("x", amounts),
  WatchError: new WatchError("refused", "x"),
  WebhookError: new WebhookError("body", "x"),
};

for (const [name, error] of Object.entries(ERRORS)) {
  Deno.test(`${name} has its name, which a logger or a test may change`, () => {
    assertEquals(error.name, name);
    assertEquals(String(error).startsWith(`${name}: `), true);
    error.name = "Renamed";
    assertEquals([error.name, String(error).startsWith("Renamed: ")], ["Renamed", true]);
  });
}

Deno.test("ReplicateError.help leads to a section of docs/errors.md, also when it is renamed", async () => {
  const headings = headingsOf(
    await Deno.readTextFile(new URL("../docs/errors.md", import.meta.url)),
  );
  const anchors = headings.map(({ anchor }) => anchor);
  for (const [name, error] of Object.entries(ERRORS)) {
    if (!(error instanceof ReplicateError)) continue;
    error.name = "Renamed";
    const [page, anchor] = error.help.split("#");
    assertEquals(page, "https://x.github.io/replicate/errors");
    assert(anchors.includes(anchor!), `docs/errors.md lacks a heading for ${name}`);
  }
});

Deno.test("AuthError, BudgetExceededError and WebhookError end with the section that helps, and others do not", () => {
  for (const [name, error] of Object.entries(ERRORS)) {
    const shows = error.message.endsWith(`; see ${(error as ReplicateError).help}`);
    assertEquals(shows, /^(Auth|BudgetExceeded|Webhook)Error$/.test(name), error.message);
  }
});
