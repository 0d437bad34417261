/** The only file that asks where it runs. Nothing here happens on import. */

/** This package's version, as in `deno.json`. */
export const VERSION = "0.1.0";

/** The runtimes that are told apart. */
export type RuntimeName = "deno" | "bun" | "workerd" | "node" | "browser" | "unknown";

interface Globals {
  Deno?: {
    env: { get(name: string): string | undefined };
    permissions?: { querySync(query: { name: string; variable?: string }): { state: string } };
    version?: { deno: string };
  };
  Bun?: unknown;
  Buffer?: {
    from(
      buffer: ArrayBufferLike,
      offset: number,
      length: number,
    ): { toString(encoding: string): string };
  };
  process?: {
    env?: Record<string, string | undefined>;
    versions?: { node?: string };
    getBuiltinModule?: (name: string) => unknown;
    pid?: number;
    kill?: (pid: number, signal: 0) => unknown;
    once?: (event: "exit", listener: () => void) => unknown;
  };
  navigator?: { userAgent?: string };
  document?: unknown;
  location?: { href: string };
}

const globals = globalThis as unknown as Globals;

let known: RuntimeName | undefined;

/** The name of this runtime. */
export function runtimeName(): RuntimeName {
  return known ??= detect();
}

function detect(): RuntimeName {
  // Workers with nodejs_compat have a `process`, and Bun and Deno imitate Node: the order matters.
  if (globals.navigator?.userAgent === "Cloudflare-Workers") return "workerd";
  if (globals.Bun !== undefined) return "bun";
  if (globals.Deno?.version?.deno !== undefined) return "deno";
  if (globals.process?.versions?.node !== undefined) return "node";
  return globals.document !== undefined || globals.location !== undefined ? "browser" : "unknown";
}

/**
 * Tells whether a promise or a timer belongs to the request in which it was made, as on Workers. Taken
 * for granted where the runtime does not say what it is: edge runtimes are built like that.
 */
export function isolatesRequests(): boolean {
  return /workerd|unknown/.test(runtimeName());
}

/**
 * An environment variable; `denied` where the runtime has it but will not say it.
 *
 * @param ask If `false`, Deno does not ask the user for the permission.
 */
export function readEnv(
  name: string,
  ask = true,
): { value?: string | undefined; denied?: boolean } {
  const { Deno: deno, process } = globals;
  try {
    const query = { name: "env", variable: name };
    const state = ask ? undefined : deno?.permissions?.querySync(query).state;
    if (state && state !== "granted") return { denied: true };
    return { value: deno?.env ? deno.env.get(name) : process?.env?.[name] };
  } catch {
    return { denied: true };
  }
}

/** The value of the `User-Agent` header; `undefined` where a page may not set one. */
export function userAgent(): string | undefined {
  const name = runtimeName();
  return name === "browser" ? undefined : `x-replicate/${VERSION} (${name})`;
}

/** `true` where `fetch` itself sends some requests again: see {@linkcode bodySentOnce}. */
export function resendsPosts(): boolean {
  return runtimeName() === "deno";
}

/**
 * A body that is sent once. Deno's own `fetch` sends a POST again when a kept-alive connection is reset,
 * even after the server had it, if its body is text, bytes or none; it does not do so with a `Blob`.
 */
export function bodySentOnce<B extends BodyInit | undefined>(body: B): B | Promise<Blob> {
  const isSafe = !resendsPosts() ||
    [Blob, FormData, ReadableStream].some((type) => body instanceof type);
  return isSafe ? body : new Response(body).blob();
}

/** `true` where a body fills a buffer that it is given in less time than it is read in; not on Node. */
export function fillsBuffers(): boolean {
  return runtimeName() === "deno";
}

/** Options of `fetch` that not every runtime takes. */
export interface FetchOptions {
  redirect: "error" | "manual";
  cache?: "no-store";
}

let fetchOptions: FetchOptions | undefined;

/**
 * The options that keep `fetch` from following a redirect, and polling from freezing behind a cache.
 *
 * Workers know no `redirect: "error"`, and older ones no `cache`, and not each of them says that it is
 * one: so they are tried on a request that is not sent, once, when the first call needs them.
 */
export function fetchOptionsOf(): FetchOptions {
  return fetchOptions ??= {
    redirect: takes({ redirect: "error" }) ? "error" : "manual",
    ...(takes({ cache: "no-store" }) && { cache: "no-store" as const }),
  };
}

function takes(init: RequestInit): boolean {
  // A runtime without `Request` has a `fetch` of somebody's own, which ignores what it does not know.
  if (typeof Request === "undefined") return true;
  try {
    new Request("https://api.replicate.com", init);
    return true;
  } catch {
    return false;
  }
}

/** `true` in a page, whose visitors can read all that its code knows. */
export function isPage(): boolean {
  return globals.document !== undefined;
}

/** The page's address, against which a `baseUrl` such as `/api/replicate` is resolved. */
export function pageUrl(): string | undefined {
  return globals.location?.href;
}

/**
 * A module of Node's (`node:fs`), where the runtime has it. Asked for by name at the time of use, as
 * an `import` would trip bundlers for the edge.
 */
export function builtinModule<T>(name: string): T | undefined {
  try {
    return (globals.process?.getBuiltinModule?.(name) ?? loaded?.get(name)) as T | undefined;
  } catch {
    return undefined;
  }
}

