/** The recipes of docs/durable.md, as they stand there. */

const DOCUMENT = new URL("../../docs/durable.md", import.meta.url);

const AsyncFunction = Object.getPrototypeOf(async () => await undefined).constructor;

/**
 * A value that a recipe defines. Its code runs as it is written, with the names that it would import.
 *
 * @param block The number of the block of code below the heading, from 1.
 */
export async function recipe<T>(
  heading: string,
  imports: Record<string, unknown>,
  gives: string,
  block = 1,
): Promise<T> {
  const text = await Deno.readTextFile(DOCUMENT);
  const section = text.split(`### ${heading}\n`)[1]?.split(/^##/m)[0] ?? "";
  const code = [...section.matchAll(/```js[^\n]*\n([^]*?)```/g)][block - 1]?.[1];
  if (code === undefined) throw new Error(`docs/durable.md has no code under ${heading}`);
  const make = new AsyncFunction(...Object.keys(imports), `${code}\nreturn ${gives};`);
  return await make(...Object.values(imports));
}
