/** Issue numbers 13.2, 13.5, 13.8, 13.11 and 13.20: files, as hostile as they can be. */

import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { ApiError, ReplicateError } from "../../src/errors.ts";
import { allFiles, decodeOutput } from "../../src/files/decode.ts";
import { FileInput } from "../../src/files/file_input.ts";
import { Walk } from "../../src/files/input_json.ts";
import { FileOutput } from "../../src/files/output.ts";
import type { ClientOptions } from "../../src/http/options.ts";
import { FilesApi } from "../../src/resources/files.ts";
import { bytes, connect, fetchOf } from "../files/helpers.ts";
import { rejection } from "../rejection.ts";
import { inFolder } from "../in_folder.ts";

const API = "https://api.replicate.com/v1";
const GATEWAY = "https://gateway.example.com/replicate";
const HREF = "https://replicate.delivery/xezq/key/out.bin";

/** The answer to each request, by its URL; and what each request had of the caller's. */
function server(options: ClientOptions, redirects: Record<string, string> = {}) {
  const { fetch, asked } = fetchOf(({ url }) => {
    const location = redirects[url];
    return location
      ? new Response(null, { status: 302, headers: { location } })
      : new Response("whsec_a");
  });
  const { send } = connect({ auth: "r8_secret", headers: { "x-mine": "1" }, fetch, ...options });
  const sent = (): (string | null)[] =>
    asked.flatMap(({ headers }) => [headers.get("authorization"), headers.get("x-mine")]);
  return { send, asked, sent };
}

Deno.test("13.2 an output is read without the token and the caller's headers, wherever it is", async () => {
  const paths = [
    "/webhooks/default/secret",
    "/account",
    "/files",
    "/files/",
    "/files/a/b",
    "/files/../account",
    "/files/a%2f..%2f..%2faccount",
    "/files/a/download/../../../account",
    "/filesystem/a",
  ];
  for (const baseUrl of [API, GATEWAY]) {
    for (const origin of [API, GATEWAY]) {
      for (const path of paths) {
        const { send, sent, asked } = server({ baseUrl });
        assertEquals(await new FileOutput(send, origin + path).text(), "whsec_a");
        assertEquals(sent(), [null, null], asked[0]?.url);
      }
    }
  }
});

Deno.test("13.2 a redirect to the API, even to a file there, gets no token", async () => {
  for (const target of [`${API}/webhooks/default/secret`, `${API}/files/abc`]) {
    const { send, sent } = server({}, { [HREF]: target });
    await new FileOutput(send, HREF).text();
    assertEquals(sent(), [null, null, null, null]);
  }
});

Deno.test("13.2 a step that sends an output's request to the API gets no token for it", async () => {
  const middleware: ClientOptions["middleware"] = [
    (_, next) => next(new Request(`${API}/webhooks/default/secret`)),
  ];
  const { send, sent } = server({ middleware });
  await new FileOutput(send, HREF).text();
  assertEquals(sent(), [null, null]);
});

Deno.test("13.2 the API's own files are the exception: by their path, and files.download", async () => {
  for (const baseUrl of [API, GATEWAY]) {
    for (const path of ["/files/abc", "/files/a-b_1/download?owner=a&signature=b%2F"]) {
      const { send, sent, asked } = server({ baseUrl });
      await new FileOutput(send, baseUrl + path).text();
      assertEquals(sent(), ["Bearer r8_secret", "1"]);
      assertEquals(asked[0]?.url, baseUrl + path);
    }
    const { send, sent } = server({ baseUrl });
    const signed = { owner: "a", expiry: 1, signature: "b" };
    await (await new FilesApi(send).download("abc", signed)).text();
    assertEquals(sent(), ["Bearer r8_secret", "1"]);
  }
});

Deno.test("13.4 only http(s) without a user name is fetched, whatever allowDownload says", async () => {
  const targets = ["foo:x/../../v1/account", "file:///etc/passwd", "https://a:b@example.com/"];
  for (const target of targets) {
    const { send, asked } = server({ allowDownload: () => true }, { [HREF]: target });
    const error = await rejection(new FileOutput(send, HREF).text());
    assertInstanceOf(error, ReplicateError);
    assert(!error.message.includes("a:b"), error.message);
    assertEquals(asked.map(({ url }) => url), [HREF]);
  }
});

