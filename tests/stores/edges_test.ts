import { assertEquals, assertRejects } from "@std/assert";
import { ShortLock } from "../../src/stores/short_lock.ts";
import { denoKvCostStore, fileCostStore, fileStore } from "../../src/stores/mod.ts";
import { fileSystem } from "../../src/base/file_system.ts";
import { inFolder } from "../in_folder.ts";

const one = (): number => 1;

Deno.test("fileCostStore() rejects with the error of the disk, and not as if the file were empty", () =>
  inFolder(async (folder) => {
    const isFolder = fileCostStore(folder);
    await assertRejects(async () => await isFolder.get("total"), Error);
    const nowhere = fileCostStore(`${folder}/none/costs.json`);
    assertEquals(await nowhere.get("total"), undefined);
    await assertRejects(async () => await nowhere.update("total", one), Error, "none");
  }));

Deno.test("fileStore() rejects with the error of the disk, and not as if the file were empty", () =>
  inFolder(async (folder) => {
    await assertRejects(async () => await fileStore(folder).get("a"), Error);
  }));

Deno.test("ShortLock takes a path as a URL, and knows when its lock was taken away", () =>
  inFolder(async (folder) => {
    const files = fileSystem()!;
    const path = new URL(`file://${folder}/x.lock`);
    const lock = new ShortLock(path, "x");
    assertEquals(await lock.during(files, (stillHeld) => stillHeld()), true);
    assertEquals([...Deno.readDirSync(folder)].length, 0);
    await lock.during(files, async (stillHeld) => {
      await Deno.remove(path);
      assertEquals(await stillHeld(), false);
    });
  }));

Deno.test("denoKvCostStore() writes nothing where a change leaves the value as it is", async () => {
  let commits = 0;
  const store = denoKvCostStore({
    get: () => Promise.resolve({ value: 5, versionstamp: "1" }),
    atomic: () => {
      commits++;
      throw new Error("no write is needed");
    },
  });
  await store.update("total", (value) => value);
  assertEquals([await store.get("total"), commits], [5, 0]);
});
