/** A program with the globals of a page that is not secure: it uploads a file, and prints its id. */

Reflect.deleteProperty(globalThis, "Deno");
Reflect.deleteProperty(globalThis, "process");
Object.defineProperty(navigator, "userAgent", { value: "Mozilla/5.0" });
Object.defineProperty(crypto, "subtle", { value: undefined });
Object.defineProperty(crypto, "randomUUID", { value: undefined });

const { Client } = await import("../../mod.ts");
const sha256 = "0f4e".repeat(16);
const fetch = (): Promise<Response> => {
  const urls = { get: "https://api.replicate.com/v1/files/f" };
  return Promise.resolve(Response.json({ id: "f", size: 5, checksums: { sha256 }, urls }));
};
const client = new Client({ auth: "r8_test", fetch });
console.log((await client.files.create(new Blob(["a fig"]))).id);
