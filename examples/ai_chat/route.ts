/** The route of a Next app: `app/api/chat/route.ts`. The token is in `REPLICATE_API_TOKEN`. */
import { Client } from "@x/replicate";
import { chat } from "./chat.ts";

/** Answers a message of the page. */
export const POST: (request: Request) => Promise<Response> = chat(
  new Client(),
  "meta/meta-llama-3-70b-instruct",
);
