import { assert, assertEquals } from "@std/assert";
import type { Progress } from "../../src/base/job.ts";
import { parseProgressFromLogs } from "../../src/run/progress.ts";

/** A name, the logs, and what they say: percentage, current, total, and the rest if any. */
type Row = [
  name: string,
  logs: string,
  percentage: number,
  current: number | null,
  total: number | null,
  more?: Partial<Progress>,
];

const BARS: Row[] = [
  [
    "reads a bar",
    " 40%|████      | 4/10 [00:02<00:03,  2.00it/s]",
    0.4,
    4,
    10,
    { remainingMs: 3000, rate: 2 },
  ],
  ["reads a bar without times", " 40%|████      | 4/10", 0.4, 4, 10],
  ["reads an ASCII bar", "  4%|4         | 1/25 [00:01<?, ?it/s]", 0.04, 1, 25],
  ["reads a bar that has just begun", "  0%|          | 0/50 [00:00<?, ?it/s]", 0, 0, 50],
  [
    "reads a bar that has ended",
    "100%|██████████| 50/50 [00:10<00:00,  4.90it/s]\n",
    1,
    50,
    50,
    { remainingMs: 0, rate: 4.9 },
  ],
  [
    "reads a bar after a percentage of something else",
    "VRAM 40% | 90%|█████████ | 9/10",
    0.9,
    9,
    10,
    { stage: "|" },
  ],
  [
    "takes the prefix as the stage",
    "Sampling: 40%|███▉      | 4/10 [00:02<00:03, 2.0it/s]",
    0.4,
    4,
    10,
    { stage: "Sampling", remainingMs: 3000, rate: 2 },
  ],
  [
    "keeps a stage of several words",
    "Loading pipeline components...:  57%|█████▋    | 4/7 [00:00<00:00,  6.69it/s]",
    0.57,
    4,
    7,
    { stage: "Loading pipeline components...", remainingMs: 0, rate: 6.69 },
  ],
  [
    "reads steps that take longer than a second",
    "  2%|▏         | 1/50 [00:02<01:38,  2.00s/it]",
    0.02,
    1,
    50,
    { remainingMs: 98_000, rate: 0.5 },
  ],
  [
    "reads hours",
    "train:  1%| | 9/900 [1:00:05<27:03:04, 109.3s/step]",
    0.01,
    9,
    900,
    { stage: "train", remainingMs: 97_384_000, rate: 1 / 109.3 },
  ],
  [
    "scales k",
    "Downloading:  50%|█████     | 4.00k/8.00k [00:01<00:01, 4.00kB/s]",
    0.5,
    4000,
    8000,
    { stage: "Downloading", remainingMs: 1000, rate: 4000 },
  ],
  [
    "scales G and M",
    "model.safetensors:  12%|█▏        | 1.10G/8.60G [00:12<01:30, 83.4MB/s]",
    0.12,
    1_100_000_000,
    8_600_000_000,
    { stage: "model.safetensors", remainingMs: 90_000, rate: 83_400_000 },
  ],
  [
    "scales Ki by 1,024",
    " 50%|█████     | 2.00KiB/4.00KiB [00:01<00:01, 2.00KiB/s]",
    0.5,
    2048,
    4096,
    { remainingMs: 1000, rate: 2048 },
  ],
  [
    "takes a unit for a name when it is no scale",
    " 50%|█████     | 1/2 [00:01<00:01,  1.00Epoch/s]",
    0.5,
    1,
    2,
    { remainingMs: 1000, rate: 1 },
  ],
  [
    "ignores what follows the rate, percentages included",
    " 30%|███       | 3/10 [00:03<00:07,  1.00it/s, loss=0.123, acc=92%]",
    0.3,
    3,
    10,
    { remainingMs: 7000, rate: 1 },
  ],
  ["reads a total that is not known", " 40%|████      | 4/? [00:02<?, ?it/s]", 0.4, 4, null],
  ["reads a bar without counts", "Encoding:  40%|████      |", 0.4, null, null, {
    stage: "Encoding",
  }],
  [
    "reads a bar of no width",
    "Sampling:  40% 4/10 [00:02<00:03,  2.00it/s]",
    0.4,
    4,
    10,
    { stage: "Sampling", remainingMs: 3000, rate: 2 },
  ],
  ["reads a fraction of a percent", " 40.5%|████      | 81/200", 0.405, 81, 200],
  [
    "reads colors and cursor moves",
    "\x1b[A\x1b[A 40%|\x1b[32m████      \x1b[0m| 4/10 [00:02<00:03,  2.00it/s]\x1b[K",
    0.4,
    4,
    10,
    { remainingMs: 3000, rate: 2 },
  ],
  ["takes the newest of the bars that CR separates", bars("\r", 10, 20, 30), 0.3, 3, 10],
  ["takes the newest of the bars that CRLF separates", bars("\r\n", 10, 20, 30), 0.3, 3, 10],
  ["takes the newest of the bars that LF separates", bars("\n", 10, 20, 30), 0.3, 3, 10],
  ["takes the newest of the bars in one line", bars("  ", 10, 20, 30), 0.3, 3, 10],
  [
    "knows the stage of the last bar in one line",
    "A: 10%|█  | 1/10 [00:01<00:09, 1.0it/s]B: 20%|██ | 2/10 [00:02<00:08, 1.0it/s]",
    0.2,
    2,
    10,
    { stage: "B", remainingMs: 8000, rate: 1 },
  ],
  [
    "takes the newest stage, not the largest percentage",
    "Loading: 100%|███| 7/7 [00:01<00:00, 7.0it/s]\nUpscaling:  10%|█  | 1/10 [00:01<00:09, 1.0it/s]",
    0.1,
    1,
    10,
    { stage: "Upscaling", remainingMs: 9000, rate: 1 },
  ],
  ["looks past lines without a bar", `${bars("\r", 40)}\nsaved 1 image\n\n`, 0.4, 4, 10],
  ["looks past a bar that is cut off", `${bars("\r", 40)}\r 50%|████`, 0.4, 4, 10],
  ["looks past a bar without a total", `${bars("\r", 40)}\n12it [00:03,  3.90it/s]`, 0.4, 4, 10],
];

