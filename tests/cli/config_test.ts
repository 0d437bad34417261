import { assertEquals, assertMatch } from "@std/assert";
import { FakeReplicate } from "../../src/testing/mod.ts";
import { cacheFolder, tokenPath } from "../../src/cli/config.ts";
import { inFolder, replicate } from "./world.ts";

Deno.test("cacheFolder() is under the platform's folder for what can be asked for again", () => {
  const of = (platform: string, env: Record<string, string>) => cacheFolder({ platform, env });
  assertEquals(of("linux", { HOME: "/h" }), "/h/.cache/replicate/schemas");
  assertEquals(of("linux", { XDG_CACHE_HOME: "/c" }), "/c/replicate/schemas");
  assertEquals(of("darwin", { HOME: "/h" }), "/h/Library/Caches/replicate/schemas");
  assertEquals(of("win32", { LOCALAPPDATA: "C:\\l" }), "C:\\l/replicate/schemas");
  assertEquals(of("win32", { USERPROFILE: "C:\\u" }), "C:\\u/replicate/schemas");
  assertEquals([of("darwin", {}), of("win32", {})], [undefined, undefined]);
  assertEquals(
    tokenPath({ platform: "win32", env: { USERPROFILE: "C:\\u" } }),
    "C:\\u/replicate/token",
  );
});

Deno.test("a token that cannot be one is refused before it is sent, and not shown", () =>
  inFolder(async (folder) => {
    await using fake = new FakeReplicate({ models: {} });
    await Deno.writeTextFile(`${folder}/empty`, " \n");
    await Deno.writeTextFile(`${folder}/words`, "two words");
    const empty = await replicate(["account", "--token-file", `${folder}/empty`], { fake });
    assertEquals(empty.code, 2);
    assertMatch(empty.stderr, /Cannot read the token from .*empty: it is empty/);
    for (
      const { code, stderr } of [
        await replicate(["account", "--token-file", `${folder}/words`], { fake }),
        await replicate(["account"], { fake, env: { REPLICATE_API_TOKEN: "two words" } }),
      ]
    ) {
      assertEquals([code, stderr.includes("two words")], [2, false]);
      assertMatch(stderr, /as a token: it is not one word\nTokens are made at https:/);
    }
    assertEquals(fake.requests.length, 0);
  }));

Deno.test("login says that there is no folder to keep the token in", async () => {
  await using fake = new FakeReplicate({ models: {} });
  const env = { REPLICATE_API_TOKEN: "", HOME: "", XDG_CONFIG_HOME: "" };
  const { code, stderr } = await replicate(["login"], { fake, env, stdin: "r8_good" });
  assertEquals(code, 2);
  assertMatch(stderr, /names no home folder\nSet REPLICATE_API_TOKEN instead/);
});

Deno.test("login asks the API at REPLICATE_BASE_URL", () =>
  inFolder(async (folder) => {
    const asked: string[] = [];
    const fetch = (input: string | URL | Request): Promise<Response> => {
      asked.push(String(input));
      return Promise.resolve(Response.json({ username: "ada", type: "user", name: "Ada" }));
    };
    const env = { XDG_CONFIG_HOME: folder, REPLICATE_BASE_URL: "https://api.test/v1" };
    const { code } = await replicate(["login"], { fetch, env, stdin: "r8_good" });
    assertEquals([code, asked], [0, ["https://api.test/v1/account"]]);
  }));
