/** Copies an input as JSON, and notes the places of its files. */

import { can, type FileKind, fileKind } from "./kind.ts";
import { copyTo, pathOf, type Place } from "./json_copy.ts";

/** A file of the input, and its place in the copy, which is empty until it is set. */
export interface FileSlot {
  /** The place, such as `input.frames[2].mask`, for messages. */
  readonly path: string;
  /** The file as the caller gave it. */
  readonly value: object;
  readonly kind: FileKind;
  /** Puts the value that is sent for the file there. */
  set(value: unknown): void;
}

/** A copy of a value, and the files that are missing in it. */
export class Walk {
  /** The files inside, each with its place. */
  readonly files: FileSlot[] = [];
  /** The copy, complete once every slot is set. */
  value: unknown;
  readonly #promises: [Promise<unknown>, Place][] = [];

  /**
   * Copies a value.
   *
   * @param name The name of the whole in messages.
   * @throws {TypeError} If a value inside cannot be sent; the message names its place.
   */
  constructor(name: string, value: unknown) {
    copyTo({ key: name, set: (copy) => this.value = copy }, value, this.#take);
  }

  /**
   * Waits for the promises inside, if there are any. The values are copied, and may hold files and promises
   * too.
   */
  settle(): Promise<void> | undefined {
    const promises = this.#promises.splice(0);
    if (promises.length === 0) return undefined;
    const copies = promises.map(async ([promise, place]) => {
      copyTo(place, await promise, this.#take);
    });
    return Promise.all(copies).then(() => this.settle());
  }

  /** Takes files, promises, and the uploads that stand for files. */
  readonly #take = (value: object, place: Place): boolean => {
    const kind = fileKind(value);
    if (kind) {
      this.files.push({ path: pathOf(place), value, kind, set: place.set });
      return true;
    }
    if (can(value, "then")) {
      const promise = Promise.resolve(value);
      // Awaited later: it must not count as unhandled until then.
      promise.catch(() => {});
      this.#promises.push([promise, place]);
      return true;
    }
    return takeUpload(value, place);
  };
}

/** Takes a file that `files.create` has returned: its URL stands for it in an input. */
function takeUpload(value: object, { set }: Place): boolean {
  const { urls, checksums, content_type } = value as {
    urls?: { get?: unknown };
    checksums?: unknown;
    content_type?: unknown;
  };
  if (typeof content_type !== "string" || !checksums || typeof urls?.get !== "string") return false;
  set(urls.get);
  return true;
}
