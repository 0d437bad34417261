/** The interface by which a program adds the types of models to their names. */

/**
 * The types of models by their names, for people who like strings. It is empty until a program adds to
 * it: `deno task types --registry` writes the block that does.
 *
 * A name that is in it is as typed as a model value: `client.run("owner/name", ...)` refuses a wrong
 * input when it is compiled, and its output needs no cast.
 */
// deno-lint-ignore no-empty-interface
export interface ModelRegistry {}