Deno.test("13.5 allowDownload is awaited: a promise of false is a no", async () => {
  for (const [allowed, requests] of [[false, 0], [true, 1]] as const) {
    const { send, asked } = server({ allowDownload: () => Promise.resolve(allowed) });
    const reading = new FileOutput(send, HREF).text();
    if (allowed) assertEquals(await reading, "whsec_a");
    else assertInstanceOf(await rejection(reading), ReplicateError);
    assertEquals(asked.length, requests);
  }
  const { send, asked } = server({ allowDownload: () => Promise.reject(new Error("no idea")) });
  assertEquals((await rejection(new FileOutput(send, HREF).text())).message, "no idea");
  assertEquals(asked.length, 0);
});

Deno.test("13.5 allowDownload cannot change the address that it judges", async () => {
  const allowDownload = (url: URL): boolean => {
    url.href = "https://10.0.0.1/";
    return true;
  };
  const { send, asked } = server({ allowDownload });
  await new FileOutput(send, HREF).text();
  assertEquals(asked[0]?.url, HREF);
});

const INJECTED = "image/png;\r\n\r\nx=INJECTED";

/** The text of the form that a file is uploaded as. */
async function formOf(source: unknown, options = {}): Promise<string> {
  let text = "";
  const { fetch } = fetchOf(async (request) => {
    text = await request.text();
    return Response.json({ id: "f1", urls: { get: `${API}/files/f1` } });
  });
  await new FilesApi(connect({ fetch }).send).create(source as Blob, options);
  return text;
}

Deno.test("13.5 a content type with a line break is refused, or left out if others gave it", async () => {
  for (const type of [INJECTED, "image/png\r\nx: y", "image/png\0", "image/png;a=b\n"]) {
    assertThrows(() => FileInput.fromBytes(bytes("a"), { contentType: type }), TypeError);
    await assertRejects(() => formOf(bytes("a"), { contentType: type }), TypeError);
    const blob = Object.defineProperty(new Blob(["a"]), "type", { value: type });
    assertEquals((await formOf(blob)).match(/Content-Type: .*/g)?.length, 1);
    const response = new Response("a");
    response.headers.get = (name) => name === "content-type" ? type : null;
    const form = await formOf(response);
    assert(!form.includes("INJECTED") && !form.includes("x: y"), form);
    assertEquals(form.split("\r\n\r\n").length, 2);
  }
});

Deno.test("13.5 a name cannot end its field or add a line, whoever gave it", async () => {
  const name = 'a"; x="b\r\nContent-Type: x\r\n\r\n.png';
  for (
    const source of [new File(["a"], name), FileInput.fromBytes(bytes("a"), { filename: name })]
  ) {
    const form = await formOf(source);
    assertEquals(form.split("\r\n").length, 7, form);
    assert(form.includes('filename="a%22; x=%22b'), form);
  }
});

Deno.test("13.5 metadata cannot end its part", async () => {
  const form = await formOf(bytes("a"), { metadata: { "\r\n--form-": "\r\n\r\n--form-\0" } });
  assertEquals(form.split("\r\n").length, 12);
});

/** A value nested to a depth. */
function nested(depth: number, make: (inner: unknown) => unknown): unknown {
  let value: unknown = "x";
  for (let at = 0; at < depth; at++) value = make(value);
  return value;
}

Deno.test("13.8 an input that is nested too deep is refused by the start of its place", () => {
  const shapes: ((inner: unknown) => unknown)[] = [
    (a) => [a],
    (a) => ({ a }),
    (a) => ({ toJSON: () => a }),
    (a) => ({ ["a".repeat(10_000)]: a }),
  ];
  for (const make of shapes) {
    assertEquals(typeof new Walk("input", { deep: nested(400, make) }).value, "object");
    for (const depth of [2500, 5_000]) {
      const input = { deep: nested(depth, make) };
      const { message } = assertThrows(() => new Walk("input", input), TypeError);
      assert(message.startsWith("Cannot send input.deep"), message);
      assert(message.includes("it is nested deeper than 500 levels"), message);
      assert(message.length < 400, message);
    }
  }
});

Deno.test("13.8 an object that gives a new one for ever is refused", () => {
  const endless = (): object => ({ toJSON: endless });
  assertThrows(() => new Walk("input", { a: endless() }), TypeError, "deeper than 500");
});