/** The modules that the library uses, for {@linkcode loadModules}. */
const MODULES = ["node:fs", "node:path", "node:url", "node:crypto"] as const;

let loaded: Map<string, unknown> | undefined;

/**
 * Loads Node's modules where `process.getBuiltinModule` is missing: Node 20 has it from 20.16 on. Call it
 * before `fileSystem()`. Not the only way, as bundlers for the edge complain of an `import` of
 * what they cannot resolve.
 */
export async function loadModules(): Promise<void> {
  if (loaded || runtimeName() !== "node" || globals.process?.getBuiltinModule) return;
  try {
    loaded = new Map(
      await Promise.all(MODULES.map(async (name): Promise<[string, unknown]> => [
        name,
        // By a variable, with the words that keep bundlers from looking for it.
        await import(/* webpackIgnore: true */ /* @vite-ignore */ name as string),
      ])),
    );
  } catch { /* it only looks like Node */ }
}

/** The id of this process; `undefined` where there are none. */
export function processId(): number | undefined {
  return globals.process?.pid;
}

/** Tells whether a process of this machine is alive; `undefined` where that may not be known. */
export function isProcessAlive(pid: number): boolean | undefined {
  try {
    // Asked for first, as Deno would ask the user.
    const run = globals.Deno?.permissions?.querySync({ name: "run" });
    if (run && run.state !== "granted") return undefined;
    if (!globals.process?.kill) return undefined;
    // Signal 0 does nothing but look.
    globals.process.kill(pid, 0);
    return true;
  } catch (error) {
    const { code } = error as { code?: unknown };
    return code === "ESRCH" ? false : code === "EPERM" ? true : undefined;
  }
}

let atExit: Set<string | URL> | undefined;

/** Deletes a file when this process ends by itself. */
export function unlinkAtExit(path: string | URL): void {
  if (!atExit) {
    const paths = atExit = new Set();
    const files = builtinModule<{ unlinkSync?(path: string | URL): void }>("node:fs");
    const unlink = (): void => {
      for (const path of paths) {
        try {
          files?.unlinkSync?.(path);
        } catch { /* it is gone already */ }
      }
    };
    // `Deno.exit()` does not tell the listeners of `process`.
    if (globals.Deno) globalThis.addEventListener("unload", unlink);
    else globals.process?.once?.("exit", unlink);
  }
  atExit.add(path);
}

/** A hash that takes its bytes piece by piece. */
export interface Hash {
  update(bytes: Uint8Array): unknown;
  digest(encoding: "hex"): string;
}

/** A SHA-256 that takes its bytes piece by piece; `undefined` where the runtime has none. */
export function sha256(): Hash | undefined {
  return builtinModule<{ createHash?(name: string): Hash }>("node:crypto")?.createHash?.("sha256");
}

/** The runtime's own base64, several times as fast as one written in JavaScript, where it has one. */
export function nativeBase64(): ((bytes: Uint8Array) => string) | undefined {
  if ("toBase64" in Uint8Array.prototype) {
    return (bytes) => (bytes as Uint8Array & { toBase64(): string }).toBase64();
  }
  const { Buffer } = globals;
  return Buffer &&
    (({ buffer, byteOffset, byteLength }) =>
      Buffer.from(buffer, byteOffset, byteLength).toString("base64"));
}

/** The other way round. It throws when the text is not base64. */
export function nativeFromBase64(): ((text: string) => Uint8Array) | undefined {
  const { fromBase64 } = Uint8Array as unknown as { fromBase64?: (text: string) => Uint8Array };
  return fromBase64 && ((text) => fromBase64.call(Uint8Array, text));
}

/**
 * The way a body of known length is streamed. `fetch` of Deno and Node calls `stream()` of a `Blob` of our
 * own, and Bun keeps a `Content-Length` that is given beside a stream: nothing is copied, and progress
 * can be seen. Elsewhere a `Blob` must hold its bytes. On Deno nothing else is sent only once.
 */
export function streamedBody(): "blob-once" | "blob" | "stream" | "form" {
  const name = runtimeName();
  if (name === "deno") return "blob-once";
  return name === "node" ? "blob" : name === "bun" ? "stream" : "form";
}

/** True under jsdom and happy-dom, which put their own classes in the place of the runtime's. */
export function isEmulatedPage(): boolean {
  return isPage() && /^(?:node|bun|deno)$/.test(runtimeName());
}

let allowed: WeakSet<AbortSignal> | undefined;

/**
 * Keeps Node from warning of a leak when more than ten calls share a signal: they all take their
 * listeners away again.
 */
export function allowListeners(signal: AbortSignal): void {
  if (runtimeName() !== "node") return;
  allowed ??= new WeakSet();
  if (allowed.has(signal)) return;
  allowed.add(signal);
  try {
    // What `setMaxListeners` of node:events does, which Node 20 has no way to get before 20.16.
    for (const key of Object.getOwnPropertySymbols(signal)) {
      if (key.description !== "events.maxEventTargetListeners") continue;
      (signal as unknown as Record<symbol, number>)[key] = 0;
    }
  } catch {
    /* a signal of another make, such as that of jsdom: Node does not count its listeners */
  }
}
