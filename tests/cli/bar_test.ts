import { assertEquals, assertMatch } from "@std/assert";
import { Bar, clock } from "../../src/cli/bar.ts";
import { moment } from "../../src/cli/listing.ts";
import { fitted } from "../../src/cli/terminal.ts";
import type { Io } from "../../src/cli/io.ts";

/** What a bar draws for one state. */
function drawn(env: Record<string, string>, platform = "linux", columns?: number): string {
  let text = "";
  const stderr = {
    isTTY: true,
    columns,
    write: (part: string) => Promise.resolve(void (text += part)),
  };
  const io = { env, platform, stderr, now: () => 0, onResize: () => () => {} };
  const bar = new Bar(io as unknown as Io);
  bar.update({ label: "painting", share: 0.5 });
  bar.end();
  bar.update({ label: "late" });
  return text;
}

Deno.test("Bar draws blocks where the terminal can show them, and ASCII where it cannot", () => {
  for (const env of [{ LANG: "C.UTF-8" }, { LC_CTYPE: "de_DE.utf8" }, { LC_ALL: "en_US.UTF-8" }]) {
    assertMatch(drawn(env), /█+░+ +50% painting {2}0:00/);
  }
  for (const env of [{ LANG: "C" }, {}, { LC_ALL: "C", LANG: "C.UTF-8" }]) {
    assertMatch(drawn(env), /#+-+ +50% painting/);
  }
  assertMatch(drawn({}, "darwin"), /█+░+/);
});

Deno.test("Bar takes 80 columns where a terminal does not tell its width, and ends for good", () => {
  assertEquals(drawn({}), drawn({}, "linux", 80));
  assertEquals(drawn({}).includes("late"), false);
  assertEquals(drawn({ TERM: "dumb" }), "");
});

Deno.test("clock() gives minutes and seconds, and hours where there are some", () => {
  assertEquals([0, 65, 3599, 3665, 36_000].map(clock), [
    "0:00",
    "1:05",
    "59:59",
    "1:01:05",
    "10:00:00",
  ]);
});

Deno.test("moment() gives a time without fractions, and nothing for none", () => {
  assertEquals(moment("2026-01-02T03:04:05.678Z"), "2026-01-02 03:04:05");
  assertEquals([moment("2026-01-02T03:04:05"), moment(null)], ["2026-01-02 03:04:05", ""]);
});

Deno.test("fitted() gives no text where there is no room", () => {
  assertEquals([fitted("abc", 1), fitted("abc", 0)], ["…", ""]);
});
