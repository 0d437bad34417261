import { assertEquals, assertThrows } from "@std/assert";
import { path } from "../../src/base/path.ts";

Deno.test("path escapes each value as one segment", () => {
  assertEquals(path`/models/${"a b"}/${"x?y#z"}`, "/models/a%20b/x%3Fy%23z");
  assertEquals(path`/files/${"Zm+/=="}`, "/files/Zm%2B%2F%3D%3D");
  assertEquals(path`/models/${"é"}/${".hidden"}`, "/models/%C3%A9/.hidden");
});

Deno.test("path refuses values that would name another resource", () => {
  const wrong = ["", ".", "..", "../account", "a/../b", "a\\..\\b", "..\\x", "x/."];
  for (const value of wrong) assertThrows(() => path`/models/${value}`, TypeError);
  for (const value of [undefined, null, 5, {}]) {
    assertThrows(() => path`/predictions/${value as string}`, TypeError, "is not a name or an id");
  }
  assertThrows(() => path`/x/${"\ud800"}`, TypeError, '"\\ud800" is not a name');
});
