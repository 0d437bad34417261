/** A page in a headless Chromium, where one is installed. */

import type { Result } from "./checks.ts";
import type { Outcome } from "./targets.ts";
import type { World } from "./world.ts";

const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

/** The time limit of the page, in milliseconds. */
const LIMIT = 60_000;

/** Serves a page with the checks, and gives the results that it posts. */
export async function checkInChromium(dir: string, world: World, setup: string): Promise<Outcome> {
  const path = NAMES.map((name) => `/usr/bin/${name}`).find(isFile);
  if (!path) return { version: "", results: [], skipped: "no Chromium in /usr/bin" };

  const title = setup.replaceAll("<", "\\u003c");
  const html = `<title>${title}</title><script type="module" src="/page.js"></script>`;
  world.serve("/", "text/html", `<!doctype html><meta charset="utf-8">${html}`);
  world.serve("/page.js", "text/javascript", await Deno.readTextFile(`${dir}/page.js`));

  const profile = await Deno.makeTempDir({ dir });
  const options = ["--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0"];
  const child = new Deno.Command(path, {
    args: [...options, `--user-data-dir=${profile}`, `${world.origin}/`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`Cannot check the page: there are no results after ${LIMIT} ms`)),
        LIMIT,
      );
    });
    const { results } = await Promise.race([world.posted, late]) as { results: Result[] };
    return { version: await close(profile), results };
  } catch (error) {
    await close(profile);
    throw error;
  } finally {
    clearTimeout(timer);
    await child.status;
  }
}

/**
 * Asks the browser to end, and gives its version. A signal would not do: the program may be a script
 * that starts another one, which would stay behind.
 */
async function close(profile: string): Promise<string> {
  const text = await Deno.readTextFile(`${profile}/DevToolsActivePort`);
  const [port, path] = text.trim().split("\n");
  const { Browser } = await (await fetch(`http://127.0.0.1:${port}/json/version`)).json();
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  socket.onopen = () => socket.send('{"id":1,"method":"Browser.close"}');
  await new Promise((resolve) => socket.onclose = socket.onerror = resolve);
  return /[\d.]+/.exec(Browser)?.[0] ?? "";
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
