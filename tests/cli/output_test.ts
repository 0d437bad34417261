/** The output of jobs: what is printed, and what becomes of files. */

import { assertEquals, assertMatch } from "@std/assert";
import { type FakeModel, FakeReplicate } from "../../src/testing/mod.ts";
import { nodeModule } from "../../src/cli/node.ts";
import { inFolder, replicate } from "./world.ts";

const file = (text: string, name: string): File => new File([text], name, { type: "image/png" });

/** The schema of a model that makes text piece by piece. */
const TEXT = {
  Input: { type: "object", properties: {} },
  Output: {
    type: "array",
    items: { type: "string" },
    "x-cog-array-type": "iterator",
    "x-cog-array-display": "concatenate",
  },
};

const MODELS: Record<string, FakeModel> = {
  "acme/nothing": { official: true, run: () => null },
  "acme/line": { official: true, run: () => "a line\n" },
  "acme/record": { official: true, run: () => ({ image: file("x", "x.png"), size: 3 }) },
  "acme/mixed": {
    official: true,
    schema: {
      Input: { type: "object", properties: {} },
      Output: { type: "array", items: {} },
    },
    run: () => [file("x", "x.png"), "text"],
  },
  "acme/plain": { official: true, run: () => file("x", "picture") },
  "acme/pair": { official: true, run: () => [file("1", "1.png"), file("2", "2.png")] },
  "acme/pauses": {
    official: true,
    schema: TEXT,
    async *run() {
      yield "";
      yield "Rain\n";
      yield "";
    },
  },
  "acme/silent": {
    official: true,
    schema: TEXT,
    async *run() {},
  },
};

const withFake = async (test: (fake: FakeReplicate) => Promise<void>): Promise<void> => {
  await using fake = new FakeReplicate({ models: MODELS });
  await test(fake);
};

Deno.test("run prints nothing for no output, and one line break for a line", () =>
  withFake(async (fake) => {
    for (const [model, text] of [["nothing", ""], ["line", "a line\n"], ["pauses", "Rain\n"]]) {
      const { code, stdout } = await replicate(["run", `acme/${model}`], { fake });
      assertEquals([model, code, stdout], [model, 0, text]);
    }
  }));

Deno.test("stream prints nothing, and ends, for a text without a letter", () =>
  withFake(async (fake) => {
    const { code, stdout } = await replicate(["stream", "acme/silent"], { fake });
    assertEquals([code, stdout], [0, ""]);
  }));

Deno.test("run prints JSON with paths for an output that has more than files", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const record = await replicate(["run", "acme/record", "--save", folder], { fake });
      const { image, size } = JSON.parse(record.stdout);
      assertEquals([await Deno.readTextFile(image), size], ["x", 3]);
      const mixed = await replicate(["run", "acme/mixed", "--save", folder], { fake });
      const [path, text] = JSON.parse(mixed.stdout);
      assertEquals([path.startsWith(`${folder}/mixed-`), text], [true, "text"]);
    })
  ));

Deno.test("run names a file by its content type where its name has no ending", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const { stdout } = await replicate(["run", "acme/plain", "--save", `${folder}/`], { fake });
      assertMatch(stdout, /\/plain-\w+-1\.png\n$/);
      assertEquals((await Deno.stat(stdout.trim())).isFile, true);
    })
  ));

Deno.test("wait saves the other files when one exists already, and leaves no part of it", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      for (const model of ["pair", "plain"]) {
        const { id } = fake.predict(`acme/${model}`, {});
        const taken = `${folder}/${model}-${id}-1.png`;
        await Deno.writeTextFile(taken, "mine");
        const args = ["wait", id, "--save", folder];
        const { code, stdout, stderr } = await replicate(args, { fake });
        const second = model === "pair" ? `${folder}/pair-${id}-2.png\n` : "";
        assertEquals([code, stdout, await Deno.readTextFile(taken)], [2, second, "mine"]);
        assertMatch(stderr, /it exists\nWrite over it: add --force/);
      }
      const names = [...Deno.readDirSync(folder)].map(({ name }) => name);
      assertEquals(names.filter((name) => name.endsWith(".part")), []);
    })
  ));

Deno.test("run exits with 1 when a file cannot be read any more", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      fake.fault({ match: { path: /xezq/ }, status: 404, times: Infinity });
      const { code, stdout } = await replicate(["run", "acme/pair", "--save", folder], { fake });
      assertEquals([code, stdout, [...Deno.readDirSync(folder)].length], [1, "", 0]);
    })
  ));

Deno.test("run leaves no part of a file that cannot get its name", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const disk = async () => {
        const real = await nodeModule("fs/promises");
        return { ...real, rename: () => Promise.reject(new Error("the disk is full")) };
      };
      const args = ["run", "acme/plain", "--save", folder];
      const { code, stderr } = await replicate(args, { fake, io: { disk } });
      assertEquals([code, [...Deno.readDirSync(folder)]], [1, []]);
      assertMatch(stderr, /the disk is full/);
    })
  ));

Deno.test("run says of a folder that cannot be written that it cannot be", () =>
  withFake(async (fake) => {
    for (const code of ["EACCES", "EPERM", "EROFS", "NotCapable"]) {
      const disk = async () => {
        const real = await nodeModule("fs/promises");
        return { ...real, mkdir: () => Promise.reject(Object.assign(new Error(code), { code })) };
      };
      const { code: exit, stderr } = await replicate(["run", "acme/pair", "--save", "/d"], {
        fake,
        io: { disk },
      });
      assertEquals(exit, 2);
      assertMatch(stderr, /Cannot save files in \/d: it cannot be written\nGive another folder/);
    }
    assertEquals(fake.predictions.size, 0);
  }));
