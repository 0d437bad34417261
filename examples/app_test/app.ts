/** A function of an app: it asks a model for a title, and paints a cover with it. */

import { type Client, RateLimitError } from "@x/replicate";

/** A cover that was painted. */
export interface Cover {
  title: string;
  /** The URL of the image. */
  image: string;
}

/** Makes a cover for a story, or returns `undefined` when the account is too busy for that. */
export async function makeCover(client: Client, story: string): Promise<Cover | undefined> {
  try {
    const title = await client.run("meta/meta-llama-3-8b-instruct", {
      input: { prompt: `A title for this story: ${story}` },
      timeout: "1m",
    }).text();
    const file = await client.run("black-forest-labs/flux-schnell", {
      input: { prompt: title },
      timeout: "1m",
    }).file();
    return { title, image: file.href };
  } catch (error) {
    if (error instanceof RateLimitError) return undefined;
    throw error;
  }
}
