import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Client } from "../../mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { folderSink, SinkError } from "../../src/sinks/mod.ts";
import { FIG, making, PLUM, sha256Of } from "./world.ts";

/** Hands over a client of a fake, and a folder that is removed after the test. */
async function inFolder(
  test: (world: { client: Client; fake: FakeReplicate; dir: string }) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir();
  await using fake = new FakeReplicate({ models: { "acme/two": making(FIG, PLUM) } });
  const client = new Client({ auth: "r8_test", fetch: fake.fetch });
  try {
    await test({ client, fake, dir });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The paths of all files below a folder, those of no name included. */
function filesBelow(dir: string): string[] {
  return [...Deno.readDirSync(dir)].flatMap(({ name, isDirectory }) =>
    isDirectory ? filesBelow(`${dir}/${name}`) : [`${dir}/${name}`]
  ).sort();
}

/** Waits for the disk. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

Deno.test("folderSink() makes the folder, and saves each file under its key", () =>
  inFolder(async ({ client, dir }) => {
    const sink = folderSink(`${dir}/new/outputs/`);
    const work = client.run("acme/two", { input: {}, sink });
    const { id } = await work.prediction();
    const places = (await work.files()).map(({ stored }) => stored!);
    assertEquals(places.map(({ location }) => location), [
      `${dir}/new/outputs/${id}-0-fig.txt`,
      `${dir}/new/outputs/${id}-1-plum.txt`,
    ]);
    assertEquals(filesBelow(dir), places.map(({ location }) => location));
    assertEquals(await Deno.readTextFile(places[1]!.location), "a plum");
    assertEquals(places[1]!.sha256, await sha256Of("a plum"));
  }));

Deno.test("folderSink() takes a file: URL, and names with folders in them", () =>
  inFolder(async ({ client, dir }) => {
    const name = ({ index, name }: { index: number; name: string }) => `${index}/${name}`;
    const sink = folderSink(new URL(`file://${dir}`), { name });
    await client.run("acme/two", { input: {}, sink });
    assertEquals(filesBelow(dir), [`${dir}/0/fig.txt`, `${dir}/1/plum.txt`]);
  }));

Deno.test("folderSink() never writes outside of its folder", () =>
  inFolder(async ({ client, dir, fake }) => {
    const names = ["../a", "a/../../b", "/etc/a", "", ".", "a//b", "c:\\a", "..\\a", "a\0b", "a/"];
    for (const bad of names) {
      const sink = folderSink(`${dir}/in`, { name: () => bad });
      await assertRejects(
        () => client.run("acme/two", { input: {}, sink }),
        SinkError,
        "Cannot keep",
      );
    }
    assertEquals(filesBelow(dir), []);
    // It is of no use to try such a name again.
    assertEquals(fake.requests.filter(({ path }) => /fig/.test(path)).length, names.length);
  }));

Deno.test("folderSink() replaces a file by a later one of its name", () =>
  inFolder(async ({ client, dir }) => {
    await Deno.writeTextFile(`${dir}/latest-0`, "an older and longer file");
    const sink = folderSink(dir, { name: ({ index }) => `latest-${index}` });
    await client.run("acme/two", { input: {}, sink });
    assertEquals(await Deno.readTextFile(`${dir}/latest-0`), "a fig");
  }));

Deno.test("folderSink() leaves no half file when the caller leaves midway", () =>
  inFolder(async ({ fake, dir }) => {
    const controller = new AbortController();
    const client = new Client({
      auth: "r8_test",
      fetch: async (url, init) => {
        const response = await fake.fetch(url, init);
        if (!String(url).includes(".txt")) return response;
        const stuck = new ReadableStream({
          start: (stream) => stream.enqueue(new Uint8Array(3)),
        });
        return new Response(stuck, { headers: { "content-length": "5" } });
      },
    });
    const { signal } = controller;
    const run = client.run("acme/two", { input: {}, sink: folderSink(dir), signal });
    const reason = run.catch((it) => it);
    await until(() => filesBelow(dir).some((path) => Deno.statSync(path).size > 0));
    controller.abort("gone");
    assertEquals(await reason, "gone");
    // The caller is not kept waiting for a disk that is slow.
    await until(() => filesBelow(dir).length === 0);
  }));

Deno.test("folderSink() leaves no half file when the download breaks for good", () =>
  inFolder(async ({ client, fake, dir }) => {
    fake.fault({ match: { path: /fig\.txt$/ }, cut: 3, times: Infinity });
    const sink = folderSink(dir, { attempts: 1 });
    const error = await assertRejects(
      () => client.with({ retry: false }).run("acme/two", { input: {}, sink }),
      SinkError,
    );
    assert(error.message.includes("fig.txt"), error.message);
    assertEquals(filesBelow(dir).map((path) => path.slice(-8)), ["plum.txt"]);
  }));

Deno.test("folderSink() does not try again what the disk does not allow", () =>
  inFolder(async ({ client, fake, dir }) => {
    await Deno.writeTextFile(`${dir}/file`, "");
    const sink = folderSink(`${dir}/file`);
    const error = await assertRejects(() => client.run("acme/two", { input: {}, sink }), SinkError);
    assert(
      /Cannot keep fig\.txt and 1 more of .*(?:EEXIST|ENOTDIR)/.test(error.message),
      error.message,
    );
    assertEquals(fake.requests.filter(({ path }) => /fig/.test(path)).length, 1);
  }));

Deno.test("folderSink() refuses a missing folder and unknown options at once", () => {
  assertThrows(() => folderSink(undefined as never), TypeError, "give a path or a file: URL");
  assertThrows(() => folderSink(""), TypeError, "give a path or a file: URL");
  assertThrows(
    () => folderSink("a", { names: () => "" } as never),
    TypeError,
    "did you mean name?",
  );
  assertThrows(() => folderSink("a", { name: "b" as never }), TypeError, "give a function");
});
