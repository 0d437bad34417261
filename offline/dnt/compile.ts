/** Compiles the modules of the package with the TypeScript API. */

import ts from "typescript";
import type { Module } from "./graph.ts";
import type { BuildOptions } from "./options.ts";

/** The folder that the modules seem to be in while they are compiled. */
const ROOT = "/package/";

/** Compiles the modules into `outDir`, with declarations beside the code. */
export function compile(
  modules: Module[],
  outDir: string,
  format: "esm" | "cjs",
  check: boolean,
  { target = "ES2022", lib, noUncheckedIndexedAccess = false }: NonNullable<
    BuildOptions["compilerOptions"]
  > = {},
): void {
  const esm = format === "esm";
  const compilerOptions: ts.CompilerOptions = {
    strict: true,
    noUncheckedIndexedAccess,
    target: ts.ScriptTarget[target],
    // dnt's default: the target alone, without the DOM.
    lib: (lib ?? [target]).map((name) => `lib.${name.toLowerCase()}.d.ts`),
    types: [],
    module: esm ? ts.ModuleKind.ES2022 : ts.ModuleKind.CommonJS,
    moduleResolution: esm ? ts.ModuleResolutionKind.Bundler : ts.ModuleResolutionKind.Node10,
    esModuleInterop: false,
    isolatedModules: true,
    useDefineForClassFields: true,
    declaration: true,
    noEmitOnError: false,
    skipLibCheck: true,
    rootDir: ROOT,
    outDir,
  };
  const program = ts.createProgram({
    rootNames: modules.map(({ path }) => ROOT + path),
    options: compilerOptions,
    host: hostFor(modules, compilerOptions),
  });
  const diagnostics = check ? [...ts.getPreEmitDiagnostics(program)] : [];
  diagnostics.push(...program.emit().diagnostics);
  if (diagnostics.length > 0) {
    const text = ts.formatDiagnostics(diagnostics, {
      getCanonicalFileName: (name) => name,
      getCurrentDirectory: () => ROOT,
      getNewLine: () => "\n",
    });
    throw new Error(`Cannot compile the package as ${esm ? "ES modules" : "CommonJS"}:\n${text}`);
  }
}

/** TypeScript's own host, which finds our modules in memory and its libraries on the disk. */
function hostFor(modules: Module[], compilerOptions: ts.CompilerOptions): ts.CompilerHost {
  const texts = new Map(modules.map(({ path, text }) => [ROOT + path, text]));
  const host = ts.createCompilerHost(compilerOptions);
  const onDisk = { fileExists: host.fileExists, readFile: host.readFile };
  const isOurs = (name: string): boolean => name.startsWith(ROOT);
  host.fileExists = (name) => isOurs(name) ? texts.has(name) : onDisk.fileExists(name);
  host.readFile = (name) => isOurs(name) ? texts.get(name) : onDisk.readFile(name);
  host.directoryExists = () => true;
  host.getCurrentDirectory = () => ROOT;
  host.getSourceFile = (name, languageVersion) => {
    const text = host.readFile(name);
    return text === undefined ? undefined : ts.createSourceFile(name, text, languageVersion);
  };
  return host;
}
