/**
 * One table of cases for the `@std` packages, run against whatever the imports resolve to: the real
 * packages, or the stand-ins in offline/. What we rely on is thus the same in both worlds.
 *
 * @module
 */
import * as std from "@std/assert";
import { delay, retry, RetryError } from "@std/async";
import { delay as delayDoor } from "@std/async/delay";
import { retry as retryDoor } from "@std/async/retry";
import {
  decodeBase64,
  decodeBase64Url,
  encodeBase64,
  encodeBase64Url,
  encodeHex,
} from "@std/encoding";
import { toArrayBuffer } from "@std/streams";
import { toArrayBuffer as toArrayBufferDoor } from "@std/streams/to-array-buffer";
import { countListeners } from "./listeners.ts";
import { rejection } from "./rejection.ts";

/** The only check that does not come from the package under test. */
function check(ok: boolean, what: string): void {
  if (!ok) throw new Error(what);
}

/** Gives the error that `fn` throws or rejects with, and throws when it does neither. */
function thrownBy(fn: () => unknown): Promise<unknown> {
  return rejection<unknown>((async () => await fn())());
}

/** The waits `retry` asks for, while every timer fires at once. */
async function waitsOf(fn: () => Promise<unknown>): Promise<number[]> {
  const real = globalThis.setTimeout;
  const waits: number[] = [];
  const instant = (callback: () => void, ms?: number): number => {
    waits.push(ms ?? 0);
    return Number(real(callback, 0));
  };
  globalThis.setTimeout = instant as typeof setTimeout;
  try {
    await fn();
  } finally {
    globalThis.setTimeout = real;
  }
  return waits;
}

/** A function that throws each error of the list, then gives "done"; `calls` counts. */
function failing(...errors: unknown[]): (() => string) & { calls: number } {
  const fn = (): string => {
    const at = fn.calls++;
    if (at < errors.length) throw errors[at];
    return "done";
  };
  fn.calls = 0;
  return fn;
}

const quick = { minTimeout: 0, jitter: 0 };

Deno.test("retry() and delay() are the same from the package and from their own doors", () => {
  check(retry === retryDoor && delay === delayDoor, "two copies");
});

Deno.test("retry() gives the first result and asks for no wait", async () => {
  const fn = failing();
  const waits = await waitsOf(async () => check(await retry(fn) === "done", "no result"));
  check(fn.calls === 1 && waits.length === 0, "one call, no wait");
});

Deno.test("retry() waits minTimeout * multiplier^n up to maxTimeout when jitter is 0", async () => {
  const fn = failing(1, 2, 3, 4, 5);
  const options = { minTimeout: 100, multiplier: 3, maxTimeout: 2000, maxAttempts: 6, jitter: 0 };
  const waits = await waitsOf(() => retry(fn, options));
  check(String(waits) === "100,300,900,2000,2000", `${waits}`);
  check(fn.calls === 6, "six calls");
});

Deno.test("retry() takes the random share of a wait from jitter", async () => {
  const options = { minTimeout: 1000, multiplier: 1, maxAttempts: 40, jitter: 0.25 };
  const waits = await waitsOf(() => retry(failing(...Array(39).keys()), options));
  check(waits.length === 39 && waits.every((it) => it >= 749 && it <= 1000), `${waits}`);
  check(new Set(waits).size > 1, "not random");
});

Deno.test("retry() has the documented defaults", async () => {
  const fn = failing(1, 2, 3, 4, 5, 6);
  const waits = await waitsOf(() => thrownBy(() => retry(fn, { jitter: 0 })));
  check(String(waits) === "1000,2000,4000,8000", `${waits}`);
});

Deno.test("retry() ends in a RetryError with the last error as its cause", async () => {
  const [first, last] = [new Error("first"), new Error("last")];
  const error = await thrownBy(() => retry(failing(first, last), { ...quick, maxAttempts: 2 }));
  check(error instanceof RetryError && error instanceof Error, "no RetryError");
  check((error as Error).cause === last && (error as Error).name === "RetryError", "wrong cause");
});

Deno.test("retry() rethrows what isRetriable refuses, as it is", async () => {
  const fatal = { status: 422 };
  const fn = failing("soft", fatal, "soft");
  const error = await thrownBy(() =>
    retry(fn, { ...quick, isRetriable: (error) => error !== fatal })
  );
  check(error === fatal && fn.calls === 2, "not raw, or tried again");
});

Deno.test("retry() asks isRetriable about the last attempt too", async () => {
  const fatal = new Error("fatal");
  const error = await thrownBy(() =>
    retry(failing(fatal), { ...quick, maxAttempts: 1, isRetriable: () => false })
  );
  check(error === fatal, "wrapped");
});

