/** The error answers of the API, and the JSON that answers are written as. */

/** One complaint about a field, as the API words it. */
export interface InvalidField {
  /** The kind of complaint, such as `required` or `number_lte`. */
  readonly type: string;
  /** The dotted path of the field, such as `input.steps`, or `""` for the body itself. */
  readonly field: string;
  /** The complaint in words. */
  readonly description: string;
}

/** An error answer of the API, thrown by a handler or a function that it calls. */
export class ErrorAnswer extends Error {
  override readonly name = "ErrorAnswer";
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * Makes an error answer.
   *
   * @param status The status.
   * @param detail The `detail` of the body.
   * @param more Further fields and headers; `bare` leaves out the `status` of the body, and the
   * content type of problems.
   */
  constructor(
    status: number,
    detail: string,
    more: { body?: Record<string, unknown>; headers?: Record<string, string>; bare?: boolean } = {},
  ) {
    super(detail);
    this.status = status;
    this.body = { detail, ...(more.bare ? {} : { status }), ...more.body };
    this.headers = {
      "content-type": more.bare ? "application/json" : "application/problem+json",
      ...more.headers,
    };
  }

  toResponse(): Response {
    return json(this.body, this.status, this.headers);
  }
}

/** The 422 for a body that breaks its schema. */
export function invalid(fields: readonly InvalidField[]): ErrorAnswer {
  const line = ({ field, description }: InvalidField): string =>
    `- ${field === "" ? "" : `${field}: `}${description}\n`;
  return new ErrorAnswer(422, fields.map(line).join(""), {
    body: { title: "Input validation failed", invalid_fields: fields },
  });
}

/** The 422 for a version that does not exist, or that the caller may not run. */
export function badVersion(): ErrorAnswer {
  const detail =
    "The specified version does not exist (or perhaps you don't have permission to use it?)";
  return new ErrorAnswer(422, detail, { body: { title: "Invalid version or not permitted" } });
}

/** The greatest number of names that an answer lists. */
const NAMED = 8;

/**
 * The 404 for something that does not exist, such as `"The model"`.
 *
 * @param names The names of those that the fake has, for things that a test has to define.
 */
export function notFound(what: string, names?: Iterable<string>): ErrorAnswer {
  return new ErrorAnswer(404, `${what} was not found.${names ? ` ${listed([...names])}` : ""}`);
}

function listed(names: string[]): string {
  if (names.length === 0) return "This FakeReplicate has none";
  const more = names.length > NAMED ? ` and ${names.length - NAMED} more` : "";
  return `This FakeReplicate has ${names.slice(0, NAMED).join(", ")}${more}`;
}

/** A JSON answer. */
export function json(
  body: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  return new Response(bytes, {
    status,
    headers: {
      "content-type": "application/json",
      "content-length": String(bytes.length),
      ...headers,
    },
  });
}
