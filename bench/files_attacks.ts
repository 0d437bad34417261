/**
 * Times what strangers can put into inputs, outputs and the names and types of files, at 64 KiB, 1 MiB and
 * 10 MiB: time must grow with the size, and not faster. `deno run --allow-all bench/files_attacks.ts`
 */

import { type Attack, timeAttacks } from "./attacks.ts";
import { isFileUrl } from "../src/files/address.ts";
import { parseDataUri } from "../src/files/data_uri.ts";
import { allFiles, decodeOutput } from "../src/files/decode.ts";
import { foreignType } from "../src/files/file_input.ts";
import { Walk } from "../src/files/input_json.ts";
import { foreignName, suggestedName, typeOfName } from "../src/files/names.ts";
import { createSend } from "../src/http/send.ts";

const send = createSend({ auth: "r8_bench", fetch: () => Promise.reject(new Error("no request")) });

/** A value from its JSON, with an object around it. */
function input(json: string): object {
  return JSON.parse(`{"a":${json}}`);
}

/** As many levels as an input may have, each with its share of the values. */
function deepAndWide(size: number): object {
  const values = "1,".repeat(size / 2 / 400);
  return input(`[${values}`.repeat(400) + "1" + "]".repeat(400));
}

function walk(value: object): void {
  try {
    new Walk("input", value);
  } catch { /* it is too deep */ }
}

/** Each attack makes its value first, and returns what is to be timed. */
const attacks: Record<string, Attack> = {
  "input: nested lists": (size) => {
    const value = input("[".repeat(size / 2) + "]".repeat(size / 2));
    return () => walk(value);
  },
  "input: 400 levels of values": (size) => {
    const value = deepAndWide(size);
    return () => walk(value);
  },
  "input: many objects": (size) => {
    const value = input(`[${'{"b":1},'.repeat(size / 8)}1]`);
    return () => walk(value);
  },
  "input: files below a long key": (size) => {
    const value = { ["k".repeat(size / 2)]: Array.from({ length: size / 256 }, () => new Blob()) };
    return () => walk(value);
  },
  "output: nested lists": (size) => {
    const value = input("[".repeat(size / 2) + "]".repeat(size / 2));
    return () => decodeOutput(send, value);
  },
  "output: many URLs": (size) => {
    const value = Array(size / 32).fill("https://replicate.delivery/a.png");
    return () => allFiles(decodeOutput(send, value)).length;
  },
  "output: one long URL": (size) => {
    const text = `https://${"a.".repeat(size / 2)}`;
    return () => isFileUrl(send, text);
  },
  "output: a data: URL without an end": (size) => {
    const text = `data:a/b;base64,${"A".repeat(size)}!`;
    return () => [isFileUrl(send, text), parseDataUri(text)?.size];
  },
  "output: data: URL of semicolons": (size) => {
    const text = `data:${";base64".repeat(size / 7)}`;
    return () => [isFileUrl(send, text), parseDataUri(text)];
  },
  "name: dots": (size) => {
    const name = ".".repeat(size);
    return () => [foreignName(name), suggestedName(name), typeOfName(name)];
  },
  "name: dots, letters and a space": (size) => {
    const name = `${".a".repeat(size / 2)} `;
    return () => [foreignName(name), suggestedName(name), typeOfName(name)];
  },
  "type: semicolons and spaces": (size) => {
    const type = `a/b${" ; ".repeat(size / 3)}`;
    return () => foreignType(type);
  },
};

await timeAttacks(attacks);
