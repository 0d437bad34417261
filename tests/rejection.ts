/** Catches what a promise rejects with. */

/** The error of a failed promise, with the fields that tests look at. */
export interface Rejected extends Error {
  code?: string;
  kind?: string;
  phase?: string;
  status?: number;
}

/** Gives the value that a promise rejects with, and throws when it does not reject. */
export async function rejection<E = Rejected>(promise: PromiseLike<unknown>): Promise<E> {
  let value: unknown;
  try {
    value = await promise;
  } catch (error) {
    return error as E;
  }
  throw new Error(`Expected a rejection, got ${JSON.stringify(value)}`);
}
