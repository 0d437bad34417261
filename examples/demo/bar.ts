/** The progress bar of the demo. */

import cliProgress from "npm:cli-progress@3.12.0";

/** A progress bar in a terminal, and a line for the last state in a pipe. */
export interface DemoBar {
  update(status: string, share: number | undefined): void;
  stop(): void;
}

/** Creates a bar: drawn in a terminal, and free of escape codes in a pipe. */
export function demoBar(): DemoBar {
  return Deno.stdout.isTerminal() ? terminalBar() : line();
}

function terminalBar(): DemoBar {
  const bar = new cliProgress.SingleBar({
    format: "  {bar} {percentage}% {status}",
    hideCursor: true,
    barsize: 30,
  }, cliProgress.Presets.shades_classic);
  bar.start(100, 0, { status: "starting" });
  return {
    update: (status, share) => bar.update(Math.round((share ?? 0) * 100), { status }),
    stop: () => bar.stop(),
  };
}

/** A log has no use for each change: it gets one line when the step ends. */
function line(): DemoBar {
  let last = "";
  return {
    update(status, share) {
      last = `  ${status}${share === undefined ? "" : ` ${Math.round(share * 100)}%`}`;
    },
    stop: () => console.log(last),
  };
}