Deno.test("13.8 an object is looked for in those around it once, and not in each of them", () => {
  let asked = 0;
  const leaf = (): object =>
    new Proxy({ n: 1 }, { get: (it, key) => (asked++, Reflect.get(it, key)) });
  const shallow = (): number => {
    asked = 0;
    new Walk("input", Array.from({ length: 100 }, leaf));
    return asked;
  };
  const once = shallow();
  asked = 0;
  new Walk("input", nested(300, (a) => [a, ...Array.from({ length: 100 }, leaf)]));
  assertEquals(asked, 300 * once);
});

Deno.test("13.8 promises within an input are waited for at any depth, also when they lead back", async () => {
  const ring: { a?: unknown } = {};
  ring.a = Promise.resolve({ b: Promise.resolve([ring]) });
  const walk = new Walk("input", ring);
  const error = await rejection(walk.settle()!);
  assertEquals(error.message, "Cannot send input.a.b[0]: it is within itself");
});

Deno.test("13.11 an output that is nested 50,000 deep is decoded, and not lost", () => {
  const { send } = connect();
  for (const make of [(a: unknown) => [1, a], (a: unknown) => ({ a, n: 1 })]) {
    const decoded = decodeOutput(send, [HREF, make(nested(49_999, make)), HREF]) as unknown[];
    assertEquals(allFiles(decoded).length, 2);
    let depth = 0;
    for (let at = decoded[1] as Record<string, unknown>; typeof at === "object"; depth++) {
      at = (Array.isArray(at) ? at[1] : at.a) as Record<string, unknown>;
    }
    assertEquals(depth, 50_000);
  }
});

Deno.test("13.11 a decoded output keeps the order of its fields, and one named __proto__", () => {
  const raw = JSON.parse('{"z":1,"__proto__":{"a":[1,{"y":2,"b":3}]},"c":null,"1":0}');
  assertEquals(JSON.stringify(decodeOutput(connect().send, raw)), JSON.stringify(raw));
});

function saved(text = "new"): FileOutput {
  const { fetch } = fetchOf(() => new Response(text));
  return new FileOutput(connect({ fetch, retry: false }).send, HREF);
}

Deno.test("13.20 save() follows links, also to a file that does not exist yet", async () => {
  await inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/data`);
    await Deno.writeTextFile(`${folder}/data/old`, "old");
    await Deno.symlink("data/old", `${folder}/first`);
    await Deno.symlink("first", `${folder}/second`);
    await Deno.symlink("data/absent", `${folder}/third`);
    await saved().save(`${folder}/second`);
    await saved("there").save(new URL(`file://${folder}/third`));
    assertEquals(await Deno.readTextFile(`${folder}/data/old`), "new");
    assertEquals(await Deno.readTextFile(`${folder}/data/absent`), "there");
    for (const name of ["first", "second", "third"]) {
      assert((await Deno.lstat(`${folder}/${name}`)).isSymlink, name);
    }
    assertEquals((await Array.fromAsync(Deno.readDir(`${folder}/data`))).length, 2);
    await Deno.symlink("ring", `${folder}/ring`);
    await assertRejects(() => saved().save(`${folder}/ring`));
  });
});

Deno.test("13.20 save() keeps the mode of the file that was there", async () => {
  await inFolder(async (folder) => {
    for (const mode of [0o600, 0o640, 0o755, 0o666]) {
      const path = `${folder}/${mode}`;
      await Deno.writeTextFile(path, "old");
      await Deno.chmod(path, mode);
      await saved().save(path);
      assertEquals([await Deno.readTextFile(path), (await Deno.stat(path)).mode! & 0o777], [
        "new",
        mode,
      ]);
    }
  });
});

