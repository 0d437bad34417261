/** The options of `build`, by the names that dnt gives them. */

/** A module that users import, and the name they import it by. */
export interface EntryPoint {
  /** The key in `exports` of package.json, such as `./testing`; `.` for the main one. */
  name?: string;
  /** The TypeScript file, relative to the working directory. */
  path: string;
}

/** A file for package.json; what is not named here is taken as it is. */
export interface PackageJson {
  /** The package's name on npm. */
  name: string;
  /** The package's version. */
  version: string;
  /** Any other field. */
  [field: string]: unknown;
}

/** A polyfill that dnt knows. */
export type PolyfillName =
  | "arrayFindLast"
  | "arrayFromAsync"
  | "errorCause"
  | "importMeta"
  | "objectHasOwn"
  | "promiseWithResolvers"
  | "stringReplaceAll";

/** The options of dnt's `build` that this project uses. */
export interface BuildOptions {
  /** The modules that users import. */
  entryPoints: (string | EntryPoint)[];
  /** The folder to write to. */
  outDir: string;
  /** None are supported: the code runs everywhere as it is. */
  shims: Record<string, never>;
  /**
   * Polyfills to put in, or to leave out. Nothing is put in here; dnt asks the target about those that
   * are not named, and throws when `importMeta` is `false`, as `import.meta` is no CommonJS.
   */
  polyfills?: boolean | Partial<Record<PolyfillName, boolean>>;
  /** The fields of package.json. */
  package: PackageJson;
  /** The builds that are type-checked. Default: `"single"`, the ES modules. */
  typeCheck?: "both" | "single" | false;
  /** Must be `false`: tests are not built. */
  test: false;
  /** The place of declarations. Default: `"inline"`, beside the code; nothing else is supported. */
  declaration?: "inline";
  /** The kind of script. Default: `"cjs"`; nothing else is supported. */
  scriptModule?: "cjs";
  /** True to write ES modules. Default: `true`; nothing else is supported. */
  esModule?: true;
  /** Must be `true`: there is nothing to install. */
  skipNpmInstall: true;
  /** Must be `true`: the TypeScript is not part of the package. */
  skipSourceOutput: true;
  /** The language level of the output, and what the code may count on. */
  compilerOptions?: {
    /** The language level. Default: `"ES2022"`. */
    target?: "ES2021" | "ES2022" | "ES2023";
    /** The libraries of TypeScript. Default: that of the target. */
    lib?: ("ES2021" | "ES2022" | "ES2023" | "DOM" | "DOM.Iterable" | "ESNext.Disposable")[];
    /** True if an index may miss. Default: `false`. */
    noUncheckedIndexedAccess?: boolean;
  };
  /** Runs when all is written. */
  postBuild?: () => void | Promise<void>;
}
