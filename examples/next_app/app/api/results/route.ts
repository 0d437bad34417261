/** The results that webhooks have brought. */

import { results } from "../../../lib/replicate";

export const dynamic = "force-dynamic";

export function GET(): Response {
  return Response.json([...results.values()]);
}