const PERCENTAGES: [logs: string, percentage: number, stage?: string][] = [
  ["Progress: 40%", 0.4],
  ["[12:00:01] INFO progress = 40.5 %", 0.405, "[12:00:01] INFO progress ="],
  [" 40%", 0.4],
  ["0%\n5%\n10%\n", 0.1],
  ["Downloading... 7%", 0.07, "Downloading..."],
  ["Rendering: 99% done.", 0.99, "Rendering"],
  ["40% completed", 0.4],
];

const NO_PROGRESS = [
  "",
  "\n\r\n",
  "%",
  "Using seed: 12345",
  "GPU util 40%",
  "GPU memory usage: 40%",
  "Accuracy: 92%",
  "Training accuracy: 92%",
  "Remaining: 40%",
  "40% of the pixels are black",
  "guidance 40%, strength 80%",
  "| N/A   34C    P0    25W / 250W |      0MiB / 16280MiB |      0%      Default |",
  "12it [00:03,  3.90it/s]",
  "250%|████      | 4/10",
  "1.2.3%",
  " 40%|████",
];

function bars(separator: string, ...percentages: number[]): string {
  return percentages.map((it) => ` ${it}%|███       | ${it / 10}/10`).join(separator);
}

for (const [name, logs, percentage, current, total, more] of BARS) {
  Deno.test(`parseProgressFromLogs() ${name}`, () => {
    assertEquals(parseProgressFromLogs(logs), { percentage, current, total, ...more });
  });
}

Deno.test("parseProgressFromLogs() reads a percentage alone in its line or after a word", () => {
  for (const [logs, percentage, stage] of PERCENTAGES) {
    const more = stage === undefined ? {} : { stage };
    assertEquals(
      parseProgressFromLogs(logs),
      { percentage, current: null, total: null, ...more },
      logs,
    );
  }
});

Deno.test("parseProgressFromLogs() reads counts after a percentage without a bar", () => {
  assertEquals(parseProgressFromLogs("Rendering: 40% (4/10)"), {
    percentage: 0.4,
    current: 4,
    total: 10,
    stage: "Rendering",
  });
});

Deno.test("parseProgressFromLogs() takes other percentages for no progress", () => {
  for (const logs of NO_PROGRESS) assertEquals(parseProgressFromLogs(logs), null, logs);
});

Deno.test("parseProgressFromLogs() takes an object with logs, or without", () => {
  assertEquals(parseProgressFromLogs({ logs: "50%" })?.percentage, 0.5);
  assertEquals(parseProgressFromLogs({ logs: null }), null);
  assertEquals(parseProgressFromLogs({}), null);
});

Deno.test("parseProgressFromLogs() reads the last 16 Ki characters only", () => {
  const filler = "saved a frame\n";
  const near = bars("\r", 40) + "\n" + filler.repeat(1000);
  const far = bars("\r", 40) + "\n" + filler.repeat(1200);
  assertEquals(parseProgressFromLogs(near)?.percentage, 0.4);
  assertEquals(parseProgressFromLogs(far), null);
});

Deno.test("parseProgressFromLogs() reads no part of a number where it begins to read", () => {
  const bar = "100%|███| 10/10";
  for (let cut = 0; cut < bar.length; cut++) {
    const logs = "x".repeat(100) + bar + " ".repeat(16 * 1024 - bar.length + cut);
    const progress = parseProgressFromLogs(logs);
    assert(progress === null || progress.percentage === 1, `${cut}`);
  }
});

Deno.test("parseProgressFromLogs() stays cheap with hostile logs", () => {
  const hostile = ["%", "1%|", "1%", "|", "1%| 1/", "ing", "progress", "[00:", "\x1b[", "1%\r"];
  for (const text of hostile) parseProgressFromLogs(text.repeat(1_000_000 / text.length));
});
