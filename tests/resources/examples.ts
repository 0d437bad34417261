/** Compiles the document's examples of answers as values of the types that the methods return. */

import ts from "typescript";
import type { Operation } from "../openapi/document.ts";

const FOLDER = new URL(".", import.meta.url).pathname;
const FILE = `${FOLDER}examples_of_the_document.ts`;

/** Each example of an answer that a document has, as TypeScript. */
export function examplesOf(operations: Operation[]): { id: string; code: string }[] {
  return operations.flatMap(({ id, description, responses }) => {
    const fences = description.matchAll(/The response will be [^`]*?:\n\n```json\n(.*?)```/gs);
    // What the document leaves out as `{...}` is no example of anything.
    const codes = [...fences].map(([, text]) =>
      text!.replaceAll("{...}", "undefined as never").replaceAll("[...]", "[]")
    );
    for (const { content } of Object.values(responses)) {
      for (const { example } of Object.values(content ?? {})) {
        if (example !== undefined) codes.push(JSON.stringify(example, null, 2));
      }
    }
    return codes.map((code) => ({ id, code }));
  });
}

/** Compiles examples, and gives the errors, each with the name of its method. */
export function compileExamples(examples: { id: string; code: string }[]): string[] {
  const lines = examples.map(({ id, code }, index) => {
    const type = id.split(".").map((name) => `["${name}"]`).join("");
    return `export const e${index}: Awaited<ReturnType<Api${type}>> = ${code.trim()};\n`;
  });
  const text = ['import type { Api } from "./api.ts";\n', ...lines].join("");
  const options: ts.CompilerOptions = {
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile } = host;
  host.fileExists = (name) => name === FILE || fileExists(name);
  host.readFile = (name) => name === FILE ? text : readFile(name);
  const program = ts.createProgram([FILE], options, host);
  const source = program.getSourceFile(FILE)!;
  const starts = lines.map((line) => text.indexOf(line));
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)]
    .map(({ start, messageText }) => {
      const index = starts.findLastIndex((at) => at <= (start ?? 0));
      return `${examples[index]?.id}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
}
