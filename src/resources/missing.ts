/** The test for a 404. */

import { ApiError } from "../errors.ts";

/** True if an error says that there is no such thing at the API. */
export function isMissing(error: unknown): error is ApiError {
  return error instanceof ApiError && error.status === 404;
}