Deno.test("retry() makes no attempt when the signal is aborted before", async () => {
  const fn = failing();
  const error = await thrownBy(() => retry(fn, { signal: AbortSignal.abort("stop") }));
  check(error === "stop" && fn.calls === 0, "called");
});

Deno.test("retry() ends its wait at once when the signal aborts", async () => {
  const controller = new AbortController();
  const fn = failing(1, 2, 3);
  setTimeout(() => controller.abort("stop"), 5);
  const error = await thrownBy(() =>
    retry(fn, { minTimeout: 60_000, jitter: 0, signal: controller.signal })
  );
  check(error === "stop" && fn.calls === 1, "waited on");
});

for (
  const options of [
    { maxAttempts: 0 },
    { maxAttempts: 1.5 },
    { multiplier: 0.5 },
    { multiplier: NaN },
    { minTimeout: -1 },
    { minTimeout: 20, maxTimeout: 10 },
    { maxTimeout: 0 },
    { jitter: -0.1 },
    { jitter: 1.1 },
    { jitter: NaN },
  ]
) {
  Deno.test(`retry() refuses ${Deno.inspect(options)} before the first attempt`, async () => {
    const fn = failing();
    const error = await thrownBy(() => retry(fn, options));
    check(error instanceof RangeError && fn.calls === 0, "accepted");
  });
}

Deno.test("delay() waits at least as long as it was told", async () => {
  const start = performance.now();
  await delay(20);
  check(performance.now() - start >= 19, "too short");
});

Deno.test("delay() takes a negative and an odd number for none", async () => {
  const waits = await waitsOf(async () => {
    await delay(-5);
    await delay(NaN);
    await delay(1.9);
  });
  check(String(waits) === "0,0,1", `${waits}`);
});

Deno.test("delay() rejects with the signal's reason, before and during the wait", async () => {
  check(await thrownBy(() => delay(9e4, { signal: AbortSignal.abort("a") })) === "a", "before");
  const controller = new AbortController();
  setTimeout(() => controller.abort("b"), 5);
  check(await thrownBy(() => delay(9e4, { signal: controller.signal })) === "b", "during");
  const plain = new AbortController();
  setTimeout(() => plain.abort(), 5);
  const error = await thrownBy(() => delay(9e4, { signal: plain.signal }));
  check(error instanceof DOMException && error.name === "AbortError", "default reason");
});

Deno.test("delay() leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  const listeners = countListeners(signal);
  await delay(1, { signal });
  check(listeners() === 0, `${listeners()} left`);
});

Deno.test("delay() with a timer longer than 2^31 ms can be aborted", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort("stop"), 5);
  check(await thrownBy(() => delay(2 ** 32, { signal: controller.signal })) === "stop", "ended");
});

const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);

for (
  const [text, base64, base64url, hex] of [
    ["", "", "", ""],
    ["f", "Zg==", "Zg", "66"],
    ["fo", "Zm8=", "Zm8", "666f"],
    ["foo", "Zm9v", "Zm9v", "666f6f"],
    ["a>b?ü", "YT5iP8O8", "YT5iP8O8", "613e623fc3bc"],
    ["<<???>>", "PDw/Pz8+Pg==", "PDw_Pz8-Pg", "3c3c3f3f3f3e3e"],
  ] as const
) {
  Deno.test(`encoding gives the documented forms of ${JSON.stringify(text)}`, () => {
    check(encodeBase64(text) === base64, encodeBase64(text));
    check(encodeBase64Url(text) === base64url, encodeBase64Url(text));
    check(encodeHex(text) === hex, encodeHex(text));
    const decoder = new TextDecoder();
    check(decoder.decode(decodeBase64(base64)) === text, "base64");
    check(decoder.decode(decodeBase64Url(base64url)) === text, "base64url");
  });
}

Deno.test("encoding takes arrays, views and buffers, and leaves them as they are", () => {
  const copy = bytes.slice();
  check(encodeBase64(copy) === encodeBase64(copy.buffer), "buffer");
  check(encodeHex(copy.subarray(250)) === "fafbfcfdfeff", "view");
  check(String(copy) === String(bytes), "changed");
  check(String(decodeBase64(encodeBase64(bytes))) === String(bytes), "round trip");
  const big = new Uint8Array(200_000).fill(7);
  check(decodeBase64(encodeBase64(big)).length === big.length, "big");
  check(decodeBase64("Zg").length === 1, "padding may be missing");
});

for (const bad of ["Zm9v!", "Z", "Zm9-"]) {
  Deno.test(`decodeBase64() throws on ${JSON.stringify(bad)}`, async () => {
    check(await thrownBy(() => decodeBase64(bad)) instanceof Error, "accepted");
  });
}

