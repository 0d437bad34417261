/** Names for the models of a file, and for their types: the same ones in whatever order models come. */

/** A model that needs a name. */
export interface Named {
  readonly owner: string;
  readonly name: string;
}

/** Words that cannot be the name of a constant in a module, and names that the file itself uses. */
const TAKEN: ReadonlySet<string> = new Set(
  ("arguments await break case catch class const continue debugger default delete do else enum eval " +
    "export extends false finally for function if implements import in instanceof interface let new " +
    "null package private protected public return static super switch this throw true try typeof var " +
    "void while with yield undefined NaN Infinity globalThis model trainer").split(" "),
);

/**
 * The names of constants, in the order of the models. A name is that of the model alone, as
 * `fluxSchnell`. Where two models share one, all of them get their owner's name in front.
 */
export function constantNames(models: readonly Named[]): string[] {
  const short = models.map(({ name }) => identifier(name));
  const count = countOf(short);
  const longer = models.map(({ owner, name }, index) => {
    const wanted = short[index]!;
    return count.get(wanted)! > 1 || TAKEN.has(wanted) ? identifier(`${owner}-${name}`) : wanted;
  });
  // Still the same, as `a-b/c` and `a/b-c`: by the order of their whole names.
  const used = new Set<string>();
  const names = new Map<number, string>();
  const order = [...models.keys()].sort((a, b) => compare(refOf(models[a]!), refOf(models[b]!)));
  for (const index of order) names.set(index, unused(longer[index]!, used));
  return models.map((_, index) => names.get(index)!);
}

/** A name that is not in use yet, which then is: with a number behind it where there is need. */
export function unused(wanted: string, used: Set<string>): string {
  let name = wanted;
  for (let number = 2; used.has(name) || TAKEN.has(name); number++) name = `${wanted}${number}`;
  used.add(name);
  return name;
}

/** A text as an identifier in camel case, such as `fluxSchnell` of `flux-schnell`. */
export function identifier(text: string): string {
  // "SDXL-v2" is "sdxlV2", and "FLUXDev" is "fluxDev".
  const [first = "", ...others] = wordsOf(text);
  const head = first.replace(/^[A-Z]+(?=[A-Z][a-z]|[^A-Za-z]|$)|^[A-Z]/, (it) => it.toLowerCase());
  const name = head + others.map(capital).join("") || "unnamed";
  return /^\d/.test(name) ? `model${name}` : name;
}

/** A text as the name of a type, such as `FluxSchnell` of `flux-schnell`. */
export function typeName(text: string): string {
  return wordsOf(text).map(capital).join("") || "Unnamed";
}

function wordsOf(text: string): string[] {
  return text.normalize("NFKD").split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Text order that does not depend on the machine's language. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function refOf({ owner, name }: Named): string {
  return `${owner}/${name}`;
}

function countOf(names: readonly string[]): Map<string, number> {
  const count = new Map<string, number>();
  for (const name of names) count.set(name, (count.get(name) ?? 0) + 1);
  return count;
}
