/**
 * Chooses where the `@std` packages come from. It prints nothing, as it runs before every task, and the
 * demo begins with a line of its own.
 *
 * deno.json names them as `jsr:` imports and lists the folders of `.offline` as workspace members.
 * While `.offline` is absent, Deno takes the packages from JSR; while it is a link to `offline`, the
 * stand-ins in there answer the same imports. `X_REPLICATE_JSR=on` or `off` forces one of the two.
 *
 * This file must run before any package can be resolved, so it imports nothing.
 *
 * @module
 */

const LINK = new URL("../.offline", import.meta.url);
const TARGET = "offline";
const TIMEOUT_MS = 3000;

/** True when the JSR packages can be had: from the registry, or from Deno's cache. */
async function canUseJsr(): Promise<boolean> {
  switch (Deno.env.get("X_REPLICATE_JSR")) {
    case "on":
      return true;
    case "off":
      return false;
    case undefined:
    case "":
      return await answers("https://jsr.io/@std/async/meta.json") || await isCached();
    default:
      throw new Error("Cannot set up the packages: X_REPLICATE_JSR must be `on` or `off`");
  }
}

/** True when the address answers with a 2xx before the time is up. */
async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

/** True when Deno can load every JSR package of deno.json without the network. */
async function isCached(): Promise<boolean> {
  const config = JSON.parse(await Deno.readTextFile(new URL("../deno.json", import.meta.url)));
  const specifiers = Object.values<string>(config.imports).filter((it) =>
    it.startsWith("jsr:@std/")
  );
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["eval", "--no-config", "--no-lock", "--cached-only"],
      specifiers.map((it) => `import ${JSON.stringify(it)};`).join(""),
    ],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** The link's present target, or `undefined` when there is no link. */
function linked(): string | undefined {
  try {
    return Deno.readLinkSync(LINK);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Does what may have been done already by a task that runs at the same time. */
function unlessDone(change: () => void): void {
  try {
    change();
  } catch (error) {
    const done = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.AlreadyExists;
    if (!done) throw error;
  }
}

const before = linked();
const jsr = await canUseJsr();
if (before !== undefined && (jsr || before !== TARGET)) {
  unlessDone(() => Deno.removeSync(LINK));
}
if (!jsr && before !== TARGET) {
  unlessDone(() => Deno.symlinkSync(TARGET, LINK, { type: "dir" }));
}
