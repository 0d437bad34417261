/** esbuild from npm, with the part of its types that is used here. */

const VERSION = "0.28.2";

/** Options of `build`. */
export interface BuildOptions {
  [option: string]: unknown;
  platform?: "neutral" | "browser";
  format?: "esm" | "cjs";
}

/** The result of `build`. */
export interface BuildResult {
  warnings: { text: string; location?: { file: string } | null }[];
  outputFiles: { path: string; contents: Uint8Array<ArrayBuffer> }[];
  metafile: Metafile;
}

/** The files that went into a bundle. */
export interface Metafile {
  outputs: Record<string, { inputs: Record<string, { bytesInOutput: number }> }>;
}

/** The module, as far as it is used here. */
export interface Esbuild {
  build(options: BuildOptions): Promise<BuildResult>;
  stop(): Promise<void>;
}

/** Loads it. It runs until `stop()`. */
export async function loadEsbuild(): Promise<Esbuild> {
  // By a name that is put together here: a type checker would load the types of Node with it.
  const { build, stop } = await import(`npm:esbuild@${VERSION}`);
  return {
    stop,
    // Without the paths of a tsconfig.json or a package.json above.
    build: (options) => build({ bundle: true, logLevel: "silent", tsconfigRaw: "{}", ...options }),
  };
}
