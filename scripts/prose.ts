/**
 * Checks the prose of the library, as far as a machine can: the line at the head of each file, how doc
 * comments begin, and the form of error messages.
 *
 * `deno run -A scripts/prose.ts src/run` checks a folder; without arguments it checks everything.
 *
 * @module
 */
import ts from "typescript";
import {
  docComments,
  leadingDocs,
  type Offence,
  readSources,
  report,
  type SourceFile,
} from "./sources.ts";

/**
 * First words of a clause that hangs in the air, as in "What the server said". Most are right in the
 * middle of a sentence, so only the start of a doc comment and of its tags is looked at.
 */
const HANGING = /^(What|How|Whether|Where|Who|Whose|Which|Of|As|Told|Made|So)\b/;

/** Tags whose text describes something, with the name that stands before the text. */
const TAG = /^@(?:param\s+\S+|returns?|throws(?:\s+\{[^}]*\})?|default)(?:\s+-)?\s+/;

/** Classes that are given a code and a reason, and write "Cannot <do>: " before the reason. */
const BY_REASON = /^(WebhookError|WatchError)$/;

/** A reason, as it stands behind "Cannot <do>: ". */
const REASON = /^[^A-Z]/;

/** Files whose errors have another form too, and the form. */
const EXCEPTIONS: Record<string, RegExp> = {
  // Caught where they are thrown, or handed on as the reason of something else.
  "src/serve/watch.ts": REASON,
  "src/webhooks/node.ts": REASON,
  // A caller catches these, and writes "Cannot send <path>: " before the reason.
  "src/files/bytes.ts": REASON,
  "src/files/content.ts": REASON,
  "src/files/download.ts": REASON,
  "src/files/source.ts": REASON,
  "src/webhooks/body.ts": REASON,
  // Errors of the platform's fetch, as Node words them.
  "src/testing/faults.ts": /^(fetch failed|terminated)$/,
  "src/testing/in_process.ts": /^(fetch failed|the body cannot be sent again)$/,
};

const CONTRACTION =
  /\b(?:\w+n['’]t|(?:I|it|that|there|he|she|we|you|they|let)['’](?:s|re|ve|ll|d|m))\b/i;

/** Every offence against these rules, file by file. */
export function checkProse(files: Iterable<SourceFile>): Offence[] {
  return [...files].flatMap(checkFile);
}

function checkFile({ path, text }: SourceFile): Offence[] {
  const offences: Offence[] = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const report = (position: number, message: string): void => {
    const { line } = source.getLineAndCharacterOfPosition(position);
    offences.push({ path, line: line + 1, message });
  };
  if (!hasHead(source)) {
    const message = "has no head: open it with a line /** ... */ that says what the file is for, " +
      "apart from the comment of its first declaration";
    offences.push({ path, line: 0, message });
  }
  for (const { pos, end } of docComments(source)) {
    for (const start of startsOf(text.slice(pos, end))) {
      const [word] = HANGING.exec(start) ?? [];
      if (word === undefined) continue;
      report(pos, `a doc comment begins with "${word}": write a sentence or a noun phrase instead`);
    }
  }
  const visit = (node: ts.Node): void => {
    for (const { message, isReason } of messagesOf(node)) {
      checkMessage(message, isReason ? REASON : EXCEPTIONS[path], report);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return offences;
}

/** True when the file opens with a doc comment that is not that of one declaration among others. */
function hasHead(source: ts.SourceFile): boolean {
  const [first, ...others] = source.statements;
  const docs = leadingDocs(source, first ?? source.endOfFileToken);
  if (!/^(#!.*\n)?\s*\/\*\*/.test(source.text)) return false;
  const isApart = /^\s*\n\s*\n/.test(source.text.slice(docs[0]?.end));
  return isApart || docs.length > 1 || others.length === 0 || !first ||
    ts.isImportDeclaration(first) || ts.isExportDeclaration(first);
}

/** The texts that a comment begins with: its own, and that of each of its tags. */
function startsOf(comment: string): string[] {
  const plain = comment.replace(/^\/\*\*\s*|\s*\*\/$/g, "").replace(/^[ \t]*\*[ \t]?/gm, "");
  const tags = plain.split("\n").filter((line) => TAG.test(line));
  return [plain, ...tags.map((line) => line.replace(TAG, ""))].map((it) => it.trim());
}

/** The messages in a `new SomeError(message)`, each that it chooses from. */
function messagesOf(node: ts.Node): { message: ts.Expression; isReason: boolean }[] {
  if (!ts.isNewExpression(node)) return [];
  const name = ts.isPropertyAccessExpression(node.expression)
    ? node.expression.name
    : node.expression;
  if (!ts.isIdentifier(name) || !name.text.endsWith("Error")) return [];
  const isReason = BY_REASON.test(name.text);
  const given = node.arguments?.[isReason ? 1 : 0];
  return given ? alternatives(given).map((message) => ({ message, isReason })) : [];
}

function alternatives(node: ts.Expression): ts.Expression[] {
  if (ts.isParenthesizedExpression(node)) return alternatives(node.expression);
  if (!ts.isConditionalExpression(node)) return [node];
  return [...alternatives(node.whenTrue), ...alternatives(node.whenFalse)];
}

function checkMessage(
  node: ts.Expression,
  otherForm: RegExp | undefined,
  report: (position: number, message: string) => void,
): void {
  const text = textOf(node);
  // A variable: the message is put together somewhere else.
  if (text === VALUE) return;
  const tell = (rule: string): void =>
    report(node.getStart(), `the message of an error ${rule}, as in "Cannot <do>: <why>"`);
  if (!text.startsWith("Cannot ") && !otherForm?.test(text)) {
    tell('begins with "Cannot " (or is named in EXCEPTIONS of scripts/prose.ts)');
  }
  if (text.endsWith(".")) tell("ends without a full stop");
  const [contraction] = CONTRACTION.exec(text) ?? [];
  if (contraction) tell(`has no contractions such as "${contraction}"`);
}

/** Stands for a part of a text that is worked out. */
const VALUE = "\u2026";

/** The text as it is written down, with {@linkcode VALUE} for each part that is worked out. */
function textOf(node: ts.Expression): string {
  if (ts.isParenthesizedExpression(node)) return textOf(node.expression);
  if (ts.isStringLiteralLike(node)) return node.text;
  if (ts.isBinaryExpression(node)) return textOf(node.left) + textOf(node.right);
  if (!ts.isTemplateExpression(node)) return VALUE;
  return node.head.text + node.templateSpans.map(({ literal }) => VALUE + literal.text).join("");
}

if (import.meta.main) {
  const paths = Deno.args.length > 0 ? Deno.args : ["mod.ts", "src"];
  const files = await readSources(paths);
  report("prose", files.length, checkProse(files));
}
