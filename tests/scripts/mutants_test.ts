import { assertEquals } from "@std/assert";
import { MUTANTS } from "../../scripts/mutants.ts";

Deno.test("each mutant finds its text just once, changes it, and names tests that are there", async () => {
  const root = new URL("../../", import.meta.url);
  const problems: string[] = [];
  for (const { name, file, from, to, tests } of MUTANTS) {
    const count = (await Deno.readTextFile(new URL(file, root))).split(from).length - 1;
    if (count !== 1) {
      problems.push(
        `${file}: "${name}" is there ${count} times; bring scripts/mutants.ts up to date`,
      );
    }
    if (from === to) problems.push(`${file}: "${name}" changes nothing`);
    for (const test of tests) {
      const isThere = await Deno.stat(new URL(test, root)).then(() => true, () => false);
      if (!isThere) problems.push(`"${name}": there is no ${test}`);
    }
  }
  assertEquals(problems, []);
  const names = MUTANTS.map(({ file, name }) => `${file} ${name}`);
  assertEquals(names.length, new Set(names).size);
  assertEquals(names.length >= 60, true);
});