Deno.test("toArrayBuffer() is the same from the package and from its own door", () => {
  check(toArrayBuffer === toArrayBufferDoor, "two copies");
});

for (const chunks of [[], [[]], [[1, 2, 3]], [[1], [], [2, 3]]]) {
  Deno.test(`toArrayBuffer() joins ${JSON.stringify(chunks)}`, async () => {
    const stream = ReadableStream.from(chunks.map((chunk) => new Uint8Array(chunk)));
    const buffer = await toArrayBuffer(stream);
    check(buffer instanceof ArrayBuffer, "no buffer");
    check(String(new Uint8Array(buffer)) === String(chunks.flat()), "other bytes");
  });
}

Deno.test("toArrayBuffer() takes the bytes of a view, and none beside it", async () => {
  const buffer = await toArrayBuffer(ReadableStream.from([bytes.subarray(3, 5)]));
  check(String(new Uint8Array(buffer)) === "3,4", "other bytes");
});

Deno.test("toArrayBuffer() rejects with what broke the stream", async () => {
  const cause = new Error("broken");
  let pulls = 0;
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => pulls++ ? controller.error(cause) : controller.enqueue(bytes),
  });
  check(await thrownBy(() => toArrayBuffer(stream)) === cause, "another error");
});

class Point {
  constructor(readonly x: number, readonly y: number) {}
}
const cycle = (): unknown => {
  const it: { self?: unknown; n: number } = { n: 1 };
  it.self = it;
  return it;
};
const date = (text: string): Date => new Date(text);
/** Two alike errors of one place: errors carry their stacks, which name the place. */
const [someError, sameError] = [1, 2].map(() => new TypeError("a"));

