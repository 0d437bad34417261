/** Options for {@linkcode TextLineStream}. */
export interface TextLineStreamOptions {
  /** Whether a lone CR ends a line too. Default: `false`. */
  allowCR?: boolean;
}

/** Cuts text into lines at LF and CRLF. */
export class TextLineStream extends TransformStream<string, string> {
  /** Makes the stream. */
  constructor(options: TextLineStreamOptions = {}) {
    // A CR at the end of the text so far may be half of a CRLF, so it waits for what follows.
    const ending = options.allowCR ? /\r\n|\n|\r(?!$)/ : /\r\n|\n/;
    let rest = "";
    super({
      transform(chunk, controller): void {
        const lines = (rest + chunk).split(ending);
        rest = lines.pop() ?? "";
        for (const line of lines) controller.enqueue(line);
      },
      flush(controller): void {
        if (options.allowCR && rest.endsWith("\r")) rest = rest.slice(0, -1);
        else if (rest === "") return;
        controller.enqueue(rest);
      },
    });
  }
}
