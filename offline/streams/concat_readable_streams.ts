/** One stream that gives the chunks of the first, then those of the second, and so on. */
export function concatReadableStreams<T>(...streams: ReadableStream<T>[]): ReadableStream<T> {
  let at = 0;
  return new ReadableStream<T>({
    async pull(controller): Promise<void> {
      for (; at < streams.length; at++) {
        const reader = streams[at]!.getReader();
        const { done, value } = await reader.read();
        reader.releaseLock();
        if (!done) return controller.enqueue(value);
      }
      controller.close();
    },
    async cancel(reason): Promise<void> {
      await Promise.allSettled(streams.map((stream) => stream.cancel(reason)));
    },
  });
}
