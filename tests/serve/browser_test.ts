import { assert, assertEquals } from "@std/assert";
import { Client } from "../../mod.ts";
import { issueTicket, proxyHandler, ticketHandler } from "../../src/serve/mod.ts";
import { FakeReplicate } from "../../src/testing/mod.ts";

const TOKEN = "r8_0123456789012345678901234567890123456";
const PNG = Uint8Array.from(
  atob(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
  ),
  (char) => char.charCodeAt(0),
);
const CHROMIUM = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
  .map((name) => `/usr/bin/${name}`).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });

Deno.test({
  name: "proxyHandler() and ticketHandler() serve a page in Chromium, which never sees the token",
  ignore: CHROMIUM === undefined,
  fn: async () => {
    const options = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
    const key = "a secret of the server's own";
    await using fake = new FakeReplicate({
      token: TOKEN,
      models: {
        "acme/poet": {
          official: true,
          run: async function* () {
            yield* ["Rain", " taps", ".\n\n", "Soft ☃"];
          },
        },
        "acme/painter": { official: true, run: () => new Blob([PNG], { type: "image/png" }) },
        "acme/secret": { official: true, run: () => "secret" },
      },
    });
    await using api = Deno.serve(options, fake.handle);
    const baseUrl = `http://127.0.0.1:${api.addr.port}/v1`;
    const client = new Client({ auth: TOKEN, baseUrl });
    const proxy = proxyHandler({ client, allow: { models: ["acme/poet", "acme/painter"] } });
    const watch = ticketHandler({ client, key });
    const script = await bundle();
    const ticketOf = async (version: string): Promise<string> => {
      const { id } = await client.predictions.create({ version, input: {} });
      return await issueTicket(id, { key });
    };
    await using site = Deno.serve(options, async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/api/replicate/")) return await proxy(request);
      if (pathname.startsWith("/api/watch/")) return await watch(request);
      if (pathname === "/tickets") {
        const [poet, painter] = [await ticketOf("acme/poet"), await ticketOf("acme/painter")];
        return Response.json({ poet, painter });
      }
      const isScript = pathname === "/page.js";
      const body = isScript ? script : `<body><script type="module" src="/page.js"></script>`;
      const type = isScript ? "text/javascript" : "text/html; charset=utf-8";
      return new Response(body, { headers: { "content-type": type } });
    });

    const { result, log } = await browse(`http://127.0.0.1:${site.addr.port}/`);
    const pieces = ["Rain", " taps", ".\n\n", "Soft ☃"];
    assertEquals(result, {
      streamed: pieces,
      width: 1,
      refused: 403,
      watched: pieces,
      watchedWidth: 1,
      forged: "refused",
      native: pieces.join(""),
    });
    assert(log.includes("/stream") && log.includes("/api/watch/"));
    assert(!log.includes(TOKEN));
  },
});

/** The page's script, as one file. */
async function bundle(): Promise<string> {
  const page = new URL("page.ts", import.meta.url).pathname;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", page],
    stdin: "null",
  }).output();
  assert(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** What a page has as its result, and all that its network log holds: headers, addresses, bodies. */
async function browse(url: string): Promise<{ result: unknown; log: string }> {
  const profile = await Deno.makeTempDir();
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
  const child = new Deno.Command(CHROMIUM!, {
    args: [...flags, `--user-data-dir=${profile}`, "about:blank"],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const address = await devTools(child.stderr);
  const targets = await (await fetch(`http://${address.host}/json/list`)).json();
  const browser = await Remote.connect(address.href);
  const page = await Remote.connect(targets[0].webSocketDebuggerUrl);
  try {
    await page.send("Network.enable");
    await page.send("Page.enable");
    const loaded = page.event("Page.loadEventFired");
    await page.send("Page.navigate", { url });
    await loaded;
    const expression = "globalThis.result";
    const answer = await page.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    const ids = new Set([...page.log.matchAll(/"requestId":"([^"]+)"/g)].map(([, id]) => id));
    for (const requestId of ids) {
      // A request that failed has no body.
      await page.send("Network.getResponseBody", { requestId });
    }
    return { result: (answer.result as { value: unknown }).value, log: page.log };
  } finally {
    await page.close();
    await browser.send("Browser.close");
    await browser.close();
    await child.status;
    await Deno.remove(profile, { recursive: true });
  }
}

/** Where the browser listens, as it says on its way up. */
async function devTools(stderr: ReadableStream<Uint8Array>): Promise<URL> {
  const reader = stderr.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`Cannot start Chromium: ${text}`);
    text += decoder.decode(value, { stream: true });
    const found = /DevTools listening on (ws:\S+)/.exec(text)?.[1];
    if (!found) continue;
    // The rest is read, or the browser would wait for its reader at some time.
    (async () => {
      while (!(await reader.read()).done);
    })();
    return new URL(found);
  }
}

/** One end of the browser's protocol for tools. */
class Remote {
  /** Everything that came. */
  log = "";
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number | string, (message: Record<string, unknown>) => void>();
  #lastId = 0;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      this.log += data;
      const { id, method, result, error } = JSON.parse(data);
      this.#waiting.get(id ?? method)?.(result ?? { error });
    };
  }

  static async connect(url: string): Promise<Remote> {
    const socket = new WebSocket(url);
    await new Promise((resolve) => socket.onopen = resolve);
    return new Remote(socket);
  }

  send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  event(method: string): Promise<unknown> {
    return new Promise((resolve) => this.#waiting.set(method, resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#socket.onclose = resolve);
    if (this.#socket.readyState < WebSocket.CLOSING) this.#socket.close();
    else if (this.#socket.readyState === WebSocket.CLOSED) return;
    await closed;
  }
}
