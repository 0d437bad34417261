/** One complaint about a field, as the API words it. */
export interface InvalidField {
  /** What kind of complaint, such as `required` or `number_lte`. */
  readonly type: string;
  /** Where: a dotted path such as `input.steps`, or `""` for the body itself. */
  readonly field: string;
  /** The complaint in words. */
  readonly description: string;
}

/** An error answer of the API; thrown by whoever handles a request. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

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
export function invalid(fields: readonly InvalidField[]): Problem {
  const line = ({ field, description }: InvalidField): string =>
    `- ${field === "" ? "" : `${field}: `}${description}\n`;
  return new Problem(422, fields.map(line).join(""), {
    body: { title: "Input validation failed", invalid_fields: fields },
  });
}

/** The 422 for a version nobody may run. */
export function badVersion(): Problem {
  const detail =
    "The specified version does not exist (or perhaps you don't have permission to use it?)";
  return new Problem(422, detail, { body: { title: "Invalid version or not permitted" } });
}

export function notFound(what: string): Problem {
  return new Problem(404, `${what} was not found.`);
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
