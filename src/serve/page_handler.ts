/** The frame around what pages ask for: every request gets an answer that its page can read. */

import { checkRequest } from "../webhooks/node.ts";
import { type AllowedSites, finish } from "./origin.ts";
import { answerTo } from "./refusal.ts";
import type { Handler } from "./types.ts";

/** Makes a handler of a function that answers or throws. */
export function pageHandler(
  route: Handler,
  sites: AllowedSites,
  onError: ((error: unknown, request: Request) => unknown) | undefined,
): Handler {
  const handle: Handler = async (request, context) => {
    let answer: Response;
    try {
      answer = await route(request, context);
    } catch (error) {
      answer = answerTo(error, request, onError);
    }
    return finish(request, answer, sites);
  };
  return (request, context) => {
    checkRequest(request);
    return handle(request, context);
  };
}
