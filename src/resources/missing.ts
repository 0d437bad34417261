/** The test for a 404. */

import { type ApiError, isApiError } from "../errors.ts";

/** True if an error says that there is no such thing at the API. */
export function isMissing(error: unknown): error is ApiError {
  return isApiError(error) && error.status === 404;
}
