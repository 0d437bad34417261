/** The commands about models and the things of an account. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { inFolder, replicate } from "./world.ts";

const HEX = /^[0-9a-f]{64}$/;

async function withFake(test: (fake: FakeReplicate) => Promise<void>): Promise<void> {
  await using fake = new FakeReplicate({
    models: {
      "acme/painter": {
        description: "Paints\nfigs",
        run: () => "done",
        versions: 2,
        schema: { properties: { prompt: { type: "string" } } },
      },
      "acme/trainer": { train: () => ({ weights: "w" }) },
      "acme/mine": {},
    },
    collections: { fruit: { models: ["acme/painter"] } },
  });
  await test(fake);
}

const lines = (text: string): Record<string, unknown>[] =>
  text.trim().split("\n").map((line) => JSON.parse(line));

Deno.test("lists are tables in a terminal, and lines of JSON in a pipe, up to --limit", () =>
  withFake(async (fake) => {
    for (let n = 0; n < 30; n++) fake.predict("acme/painter", {});
    const list = ["predictions", "list"];
    assertEquals(lines((await replicate(list, { fake })).stdout).length, 25);
    const some = await replicate([...list, "--limit", "3"], { fake });
    assertEquals(lines(some.stdout).length, 3);
    assertEquals(lines((await replicate([...list, "--all"], { fake })).stdout).length, 30);
    const { stdout } = await replicate(list, { fake, tty: true, env: { NO_COLOR: "1" } });
    assertMatch(stdout, /^ID +STATUS +CREATED +MODEL\n/);
    assert(stdout.split("\n").every((line) => line.length <= 80));
    const json = await replicate([...list, "--json", "--limit", "1"], { fake, tty: true });
    assertEquals(lines(json.stdout)[0]?.model, "acme/painter");
  }));

Deno.test("models are searched, shown, and described by their schema and versions", () =>
  withFake(async (fake) => {
    const found = await replicate(["models", "search", "painter"], { fake });
    assertEquals(lines(found.stdout).map(({ name }) => name), ["painter"]);
    const table = await replicate(["models", "search", "painter"], { fake, tty: true });
    assertMatch(table.stdout, /acme\/painter .*Paints figs\n/);
    const one = await replicate(["models", "get", "acme/painter"], { fake });
    assertEquals(lines(one.stdout)[0]?.owner, "acme");
    const versions = await replicate(["models", "versions", "acme/painter"], { fake });
    assertEquals(lines(versions.stdout).map(({ id }) => HEX.test(String(id))), [true, true]);
    const schema = await replicate(["models", "schema", "acme/painter"], { fake });
    assert("Input" in lines(schema.stdout)[0]!);
    const old = `acme/painter:${fake.version("acme/painter", 1)}`;
    assertEquals((await replicate(["models", "schema", old], { fake })).code, 0);
    const none = await replicate(["models", "get", "acme/none"], { fake });
    assertEquals(none.code, 1);
  }));

Deno.test("run takes a version by its name or --version, and a deployment", () =>
  withFake(async (fake) => {
    const version = fake.version("acme/painter", 1);
    for (
      const args of [[`acme/painter:${version}`], ["acme/painter", "--version", version], [version]]
    ) {
      const { code, stdout, stderr } = await replicate(["run", ...args, "--json"], { fake });
      assertEquals([code, lines(stdout)[0]?.version], [0, version], stderr);
    }
    const create = ["deployments", "create", "prod", "--model", "acme/painter", "--hardware"];
    assertEquals((await replicate([...create, "cpu"], { fake })).stdout, "acme/prod\n");
    const update = ["deployments", "update", "acme/prod", "--max-instances", "2", "--json"];
    const updated = await replicate(update, { fake });
    assert(updated.stdout.includes('"max_instances":2'), updated.stderr);
    const run = await replicate(["run", "acme/prod", "--deployment"], { fake });
    assertEquals([run.code, run.stdout], [0, "done\n"]);
    const list = await replicate(["deployments", "list"], { fake });
    assertEquals(lines(list.stdout)[0]?.name, "prod");
    assertEquals((await replicate(["deployments", "get", "acme/prod"], { fake })).code, 0);
    const deleted = await replicate(["deployments", "delete", "acme/prod"], { fake });
    assertMatch(deleted.stdout + deleted.stderr, /deleted|Cannot delete deployment/);
  }));

Deno.test("trainings are created, shown, listed and canceled", () =>
  withFake(async (fake) => {
    const args = ["trainings", "create", "acme/trainer", "--destination", "acme/mine", "steps:=4"];
    const { code, stdout, stderr } = await replicate(args, { fake });
    assertEquals(code, 0, stderr);
    const id = stdout.trim();
    assertEquals(fake.trainings.get(id)?.input, { steps: 4 });
    assertEquals((await replicate(["wait", id], { fake })).code, 0);
    const shown = await replicate(["trainings", "get", id], { fake });
    assertEquals(lines(shown.stdout)[0]?.id, id);
    assertEquals(lines((await replicate(["trainings", "list"], { fake })).stdout).length, 1);
    assertEquals((await replicate(["trainings", "cancel", id], { fake })).code, 0);
  }));

Deno.test("files are uploaded, listed, shown and deleted", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      await Deno.writeTextFile(`${folder}/fig.txt`, "a fig");
      const up = await replicate(["files", "upload", `${folder}/fig.txt`, "--json"], { fake });
      const id = String(lines(up.stdout)[0]?.id);
      assertEquals(lines((await replicate(["files", "list"], { fake })).stdout)[0]?.id, id);
      assertEquals((await replicate(["files", "get", id], { fake })).code, 0);
      assertEquals((await replicate(["files", "delete", id], { fake })).stdout, `${id} deleted\n`);
      assertEquals(fake.files.size, 0);
    })
  ));

Deno.test("account, hardware, collections and request show what the API says", () =>
  withFake(async (fake) => {
    const account = await replicate(["account"], { fake });
    assertEquals(lines(account.stdout)[0]?.username, "acme");
    assert(lines((await replicate(["hardware"], { fake })).stdout).length > 1);
    const all = await replicate(["collections"], { fake });
    assertEquals(lines(all.stdout)[0]?.slug, "fruit");
    const one = await replicate(["collections", "fruit"], { fake });
    assertEquals(lines(one.stdout)[0]?.name, "painter");
    const raw = await replicate(["request", "get", "/account"], { fake, tty: true });
    assertMatch(raw.stdout, /^\{\n {2}"type"/);
    const post = ["request", "POST", "/predictions", "input:={}"];
    const version = `version=${fake.version("acme/painter")}`;
    const created = await replicate([...post, version], { fake });
    assertEquals([created.code, fake.predictions.size], [0, 1], created.stderr);
    assertEquals((await replicate(["request", "GET", "/nowhere"], { fake })).code, 1);
  }));

Deno.test("types writes typed models, and --check tells when they are out of date", () =>
  inFolder((folder) =>
    withFake(async (fake) => {
      const out = `${folder}/models.ts`;
      const args = ["types", "acme/painter", "--out", out];
      const { code, stdout, stderr } = await replicate(args, { fake });
      assertEquals([code, stdout], [0, `${out}\n`], stderr);
      assert((await Deno.readTextFile(out)).includes("prompt?: string"));
      const check = ["types", "--check", "--out", out];
      assertEquals((await replicate(check, { fake })).code, 0);
      await Deno.writeTextFile(out, (await Deno.readTextFile(out)).replace("prompt?", "promt?"));
      const changed = await replicate(check, { fake });
      assertEquals(changed.code, 1);
      assertMatch(changed.stdout, /-.*promt/);
    })
  ));
