/** Handlers of webhooks in the trace of the run that they tell of. */

import { errorType } from "./attributes.ts";
import { checkTraceOptions } from "./options.ts";
import { startSpan, urlTraceparent } from "./parent.ts";
import type { TraceOptions } from "./types.ts";

/** The kind of a span that takes a message. */
const CONSUMER = 4;
/** The status of a span that failed. */
const ERROR = 2;

/**
 * A handler of webhooks that is a span. It goes on from the span of the run, if that was made by a client
 * of {@linkcode traced}: the URL of its webhook has the `traceparent`.
 *
 * @param handler The handler, such as `webhookHandler` makes.
 * @param options The tracer, and more.
 * @throws {TypeError} If the handler or the tracer is missing.
 *
 * @example
 * ```ts
 * import { tracedHandler } from "@x/replicate/trace";
 * import { webhookHandler } from "@x/replicate/webhooks";
 * import { trace } from "npm:@opentelemetry/api@1.9.1";
 * import { assertEquals } from "@std/assert";
 *
 * const handler = tracedHandler(
 *   webhookHandler({ secret: "whsec_c2VjcmV0", on: { completed: () => {} } }),
 *   { tracer: trace.getTracer("app") },
 * );
 * const request = new Request("https://app.example/hooks", { method: "POST", body: "{}" });
 * assertEquals((await handler(request)).status, 401);
 * ```
 */
export function tracedHandler<A extends unknown[]>(
  handler: (request: Request, ...rest: A) => Promise<Response>,
  options: TraceOptions,
): (request: Request, ...rest: A) => Promise<Response> {
  if (typeof handler !== "function") {
    throw new TypeError("Cannot trace: give a handler of webhooks, as webhookHandler() makes it");
  }
  checkTraceOptions(options);
  const kind = { kind: CONSUMER, attributes: { "gen_ai.provider.name": "replicate" } };
  return async (request, ...rest) =>
    await startSpan(
      options,
      "replicate webhook",
      kind,
      urlTraceparent(request.url),
      async (span) => {
        try {
          const response = await handler(request, ...rest);
          span.setAttributes({ "http.response.status_code": response.status });
          if (response.status >= 500) span.setStatus({ code: ERROR });
          return response;
        } catch (error) {
          span.setAttributes({ "error.type": errorType(error) });
          span.setStatus({ code: ERROR });
          throw error;
        } finally {
          span.end();
        }
      },
    );
}
