/** Issue number 14.3: a page that is not secure, whose `crypto` has neither `subtle` nor `randomUUID`. */

import { assertEquals } from "@std/assert";

Deno.test("14.3 files.create() uploads in a page that is not secure", async () => {
  const page = new URL("insecure_page.ts", import.meta.url).href;
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--config", config, page],
    env: { NO_COLOR: "1" },
  }).output();
  const [out, err] = [stdout, stderr].map((it) => new TextDecoder().decode(it).trim());
  assertEquals([out, err], ["f", ""]);
});
