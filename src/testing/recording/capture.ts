/** Takes the body of an answer down while its reader reads it. */

import { encodeBase64 } from "@std/encoding";
import { concatBytes } from "../../base/bytes.ts";
import { type Hash, sha256 } from "../../base/runtime.ts";
import { parsed } from "../../base/text.ts";
import { readerOf, withBody } from "../../http/body.ts";
import { EventCuts } from "./event_cuts.ts";
import type { Scrubber } from "./scrub.ts";
import type { RecordedAnswer, RecordedEvent } from "./types.ts";

type Chunk = Uint8Array<ArrayBuffer>;
type Body = Pick<RecordedAnswer, "json" | "text" | "base64" | "events" | "omitted">;

/** The end of a body: only of a whole one nothing is recorded. */
type End = "cut" | "left" | "whole";

/** The way that a body is recorded, by its media type. */
type Kind = "json" | "events" | "text" | "file";

/** The terms of a capture. */
export interface CaptureOptions {
  /** The size up to which a file or a text is kept, in bytes. */
  readonly maxBody: number;
  /** The time since the headers, in milliseconds; absent if no times are recorded. */
  readonly elapsed?: (() => number) | undefined;
  /** Called when the body has ended, in whatever way. */
  readonly onEnd: () => void;
}

/** The body of one answer, as far as it was read. */
export class Capture {
  /** The answer for the reader. It has the same chunks at the same time. */
  readonly response: Response;
  /** The end of a body that did not come whole. At first the program has not read it all. */
  #ended: End = "left";
  readonly #options: CaptureOptions;
  readonly #kind: Kind;
  readonly #pieces: Chunk[] = [];
  readonly #cuts = new EventCuts();
  readonly #hash: Hash | undefined;
  #size = 0;

  constructor(response: Response, options: CaptureOptions) {
    this.#options = options;
    this.#kind = kindOf(response.headers.get("content-type") ?? "");
    this.#hash = this.#isBounded ? sha256() : undefined;
    this.response = response.body === null ? response : this.#through(response);
    if (response.body === null) this.#ended = "whole";
  }

  /** `true` for an event stream, which may go on for ever. */
  get isEndless(): boolean {
    return this.#kind === "events";
  }

  /** The body and its end, without secrets. */
  describe(scrubber: Scrubber): Body & Pick<RecordedAnswer, "ended"> {
    const body = this.#body(scrubber);
    return this.#ended === "whole" ? body : { ...body, ended: this.#ended };
  }

  /** Text that is too long is a matter of files; JSON is what the program works with. */
  get #isBounded(): boolean {
    return this.#kind === "file" || this.#kind === "text";
  }

  #body(scrubber: Scrubber): Body {
    if (this.#kind === "events") {
      const events = this.#cuts.all();
      return {
        events: events.map((it): RecordedEvent => ({ ...it, text: scrubber.text(it.text) })),
      };
    }
    if (this.#size === 0) return {};
    if (this.#isBounded && this.#size > this.#options.maxBody) {
      // Copied, as a hash can be asked only once.
      const digest = this.#ended === "whole" ? this.#digest() : undefined;
      return { omitted: { size: this.#size, ...(digest && { sha256: digest }) } };
    }
    const bytes = concatBytes(this.#pieces);
    if (this.#kind === "file") return { base64: encodeBase64(bytes) };
    const text = new TextDecoder().decode(bytes);
    const json = this.#kind === "json" ? parsed(text) : undefined;
    return json === undefined ? { text: scrubber.text(text) } : { json: scrubber.json(json) };
  }

  #digested: string | undefined;

  #digest(): string | undefined {
    return this.#digested ??= this.#hash?.digest("hex");
  }

  #add(piece: Chunk): void {
    this.#size += piece.length;
    if (this.#kind === "events") return this.#cuts.add(piece, this.#options.elapsed?.());
    this.#hash?.update(piece);
    if (!this.#isBounded || this.#size <= this.#options.maxBody) this.#pieces.push(piece);
    else this.#pieces.length = 0;
  }

  #end(how: End): void {
    this.#ended = how;
    this.#options.onEnd();
  }

  #through(response: Response): Response {
    const reader = readerOf(response);
    const stream = new ReadableStream<Chunk>({
      pull: async (controller): Promise<void> => {
        let piece: Chunk | undefined;
        try {
          piece = await reader.read();
        } catch (error) {
          this.#end("cut");
          throw error;
        }
        if (piece) {
          // A copy, as its reader may hand the buffer on.
          this.#add(piece.slice());
          return controller.enqueue(piece);
        }
        this.#end("whole");
        controller.close();
      },
      cancel: (reason): void => {
        // Clients leave a stream at its last event, without a look at what comes then.
        this.#end(this.#cuts.isDone ? "whole" : "left");
        reader.close(reason);
      },
    }, { highWaterMark: 0 });
    return withBody(response, stream);
  }
}

function kindOf(type: string): Kind {
  if (/\bjson\b/i.test(type)) return "json";
  if (/^text\/event-stream/i.test(type)) return "events";
  return /^text\//i.test(type) ? "text" : "file";
}
