/** What a promise rejects with. */
export async function rejection<E extends Error = Error>(
  promise: PromiseLike<unknown>,
): Promise<E> {
  try {
    await promise;
  } catch (error) {
    return error as E;
  }
  throw new Error("it did not reject");
}
