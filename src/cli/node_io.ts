/** The parts of the real world that are the same on all runtimes. */

import type { Io } from "./io.ts";
import { nodeModule } from "./node.ts";

/** The modules of Node, which are loaded when they are asked for. */
export const NODE: Pick<Io, "parseArgs" | "disk" | "http"> = {
  parseArgs: async () => (await nodeModule("util")).parseArgs,
  disk: async () => await nodeModule("fs/promises"),
  http: async () => await nodeModule("http"),
};

/** Opens a page in the browser. */
export async function openPage(
  { platform, env }: Pick<Io, "platform" | "env">,
  url: string,
): Promise<void> {
  const { spawn } = await nodeModule("child_process");
  const [command, ...args] = env.BROWSER
    ? [env.BROWSER]
    : platform === "darwin"
    ? ["open"]
    : platform === "win32"
    ? ["rundll32", "url.dll,FileProtocolHandler"]
    : ["xdg-open"];
  const child = spawn(command!, [...args, url], { stdio: "ignore", detached: true });
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("spawn", () => resolve());
  });
  child.unref();
}
