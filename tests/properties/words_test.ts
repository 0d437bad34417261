/** The small languages: durations, waits, errors, ids, paths and progress, each with its inverse. */

import fc from "npm:fast-check@4.11.0";
import { assertEquals, assertThrows } from "@std/assert";
import { type Duration, toMs } from "../../src/base/duration.ts";
import { path } from "../../src/base/path.ts";
import { parseProblem, readableDetail, retryAfterMs } from "../../src/base/problem.ts";
import { parseProgressFromLogs } from "../../src/run/progress.ts";
import { parseRef, refText } from "../../src/run/ref.ts";

Deno.test("toMs() is the inverse of writing a duration", () => {
  const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
  const unit = fc.constantFrom(...Object.keys(units) as (keyof typeof units)[]);
  fc.assert(fc.property(fc.nat(10_000), fc.nat(99), unit, (whole, part, unit) => {
    assertEquals(toMs(`${whole}${unit}`, "x"), whole * units[unit]);
    const text = `${whole}.${part}${unit}` as Duration;
    assertEquals(toMs(text, "x"), Number(`${whole}.${part}`) * units[unit]);
    assertEquals(toMs(whole, "x"), whole);
  }));
});

Deno.test("toMs() refuses every text that is not a number with a unit", () => {
  const isDuration = /^[0-9]+([.][0-9]+)?(ms|s|m|h|d)$/;
  fc.assert(fc.property(fc.string(), (text) => {
    fc.pre(!isDuration.test(text));
    assertThrows(() => toMs(text as Duration, "x"), RangeError);
  }));
  fc.assert(fc.property(fc.double({ max: -Number.MIN_VALUE }), (ms) => {
    fc.pre(Object.is(ms, -0) === false);
    assertThrows(() => toMs(ms, "x"), RangeError);
  }));
});

/** The longest wait that counts. */
const YEAR = 365 * 86_400_000;

Deno.test("retryAfterMs() is the inverse of writing Retry-After, whatever our clock says", () => {
  const seconds = fc.integer({ min: 1, max: 400 * 86_400 });
  // The year has four digits in the header.
  const now = fc.integer({ min: 0, max: 4_000_000_000 });
  fc.assert(
    fc.property(seconds, now, (wait, now) => {
      const date = (at: number): string => new Date(at * 1000).toUTCString();
      const ms = Math.min(wait * 1000, YEAR);
      assertEquals(retryAfterMs(new Headers({ "retry-after": String(wait) })), ms);
      const dated = new Headers({ date: date(now), "retry-after": date(now + wait) });
      assertEquals(retryAfterMs(dated), ms);
      assertEquals(retryAfterMs(new Headers(), JSON.stringify({ retry_after: wait })), ms);
      const past = new Headers({ date: date(now + wait), "retry-after": date(now) });
      assertEquals(retryAfterMs(past), undefined);
      // A clock that stands at 1970 is one too.
    }),
    { examples: [[1, 0]] },
  );
});

Deno.test("retryAfterMs() gives a wait or nothing for any header and any body", () => {
  fc.assert(fc.property(fc.string(), fc.json(), (header, body) => {
    const headers = new Headers();
    try {
      headers.set("retry-after", header);
    } catch { /* no header can say that */ }
    const ms = retryAfterMs(headers, body.replace("{", '{"retry_after":1e99,'));
    if (ms !== undefined) assertEquals(Number.isInteger(ms) && ms > 0 && ms <= YEAR, true, header);
  }));
});

Deno.test("parseProblem() reads what a server writes, and anything else without a fuss", () => {
  const text = fc.string({ unit: "grapheme" });
  const field = fc.record({ type: text, field: text, description: text });
  const problem = fc.record({ title: text, detail: text, invalid_fields: fc.array(field) });
  fc.assert(fc.property(problem, (sent) => {
    const { title, detail, invalidFields } = parseProblem(JSON.stringify(sent));
    assertEquals({ title, detail, invalid_fields: invalidFields }, sent);
  }));
  fc.assert(fc.property(fc.oneof(fc.json(), fc.string()), fc.integer(), (body, status) => {
    const detail = readableDetail(parseProblem(body), { status, body });
    assertEquals(typeof detail === "string" && detail.length > 0, true);
  }));
});

