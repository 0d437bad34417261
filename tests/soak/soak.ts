/** Runs the phases of a soak in this process, on any runtime, and prints a line for each as JSON. */

import process from "node:process";
import { type Phase, phasesOf, type Sizes } from "./phases.ts";

/** One line of the table. */
export interface Row {
  name: string;
  count: number;
  wrong: number;
  seconds: number;
  /** Megabytes when it had warmed up, and at the end. */
  heap: [number, number];
  timers: number;
  listeners: number;
  sockets: string;
  /** The longest time for which the event loop stood still, in milliseconds. */
  stall: number;
}

const sizes: Sizes = JSON.parse(process.argv[2]!);

/** Timers that are set, as nothing may be left of them. */
const timers = new Set<unknown>();
const { setTimeout: set, clearTimeout: clear, setInterval: every, clearInterval: stop } =
  globalThis;
Object.assign(globalThis, {
  setTimeout: (work: () => void, ms?: number, ...given: []) => {
    const timer = set(() => {
      timers.delete(timer);
      work(...given);
    }, ms);
    timers.add(timer);
    return timer;
  },
  clearTimeout: (timer: ReturnType<typeof set>) => {
    timers.delete(timer);
    clear(timer);
  },
});

/** The heap in megabytes, after what nobody needs has gone. */
function heap(): number {
  const { gc, Bun } = globalThis as { gc?: () => void; Bun?: { gc(sync: boolean): void } };
  if (Bun) Bun.gc(true);
  else gc?.();
  return Math.round(process.memoryUsage().heapUsed / 1e5) / 10;
}

async function measure({ name, run }: Phase): Promise<Row> {
  const { signal } = new AbortController();
  const listeners = new Set<unknown>();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    listeners.add(given[1]);
    addEventListener.apply(signal, given);
  };
  signal.removeEventListener = (...given: Parameters<typeof removeEventListener>) => {
    listeners.delete(given[1]);
    removeEventListener.apply(signal, given);
  };
  let stall = 0;
  let beat = performance.now();
  const pulse = every(() => {
    const now = performance.now();
    stall = Math.max(stall, now - beat - 5);
    beat = now;
  }, 5);
  const begun = performance.now();
  let warm = heap();
  const { count, wrong, sockets = "-" } = await run(signal, () => warm = heap());
  const seconds = (performance.now() - begun) / 1000;
  stop(pulse);
  // What is let go of in the background has a moment to go.
  await new Promise((resolve) => set(resolve, 50));
  return {
    name,
    count,
    wrong,
    seconds: Math.round(seconds * 10) / 10,
    heap: [warm, heap()],
    timers: timers.size,
    listeners: listeners.size,
    sockets,
    stall: Math.round(stall),
  };
}

for (const phase of phasesOf(sizes)) console.log(JSON.stringify(await measure(phase)));
process.exit(0);
