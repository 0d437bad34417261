import { assert, assertEquals } from "@std/assert";
import { permissionsOf, runExample } from "./example.ts";

Deno.test("examples/demo.ts tours the client on the fake, and writes no escape codes to a pipe", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, text } = await runExample("demo.ts", dir, await permissionsOf("demo"));
    assertEquals(code, 0, text);
    assert(text.startsWith("No REPLICATE_API_TOKEN: this runs on the embedded fake"), text);
    assert(text.includes("by dawn the garden drinks the light"), text);
    assert(text.includes("6 done, 0 failed"), text);
    assert(text.includes("Did you mean num_outputs?") && text.includes("(exit code 2)"), text);
    assert(text.includes('PredictionError of kind "memory": Cannot run demo/picky'), text);
    assert(text.includes("input.num_outputs: Invalid type. Expected: integer"), text);
    assert(!text.includes("\x1b"), "an escape code");
    const [picture] = [...Deno.readDirSync(dir)].filter(({ name }) => name.endsWith(".svg"));
    assert((await Deno.readTextFile(`${dir}/${picture?.name}`)).startsWith("<svg"));
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("examples/typed_models.ts runs on the fake", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, text } = await runExample("typed_models.ts", dir);
    assertEquals(code, 0, text);
    assert(text.includes("did you mean aspect_ratio?"), text);
    assert(text.includes("Made fig.webp"), text);
    assert(text.includes('{"type":"integer","minimum":1,"maximum":4}'), text);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});

Deno.test("examples/webhooks_handler.ts runs on the fake", async () => {
  const dir = await Deno.makeTempDir();
  try {
    const { code, text } = await runExample("webhooks_handler.ts", dir);
    assertEquals(code, 0, text);
    assert(text.trim() !== "");
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
});
