/** Gives the promise's result, or rejects with the signal's reason if that comes first. */
export async function abortable<T>(p: Promise<T>, signal: AbortSignal): Promise<T> {
  let onAbort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
  });
  if (signal.aborted) onAbort();
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    return await Promise.race([aborted, p]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
