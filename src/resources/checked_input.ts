/** The check of an input before it is sent: refused, warned of, or let pass. */

import type { InputIssue, ModelCheck, Validation } from "../base/model_check.ts";
import { InputError } from "../errors.ts";
import { VALIDATIONS } from "../http/settings.ts";
import { choice } from "../base/check.ts";
import type { Send } from "../http/types.ts";

/** The options by which an input is checked; those of the client are their defaults. */
export interface CheckOptions {
  /**
   * The check of the input by the model's schema, before anything is uploaded or sent. Default: that of
   * the client.
   */
  validate?: Validation | undefined;
  /** `true` turns numeric text into a number, and back, as the schema wants. Default: as the client. */
  coerce?: boolean | undefined;
}

/**
 * The way that the input of a call is checked; `undefined` where nobody has asked for one.
 *
 * @throws {TypeError} If there is none of this name.
 */
export function validationOf(send: Send, { validate }: CheckOptions): Validation | undefined {
  const wanted = validate ?? send.options?.validate;
  return wanted === undefined ? undefined : choice(wanted, VALIDATIONS, "validate");
}

/**
 * The input as it is sent.
 *
 * @param action The verb phrase for the message: `Cannot <action>: ...`.
 * @throws {InputError} If it does not fit the schema, and the check is strict.
 */
export function checkedInput(
  send: Send,
  check: ModelCheck,
  action: string,
  given: object,
  options: CheckOptions,
): object {
  const mode = validationOf(send, options) ?? "strict";
  if (mode === "off") return given;
  const { input, issues } = check.input(given, options.coerce ?? send.options?.coerce);
  if (issues.length === 0) return input;
  const message = `Cannot ${action}: ${issues.map(textOf).join("; ")}`;
  if (mode === "strict") throw new InputError(message, issues);
  send.options?.onWarning?.(message);
  return input;
}

function textOf({ path, message, suggestion }: InputIssue): string {
  const text = message.startsWith(path) ? message : `${path}: ${message}`;
  return suggestion === undefined ? text : `${text} (${suggestion})`;
}
