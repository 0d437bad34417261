import { assertEquals, assertInstanceOf } from "@std/assert";
import { ApiError, ConnectionError } from "../../src/errors.ts";
import { FileOutput } from "../../src/files/output.ts";
import { connect, fetchOf } from "./helpers.ts";
import { rejection } from "../rejection.ts";
import { inFolder } from "../in_folder.ts";

const HREF = "https://replicate.delivery/xezq/key/out.bin";

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

function output(answer: (request: Request, count: number) => Response): FileOutput {
  const { send } = connect({ fetch: fetchOf(answer).fetch, retry: false });
  return new FileOutput(send, HREF);
}

Deno.test("save() writes the file under its name, as a path or a file: URL", async () => {
  await inFolder(async (folder) => {
    const file = output(() => new Response("hello"));
    await file.save(`${folder}/a b.txt`);
    await file.save(new URL(`file://${folder}/c%20d.txt`));
    assertEquals(await names(folder), ["a b.txt", "c d.txt"]);
    assertEquals(await Deno.readTextFile(`${folder}/c d.txt`), "hello");
  });
});

Deno.test("save() replaces what was there only when the new file is whole", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/a.txt`;
    await Deno.writeTextFile(path, "before");
    const file = output((_, count) => {
      if (count === 1) return new Response("gone", { status: 404 });
      if (count > 2) return new Response("after");
      const body = new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(10)),
        pull: (controller) => controller.error(new TypeError("terminated")),
      });
      return new Response(body, { headers: { "content-length": "100" } });
    });
    assertInstanceOf(await rejection(file.save(path)), ApiError);
    assertInstanceOf(await rejection(file.save(path)), ConnectionError);
    assertEquals([await names(folder), await Deno.readTextFile(path)], [["a.txt"], "before"]);
    await file.save(path);
    assertEquals([await names(folder), await Deno.readTextFile(path)], [["a.txt"], "after"]);
  });
});

Deno.test("save() is given up when the signal aborts, and leaves nothing behind", async () => {
  await inFolder(async (folder) => {
    const controller = new AbortController();
    const file = output(() =>
      new Response(
        new ReadableStream({
          start: (stream) => stream.enqueue(new Uint8Array(10)),
          pull: () => new Promise(() => setTimeout(() => controller.abort(new Error("left")), 5)),
        }),
      )
    );
    const error = await rejection(file.save(`${folder}/a.txt`, { signal: controller.signal }));
    assertEquals([error.message, await names(folder)], ["left", []]);
  });
});

Deno.test("save() asks for nothing when the file cannot be written", async () => {
  const { fetch, asked } = fetchOf(() => new Response("hello"));
  const file = new FileOutput(connect({ fetch }).send, HREF);
  const error = await rejection(file.save("/nowhere/at/all.txt"));
  assertEquals((error as { code?: string }).code, "ENOENT");
  assertEquals(asked.length, 0);
});

Deno.test("save() follows a link to a file that is not there yet, and no ring of links", () =>
  inFolder(async (folder) => {
    const { fetch } = fetchOf(() => new Response("fig"));
    const file = new FileOutput(connect({ fetch }).send, HREF);
    await Deno.symlink("b.txt", `${folder}/a.txt`);
    await file.save(`${folder}/a.txt`);
    assertEquals(await Deno.readTextFile(`${folder}/b.txt`), "fig");
    await Deno.symlink("two", `${folder}/one`);
    await Deno.symlink("one", `${folder}/two`);
    await rejection(file.save(`${folder}/one`));
    const error = await rejection(file.save(folder));
    assertEquals(error.message.includes("is a folder"), true, error.message);
    assertEquals(await names(folder), ["a.txt", "b.txt", "one", "two"]);
  }));