Deno.test("13.20 save() writes into a pipe, and leaves it a pipe", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/pipe`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    await Deno.symlink("pipe", `${folder}/link`);
    for (const name of ["pipe", "link"]) {
      const reading = new Deno.Command("cat", { args: [path], stdout: "piped" }).output();
      await saved("through").save(`${folder}/${name}`);
      assertEquals(new TextDecoder().decode((await reading).stdout), "through");
      assert((await Deno.lstat(path)).isFifo);
    }
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 2);
  });
});

Deno.test("13.20 save() writes into a device, and never replaces it", async () => {
  await inFolder(async (folder) => {
    await Deno.symlink("/dev/null", `${folder}/null`);
    await saved().save(`${folder}/null`);
    assert((await Deno.lstat(`${folder}/null`)).isSymlink);
    assert((await Deno.stat(`${folder}/null`)).isCharDevice);
  });
});

Deno.test("13.20 save() to a pipe that nobody reads ends when its signal aborts", async () => {
  await inFolder(async (folder) => {
    const path = `${folder}/pipe`;
    await new Deno.Command("mkfifo", { args: [path] }).output();
    const controller = new AbortController();
    const saving = saved().save(path, { signal: controller.signal });
    setTimeout(() => controller.abort(new Error("left")), 5);
    assertEquals((await rejection(saving)).message, "left");
    // Lets the system's thread go that still waits.
    await new Deno.Command("cat", { args: [path], stdout: "null" }).output();
  });
});

Deno.test("13.20 save() takes names of up to 255 bytes", async () => {
  await inFolder(async (folder) => {
    for (const name of ["a".repeat(242), "a".repeat(255), "ü".repeat(127)]) {
      await saved().save(`${folder}/${name}`);
      assertEquals(await Deno.readTextFile(`${folder}/${name}`), "new");
    }
    assertEquals((await Array.fromAsync(Deno.readDir(folder))).length, 3);
  });
});

Deno.test("13.20 save() refuses a folder, and what is not a path, before any request", async () => {
  const { fetch, asked } = fetchOf(() => new Response("x"));
  const file = new FileOutput(connect({ fetch }).send, HREF);
  await inFolder(async (folder) => {
    const error = await rejection(file.save(folder));
    assert(error.message.includes("is a folder"), error.message);
  });
  for (const path of ["", 1, undefined, new URL("https://a.b/c")]) {
    assertInstanceOf(await rejection(file.save(path as string)), TypeError);
  }
  assertEquals(asked.length, 0);
});

Deno.test("13.20 a name that a URL suggests is safe to save under", () => {
  const { send } = connect();
  const cases: [last: string, name: string][] = [
    [".bashrc", "bashrc"],
    ["..%2f..%2fetc%2fpasswd", "_.._etc_passwd"],
    ["-rf", "rf"],
    ["--output=x", "output=x"],
    ["%20-.a.png", "a.png"],
    ["a%0d%0ab.png", "a__b.png"],
    ["a%1b%5B31m.png", "a_[31m.png"],
    ["a%E2%80%AEgnp.exe", "a_gnp.exe"],
    ["a%5Cb.png", "a_b.png"],
    ["c%3Aa.png", "c_a.png"],
    ["con", "_con"],
    ["NUL.png", "_NUL.png"],
    ["com1.tar.gz", "_com1.tar.gz"],
    ["console.png", "console.png"],
    ["a.png.%20.", "a.png"],
    ["%00", "_"],
    ["...", "file"],
    [`${"a".repeat(300)}.png`, `${"a".repeat(116)}.png`],
    [encodeURIComponent(`${"é☃".repeat(100)}.webp`), `${"é☃".repeat(23)}.webp`],
    [`a.${"b".repeat(300)}`, `a.${"b".repeat(118)}`],
  ];
  for (const [last, name] of cases) {
    const file = new FileOutput(send, `https://example.com/x/${last}`);
    assertEquals(file.filename, name);
    assert(new TextEncoder().encode(name).length <= 120);
  }
});

Deno.test("13.20 an upload is named by a response's URL in the same safe form", async () => {
  const response = new Response("a");
  Object.defineProperty(response, "url", { value: "https://a.b/x/..%2f%0d%0a.png" });
  assert((await formOf(response)).includes('filename="__.png"'));
});

Deno.test("13.19 FileInput.fromPath() of a pipe is refused at once, and not waited for", async () => {
  await inFolder(async (folder) => {
    await new Deno.Command("mkfifo", { args: [`${folder}/pipe`] }).output();
    const error = await rejection(formOf(FileInput.fromPath(`${folder}/pipe`)));
    assertEquals(error.message, "Cannot send the file: it is not a file");
  });
});

Deno.test("15 an answer that is JSON and no record is an ApiError of an upload", async () => {
  for (const answer of [null, [], 5, {}, { id: 7 }, "text"]) {
    const { fetch } = fetchOf(async (request) => {
      await request.arrayBuffer();
      return Response.json(answer);
    });
    const { send } = connect({ fetch });
    const files = new FilesApi(send);
    assertInstanceOf(await rejection(files.create(bytes("a"))), ApiError);
    assertInstanceOf(await rejection(files.get("a")), ApiError);
    assertInstanceOf(await rejection(files.list()), ApiError);
  }
});
