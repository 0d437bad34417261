/** A line on stderr that shows progress, in a terminal only. */

import type { Io } from "./io.ts";
import { columnsOf, fitted, harmless } from "./terminal.ts";

/** The most columns of the bar itself. */
const WIDEST = 30;
/** The width where a terminal does not tell its own. */
const USUAL = 80;

/** The state that a bar shows. */
export interface BarState {
  /** The share that is done, from 0 to 1; `undefined` if it is not known. */
  readonly share?: number | undefined;
  /** The words beside it. */
  readonly label: string;
}

/** A line that is drawn again and again, and gone when it is stopped. */
export class Bar {
  readonly #io: Io;
  readonly #isShown: boolean;
  readonly #signs: readonly [full: string, empty: string];
  #state: BarState | undefined;
  #isDrawn = false;
  #shown = "";
  #timer: ReturnType<typeof setInterval> | undefined;
  #unlisten = (): void => {};
  #since = 0;
  #isOver = false;

  /** Draws nothing yet. */
  constructor(io: Io) {
    this.#io = io;
    this.#isShown = io.stderr.isTTY && io.env.TERM !== "dumb";
    const { LC_ALL, LC_CTYPE, LANG } = io.env;
    const isUnicode = io.platform !== "linux" || /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || "");
    this.#signs = isUnicode ? ["█", "░"] : ["#", "-"];
  }

  /** Shows a state, and counts the seconds. */
  update(state: BarState): void {
    if (!this.#isShown || this.#isOver) return;
    if (!this.#state) {
      this.#since ||= this.#io.now();
      this.#unlisten = this.#io.onResize(() => this.#draw());
      this.#timer = setInterval(() => this.#draw(), 1000);
    }
    this.#state = state;
    this.#draw();
  }

  /** Takes the line away, until the next draw: something else is printed. */
  clear(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    this.#write("\r\x1b[K");
  }

  /** Takes the line away for good: what comes later is not shown. */
  end(): void {
    this.stop();
    this.#isOver = true;
  }

  /** Takes the line away, and the clock back. */
  stop(): void {
    this.clear();
    this.#unlisten();
    clearInterval(this.#timer);
    this.#state = undefined;
  }

  #draw(): void {
    if (!this.#state) return;
    const { share, label } = this.#state;
    // One column stays free: a full line would wrap in some terminals.
    const columns = (this.#io.stderr.columns ?? USUAL) - 1;
    const seconds = Math.max(0, Math.floor((this.#io.now() - this.#since) / 1000));
    const text = `${harmless(label)}  ${clock(seconds)}`;
    const percent = share === undefined ? "" : `${Math.floor(share * 100)}%`.padStart(4);
    const width = Math.min(WIDEST, columns - columnsOf(text) - percent.length - 3);
    const bar = share === undefined || width < 5 ? "" : this.#bar(share, width);
    const line = [bar, percent, text].filter((it) => it !== "").join(" ");
    const shown = fitted(line, columns);
    if (this.#isDrawn && shown === this.#shown) return;
    this.#isDrawn = true;
    this.#shown = shown;
    this.#write(`\r\x1b[K${shown}`);
  }

  #bar(share: number, width: number): string {
    const [full, empty] = this.#signs;
    const count = Math.round(Math.min(Math.max(share, 0), 1) * width);
    return full.repeat(count) + empty.repeat(width - count);
  }

  #write(text: string): void {
    this.#io.stderr.write(text).catch(() => {});
  }
}

/** Seconds as `1:05` or `1:01:05`. */
export function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((it) => String(it));
  const hours = Math.floor(seconds / 3600);
  const [minutes = "", rest = ""] = parts;
  const tail = rest.padStart(2, "0");
  return hours > 0 ? `${hours}:${minutes.padStart(2, "0")}:${tail}` : `${minutes}:${tail}`;
}
