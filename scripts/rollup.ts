/** Rollup from npm, with the part of its types that is used here. */

const VERSION = "4.68.4";

/** What goes in. */
export interface InputOptions {
  /** The modules to start from, by the names of the files that they become. */
  input: Record<string, string>;
  plugins: InputPlugin[];
  /** Called for what may be wrong. */
  onwarn?: (warning: { message: string }) => void;
}

/** A step after a module is read. */
export interface InputPlugin {
  name: string;
  transform(this: { parse(code: string): Node }, code: string): string;
}

/** A step before a file is written. */
export interface OutputPlugin {
  name: string;
  renderChunk(this: { parse(code: string): Node }, code: string): string;
}

/** A piece of the syntax tree: this much is known of each. */
export interface Node {
  type: string;
  start: number;
  end: number;
  [key: string]: unknown;
}

/** What is known of a module. */
export interface ModuleInfo {
  isEntry: boolean;
  /** The modules that import it. */
  importers: readonly string[];
}

/** How it goes out. */
export interface OutputOptions {
  format: "es" | "cjs";
  dir: string;
  chunkFileNames: string;
  /** Whether what chunks share gets names of one letter. */
  minifyInternalExports: boolean;
  /** Whether a file imports what its imports import, so that all are asked for at once. */
  hoistTransitiveImports: boolean;
  generatedCode: { preset: "es2015"; symbols: boolean };
  /** Whether CommonJS says that it was an ES module. */
  esModule: boolean;
  /** The name of the chunk that a module goes to; `undefined` if it stays with what needs it. */
  manualChunks: (
    id: string,
    graph: { getModuleInfo(id: string): ModuleInfo | null },
  ) => string | undefined;
  plugins: OutputPlugin[];
}

/** Modules that were read. */
export interface Bundle {
  write(options: OutputOptions): Promise<unknown>;
  close(): Promise<void>;
}

/** Loads it. */
export async function loadRollup(): Promise<(options: InputOptions) => Promise<Bundle>> {
  // The WebAssembly of it: native code would need one more permission. By a name that is put together
  // here: a type checker would load the types of Node with it.
  const { rollup } = await import(`npm:@rollup/wasm-node@${VERSION}`);
  return rollup;
}
