/** Times hostile values by their size: time must grow with the size, and not faster. */

const SIZES = [2 ** 16, 2 ** 20, 10 * 2 ** 20];

/** Makes a value of a size, and returns the work that is timed. */
export type Attack = (size: number) => () => unknown;

/** Prints the best of three rounds of each attack, in milliseconds, at 64 KiB, 1 MiB and 10 MiB. */
export async function timeAttacks(attacks: Readonly<Record<string, Attack>>): Promise<void> {
  console.log(
    "ms at".padEnd(42),
    SIZES.map((size) => `${size / 1024} KiB`.padStart(11)).join(""),
  );
  for (const [name, attack] of Object.entries(attacks)) {
    const times: number[] = [];
    for (const size of SIZES) {
      let best = Infinity;
      for (let round = 0; round < 3; round++) {
        const run = attack(size);
        const start = performance.now();
        await run();
        best = Math.min(best, performance.now() - start);
      }
      times.push(best);
    }
    console.log(name.padEnd(42), times.map((ms) => ms.toFixed(2).padStart(11)).join(""));
  }
}
