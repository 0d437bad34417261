/**
 * What a value says that it is, such as `Blob`. Unlike `instanceof`, it also tells for what comes from
 * another realm or package.
 */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