Deno.test("path`` puts each value into one segment, from which it can be read again", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), fc.string(), (a, b) => {
    const isName = (text: string): boolean =>
      text !== "" && text.isWellFormed() && !text.split(/[/\\]/).some((it) => /^\.\.?$/.test(it));
    if (!isName(a) || !isName(b)) return void assertThrows(() => path`/x/${a}/y/${b}`, TypeError);
    const made = new URL(`https://example.com/v1${path`/x/${a}/y/${b}`}`);
    const segments = made.pathname.split("/").slice(1).map(decodeURIComponent);
    assertEquals(segments, ["v1", "x", a, "y", b]);
    assertEquals([made.search, made.hash, made.host], ["", "", "example.com"]);
  }));
});

Deno.test("parseRef() is the inverse of writing a ref", () => {
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,20}$/);
  const version = fc.stringMatching(/^[0-9a-f]{64}$/);
  fc.assert(fc.property(name, name, version, (owner, name, version) => {
    const label = `${owner}/${name}`;
    assertEquals(parseRef(label), { kind: "model", owner, name, label });
    assertEquals(parseRef({ deployment: label }), { kind: "deployment", owner, name, label });
    assertEquals(parseRef(`${label}:${version}`), { kind: "version", version, label });
    const bare = parseRef(version);
    assertEquals(bare.kind === "version" && bare.version, version);
    for (const ref of [label, version, `${label}:${version}`]) assertEquals(refText(ref), ref);
  }));
});

Deno.test("parseRef() takes no text whose parts could change the path of a request", () => {
  const part = fc.constantFrom("a", ".", "..", "/", ":", "?", "#", "%", "\\", " ", "\n", "é");
  fc.assert(fc.property(fc.array(part, { maxLength: 7 }), (parts) => {
    const text = parts.join("");
    let ref;
    try {
      ref = parseRef(text);
    } catch (error) {
      return assertEquals(error instanceof TypeError, true);
    }
    if (ref.kind !== "model" && ref.kind !== "version") return;
    const [owner = "", name = ""] = ref.label.split("/");
    assertEquals(/[\s:?#%\\]/.test(owner + name), false, text);
    assertEquals([owner, name].some((it) => it === "." || it === ".." || it === ""), false, text);
  }));
});

Deno.test("parseProgressFromLogs() reads the bar that tqdm draws, whatever is around it", () => {
  /** What tqdm 4.66 writes. */
  const bar = (stage: string, now: number, total: number, rate: number): string => {
    const percent = Math.floor(now / total * 100);
    const blocks = "#".repeat(Math.floor(percent / 10)).padEnd(10, " ");
    const clock = (s: number): string =>
      `${String(Math.floor(s / 60)).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
    const left = clock(Math.floor((total - now) / rate));
    return `${stage ? `${stage}: ` : ""}${
      String(percent).padStart(3)
    }%|${blocks}| ${now}/${total} ` +
      `[00:01<${left}, ${rate.toFixed(2)}it/s]`;
  };
  const noise = fc.array(fc.constantFrom("Using seed: 7", "", "loading weights", "GPU util 40%"));
  const stage = fc.constantFrom("", "Sampling", "Downloading shards");
  const counts = fc.tuple(fc.nat(5000), fc.nat(5000)).map(([a, b]) => [a, a + b + 1] as const);
  fc.assert(
    fc.property(noise, stage, counts, fc.integer({ min: 1, max: 99 }), (lines, ...drawn) => {
      const [stage, [now, total], rate] = drawn;
      const older = bar(stage, 0, total, 1);
      const newest = bar(stage, now, total, rate);
      const logs = [...lines, `${older}\r${newest}`].join("\n");
      assertEquals(parseProgressFromLogs(logs), {
        percentage: Math.floor(now / total * 100) / 100,
        current: now,
        total,
        ...(stage && { stage }),
        remainingMs: Math.floor((total - now) / rate) * 1000,
        rate,
      });
    }),
  );
});

Deno.test("parseProgressFromLogs() gives a share from 0 to 1, or nothing, for any text", () => {
  const part = fc.constantFrom(
    "%",
    "|",
    "10",
    "100%",
    "/",
    "it/s",
    "[",
    "<",
    "\r",
    "\n",
    "k",
    "?",
    "1.5",
  );
  fc.assert(fc.property(fc.array(fc.oneof(part, fc.string()), { maxLength: 40 }), (parts) => {
    const progress = parseProgressFromLogs(parts.join(""));
    if (!progress) return;
    const { percentage, current, total, rate, remainingMs } = progress;
    assertEquals(percentage >= 0 && percentage <= 1, true);
    for (const it of [current, total, rate, remainingMs]) {
      if (it !== null && it !== undefined) assertEquals(Number.isFinite(it) && it >= 0, true);
    }
  }));
});
