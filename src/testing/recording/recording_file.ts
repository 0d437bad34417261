/** Writes a recording when something new is there, one write at a time. */

/** A file that is written again and again. */
export class RecordingFile {
  readonly #write: () => Promise<void>;
  #running: Promise<void> | undefined;
  #isStale = false;
  #failure: unknown;

  /** `write` writes the whole file. */
  constructor(write: () => Promise<void>) {
    this.#write = write;
  }

  /** The error of the last write, if it failed. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Writes the file, now or after the write that is under way. The error is kept for `flush()`. */
  touch(): void {
    this.#isStale = true;
    this.#running ??= this.#run();
  }

  /** Resolves when the newest state is written; rejects if that failed. */
  async flush(): Promise<void> {
    this.touch();
    await this.#running;
    if (this.#failure !== undefined) throw this.#failure;
  }

  async #run(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      this.#failure = await this.#write().then(() => undefined, (error: unknown) => error);
    }
    this.#running = undefined;
  }
}
