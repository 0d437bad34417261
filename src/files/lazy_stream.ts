/** The base class of files that are streams: a `ReadableStream` that costs nothing before it is used. */

import { type Reading, streamInit } from "./bytes.ts";

/** The functions by which runtimes print a value, under the names that Deno and Node know. */
const PRINTERS: readonly string[] = ["Deno.customInspect", "nodejs.util.inspect.custom"];

/**
 * A `ReadableStream` for others to extend.
 *
 * `extends ReadableStream` would touch it when the module is loaded, which costs Node 3.5 ms, and
 * fails where there is none, as in React Native. So it is looked up for each object: what
 * `Reflect.construct` returns is a stream of the platform's own making, with a prototype of ours, and
 * passes its checks. Without a `ReadableStream`, the object is a plain one.
 */
function Stream(reading: Reading): object | undefined {
  const { ReadableStream } = globalThis as { ReadableStream?: typeof globalThis.ReadableStream };
  if (!ReadableStream) return undefined;
  if (Object.getPrototypeOf(Stream.prototype) !== ReadableStream.prototype) adopt(ReadableStream);
  return Reflect.construct(ReadableStream, streamInit(reading), new.target as never);
}

function adopt({ prototype }: typeof ReadableStream): void {
  Object.setPrototypeOf(Stream.prototype, prototype);
  // Runtimes print the state of a stream, and not the fields of what extends it.
  for (const name of PRINTERS) {
    Object.defineProperty(Stream.prototype, Symbol.for(name), { value: print, configurable: true });
  }
}

type Inspect = (value: unknown, options?: unknown) => string;

/** Deno gives `inspect` and the options; Node gives the depth, the options and `inspect`. */
function print(this: object, first: unknown, options: unknown, third?: unknown): string {
  const inspect = (typeof first === "function" ? first : third) as Inspect | undefined;
  // Not those by symbols, in which runtimes keep the state of the stream.
  const fields = Object.fromEntries(Object.entries(this));
  return `${this.constructor.name} ${inspect?.(fields, options) ?? JSON.stringify(fields)}`;
}

/**
 * The base class of {@linkcode FileOutput}: a `ReadableStream` of the platform's own, which is looked up
 * when the first one is made.
 *
 * Its type has the members that every version of the platform's types has. The iterators are left to
 * what extends it: not every version has them, so that they could not be called overrides, nor not so.
 */
export const LazyStream: new <R>(reading: object) => Pick<
  ReadableStream<R>,
  "locked" | "cancel" | "getReader" | "pipeThrough" | "pipeTo" | "tee"
> = Stream as unknown as typeof LazyStream;
