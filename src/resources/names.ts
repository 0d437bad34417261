/** Names of models, versions and deployments, in each form in which a method takes them. */

/** The arguments that name a model or a deployment, and the options after them. */
export type NameArgs<O, More extends unknown[] = []> =
  | [owner: string, name: string, options?: O | undefined, ...More]
  | [name: string, options?: O | undefined, ...More];

/** The arguments that name a version, and the options after them. */
export type VersionArgs<O> =
  | [owner: string, name: string, version: string, options?: O | undefined]
  | [model: string, version: string, options?: O | undefined]
  | [version: string, options?: O | undefined];

/**
 * The owner, the name and the options of a call that names a model or a deployment, as `"owner/name"` or
 * by two arguments.
 *
 * @throws {TypeError} If it is neither.
 */
export function namesOf<O, More extends unknown[] = []>(
  args: NameArgs<O, More>,
): [owner: string, name: string, options: O, ...More] {
  const count = textsIn(args);
  if (count >= 2) return args as unknown as [string, string, O, ...More];
  const [, owner, name] = count === 1 ? /^([^/:]+)\/([^/:]+)$/.exec(String(args[0])) ?? [] : [];
  if (owner && name) return [owner, name, ...args.slice(1)] as [string, string, O, ...More];
  throw new TypeError(
    'Cannot build the request\'s path: give "owner/name", or the owner and the name',
  );
}

/**
 * The owner, the name, the version and the options of a call that names a version, as
 * `"owner/name:version"`, by `"owner/name"` and the version, or by three arguments.
 *
 * @throws {TypeError} If it is none of these.
 */
export function versionOf<O>(
  args: VersionArgs<O>,
): [owner: string, name: string, version: string, options: O] {
  const count = textsIn(args);
  if (count >= 3) return args as [string, string, string, O];
  const [, owner, name, version] = count > 0
    ? /^([^/:]+)\/([^/:]+)(?::([^/:]+))?$/.exec(String(args[0])) ?? []
    : [];
  if (owner && name && (version === undefined) === (count === 2)) {
    const rest = version === undefined ? args.slice(1) : [version, ...args.slice(1)];
    return [owner, name, ...rest] as unknown as [string, string, string, O];
  }
  throw new TypeError(
    'Cannot build the request\'s path: give "owner/name:version", or the owner, the name and the version',
  );
}

/** The number of texts that the arguments begin with. */
function textsIn(args: readonly unknown[]): number {
  const end = args.findIndex((value) => typeof value !== "string");
  return end < 0 ? args.length : end;
}