const EQUAL: [what: string, a: unknown, b: unknown][] = [
  ["numbers", 1, 1],
  ["NaN", NaN, NaN],
  ["0 and -0", 0, -0],
  ["nested objects in another order", { a: { b: [1, { c: 2 }] }, d: 1 }, {
    d: 1,
    a: { b: [1, { c: 2 }] },
  }],
  ["dates", date("2026-01-01"), date("2026-01-01")],
  ["invalid dates", date("x"), date("x")],
  ["patterns", /a/g, /a/g],
  ["URLs", new URL("https://a.test/b"), new URL("https://a.test/b")],
  ["search parameters", new URLSearchParams("a=1"), new URLSearchParams("a=1")],
  ["maps in another order", new Map([["a", [1]], ["b", [2]]]), new Map([["b", [2]], ["a", [1]]])],
  ["maps with objects as keys", new Map([[{ k: 1 }, 1]]), new Map([[{ k: 1 }, 1]])],
  ["sets in another order", new Set([1, 2]), new Set([2, 1])],
  ["sets of objects", new Set([{ a: 1 }, { b: 2 }]), new Set([{ b: 2 }, { a: 1 }])],
  ["typed arrays", new Uint8Array([1, 2]), new Uint8Array([1, 2])],
  ["buffers", new Uint8Array([1, 2]).buffer, new Uint8Array([1, 2]).buffer],
  ["errors", someError, sameError],
  ["class instances", new Point(1, 2), new Point(1, 2)],
  ["an object without a prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["symbols as keys", { [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 1 }],
  ["cycles", cycle(), cycle()],
];

const DIFFERENT: [what: string, a: unknown, b: unknown][] = [
  ["numbers", 1, 2],
  ["a number and its text", 1, "1"],
  ["null and undefined", null, undefined],
  ["null and an object", null, {}],
  ["a missing and an undefined field", { a: undefined }, {}],
  ["undefined fields of other names", { a: undefined }, { b: undefined }],
  ["a deep difference", { a: { b: [1, { c: 2 }] } }, { a: { b: [1, { c: 3 }] } }],
  ["arrays in another order", [1, 2], [2, 1]],
  ["arrays of other lengths", [1, 2], [1, 2, 3]],
  ["an array and an object", [1], { 0: 1 }],
  ["dates", date("2026-01-01"), date("2026-01-02")],
  ["patterns", /a/g, /a/i],
  ["URLs", new URL("https://a.test/b"), new URL("https://a.test/c")],
  ["maps", new Map([["a", 1]]), new Map([["a", 2]])],
  ["sets", new Set([1, 2]), new Set([1, 3])],
  ["sets of objects", new Set([{ a: 1 }]), new Set([{ a: 2 }])],
  ["typed arrays of another kind", new Uint8Array([1]), new Int8Array([1])],
  ["buffers", new Uint8Array([1, 2]).buffer, new Uint8Array([1, 3]).buffer],
  ["errors with other messages", new Error("a"), new Error("b")],
  ["errors of another class", new TypeError("a"), new RangeError("a")],
  ["a class instance and its fields", new Point(1, 2), { x: 1, y: 2 }],
  ["symbols as keys", { [Symbol.for("s")]: 1 }, { [Symbol.for("s")]: 2 }],
];

for (const [what, a, b] of EQUAL) {
  Deno.test(`assertEquals() accepts ${what}`, () => {
    std.assertEquals(a, b);
    std.assertEquals(b, a);
  });
}

for (const [what, a, b] of DIFFERENT) {
  Deno.test(`assertEquals() refuses ${what} that differ`, async () => {
    check(await thrownBy(() => std.assertEquals(a, b)) instanceof std.AssertionError, "a, b");
    check(await thrownBy(() => std.assertEquals(b, a)) instanceof std.AssertionError, "b, a");
  });
}

Deno.test("assertEquals() shows both sides line by line, and the caller's words", async () => {
  const error = await thrownBy(() =>
    std.assertEquals({ a: 1, same: true }, { a: 2, same: true }, "my words")
  ) as Error;
  // deno-lint-ignore no-control-regex -- colours are left out of the comparison
  const lines = error.message.replaceAll(/\x1b\[\d+m/g, "").split("\n").map((it) => it.trim());
  for (const part of [/my words/, /^- +a: 1,$/, /^\+ +a: 2,$/, /^same: true,$/]) {
    check(lines.some((line) => part.test(line)), `${part} is not in ${error.message}`);
  }
});

const boom = (): never => {
  throw new TypeError("it went boom");
};
const half = Object.assign(new Error("half"), { code: 1 });

/** Each assertion with a call that passes and calls that do not. */
const ASSERTIONS: Record<string, { pass: (() => unknown)[]; fail: (() => unknown)[] }> = {
  assert: { pass: [() => std.assert(1)], fail: [() => std.assert(0), () => std.assert("")] },
  assertStrictEquals: {
    pass: [() => std.assertStrictEquals(NaN, NaN), () => std.assertStrictEquals(half, half)],
    fail: [() => std.assertStrictEquals({}, {}), () => std.assertStrictEquals(0, -0)],
  },
  assertStringIncludes: {
    pass: [() => std.assertStringIncludes("abc", "b"), () => std.assertStringIncludes("a", "")],
    fail: [() => std.assertStringIncludes("abc", "x")],
  },
  assertMatch: {
    pass: [() => std.assertMatch("abc", /b/)],
    fail: [() => std.assertMatch("abc", /x/)],
  },
  assertInstanceOf: {
    pass: [() => std.assertInstanceOf(new Point(1, 2), Point)],
    fail: [() => std.assertInstanceOf({}, Point), () => std.assertInstanceOf(null, Point)],
  },
  assertThrows: {
    pass: [
      () => std.assertThrows(boom),
      () => std.assertThrows(boom, "words"),
      () => std.assertThrows(boom, TypeError, "boom"),
    ],
    fail: [
      () => std.assertThrows(() => 1),
      () => std.assertThrows(boom, RangeError),
      () => std.assertThrows(boom, TypeError, "other"),
      () =>
        std.assertThrows(() => {
          throw "text";
        }, Error),
    ],
  },
  assertRejects: {
    pass: [
      () => std.assertRejects(() => Promise.reject(half)),
      () => std.assertRejects(() => Promise.reject("text")),
      // deno-lint-ignore require-await -- it rejects by throwing
      () => std.assertRejects(async () => boom(), TypeError, "boom"),
    ],
    fail: [
      () => std.assertRejects(() => Promise.resolve(1)),
      () => std.assertRejects(boom),
      () => std.assertRejects(() => Promise.reject(half), TypeError),
      () => std.assertRejects(() => Promise.reject(half), Error, "other"),
      () => std.assertRejects(() => Promise.reject("text"), Error),
    ],
  },
};

for (const [name, { pass, fail }] of Object.entries(ASSERTIONS)) {
  Deno.test(`${name}() passes and fails where it should`, async () => {
    for (const fn of pass) await fn();
    for (const fn of fail) {
      const error = await thrownBy(fn);
      check(error instanceof std.AssertionError, `${fn} threw ${error}`);
      check((error as Error).name === "AssertionError", "name");
    }
  });
}

Deno.test("assertThrows() and assertRejects() give back what was thrown", async () => {
  const thrown: TypeError = std.assertThrows(boom, TypeError);
  check(thrown.message === "it went boom", "thrown");
  check(await std.assertRejects(() => Promise.reject(half), Error) === half, "rejected");
  check(await std.assertRejects(() => Promise.reject("text")) === "text", "not an error");
});
