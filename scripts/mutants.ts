/**
 * Rules of `src` to break, one at a time, chosen where money, time or secrets are. Each names the tests
 * that have to notice. A text has to be found just once in its file: `tests/scripts/mutants_test.ts`.
 *
 * @module
 */

/** One rule, broken. */
export interface Mutant {
  /** What goes wrong then. */
  name: string;
  file: string;
  /** The text that keeps the rule. */
  from: string;
  /** The text that breaks it. */
  to: string;
  /** The tests that have to fail: files or folders. */
  tests: string[];
}

const HTTP = [
  "tests/http/closing_test.ts",
  "tests/http/retry_test.ts",
  "tests/http/send_test.ts",
  "tests/http/socket_test.ts",
  "tests/http/parts_test.ts",
  "tests/world/fetch_test.ts",
];
const LIMITER = ["tests/http/limiter_test.ts", "tests/http/rates_test.ts"];
const RUN = ["tests/run"];
const STREAM = ["tests/run/event_stream_test.ts", "tests/run"];
const BATCH = ["tests/batch"];
const HOOKS = ["tests/webhooks"];
const SERVE = ["tests/serve"];
const RESOURCES = ["tests/resources", "tests/contract_test.ts", "tests/attacks"];

function mutants(
  file: string,
  tests: string[],
  list: Record<string, readonly [from: string, to: string]>,
): Mutant[] {
  return Object.entries(list).map(([name, [from, to]]) => ({
    name,
    file: `src/${file}`,
    from,
    to,
    tests,
  }));
}

export const MUTANTS: readonly Mutant[] = [
  ...mutants("http/retry.ts", HTTP, {
    "a 429 is not sent again": [
      'if (status === 429) return "not accepted";',
      'if (status === 429) return "refused";',
    ],
    "a 408 counts as refused": ["return status === 408 || status >= 500", "return status >= 500"],
    "a 500 counts as refused": [
      "return status === 408 || status >= 500",
      "return status === 408 || status > 500",
    ],
    "an answer that cannot be read is asked for again": [
      'if (status < 400) return "foreign";',
      'if (status < 400) return "unknown";',
    ],
    "a reset counts as not accepted": [
      'return wasRefused(error.cause) ? "not accepted" : "unknown";',
      'return "not accepted";',
    ],
    "a create is sent again after a loss": [
      "return repeatable && !(error instanceof TimeoutError",
      "return !(error instanceof TimeoutError",
    ],
    "a foreign error is tried again": [
      'if (fate !== "unknown") return fate === "not accepted";',
      'if (fate !== "unknown") return fate !== "refused";',
    ],
    "a server may ask for any wait": [
      "const again = wait <= policy.maxServerWait && welcomeAt < deadline;",
      "const again = welcomeAt < deadline;",
    ],
    "a wait may pass the deadline": [
      "const again = wait <= policy.maxServerWait && welcomeAt < deadline;",
      "const again = wait <= policy.maxServerWait;",
    ],
    "the server's wait is not waited out": [
      "const early = attempts > 0 ? welcomeAt - uptime() : 0;",
      "const early = 0;",
    ],
  }),
  ...mutants("http/send.ts", [...HTTP, "tests/run"], {
    "a place of the limiter is kept after an error": [
      "    if (turn) limiter?.release(turn);",
      "    if (turn && keep) limiter?.release(turn);",
    ],
    "an attempt is not closed": ["    if (!keep) attempt.close();\n", ""],
    "an orphan is not closed": [".finally(() => attempt.close());", ";"],
    "the token goes everywhere": ["    if (toApi) {\n", "    if (call) {\n"],
    "redirects are followed": ["redirect: spec.redirect ?? redirect,", 'redirect: "follow",'],
    "a request goes out after its caller has left": [
      "  attempt.throwIfAborted();\n  call.attempts++;",
      "  call.attempts++;",
    ],
    "the attempts are not counted": ["  call.attempts++;\n", ""],
    "an output teaches the server's clock": [
      "if (call.toApi) settings.clock.observe",
      "settings.clock.observe",
    ],
  }),
  ...mutants("http/call.ts", [...HTTP, "tests/files", "tests/attacks"], {
    "a host that begins like the API's gets the token": [
      'return url.startsWith(origin) && "/?#".includes(url[origin.length] ?? "/");',
      "return url.startsWith(origin);",
    ],
    "every POST is sent again": ["/^(?:GET|DELETE|QUERY)$/", "/^(?:GET|DELETE|QUERY|POST)$/"],
    "outputs draw on the limit of the API": [
      "limiter: toApi ? settings.limiter : undefined,",
      "limiter: settings.limiter,",
    ],
  }),
  ...mutants("http/middleware.ts", HTTP, {
    "a step that sends a request elsewhere takes the token along": [
      "!call.spec.bare && isApi(settings, request.url)",
      "call.toApi",
    ],
  }),
  ...mutants("http/body.ts", HTTP, {
    "a guarded body does not close its attempt at the end": [
      "    if (!piece) attempt.close();\n",
      "",
    ],
    "a reader who pauses is idle": ['    attempt.stop("idle");\n', ""],
    "a body that is left is not let go": [
      "    close: (reason) => {\n      attempt.close();\n      reader.close(reason);\n",
      "    close: () => {\n      attempt.close();\n",
    ],
  }),
  ...mutants("http/answer.ts", [...HTTP, "tests/run", "tests/attacks"], {
    "the excerpt of an answer shows the input": [
      'spec.method === "GET" && !/^\\s*[[{"]/.test(text);',
      'spec.method !== "HEAD";',
    ],
    "the cause of an error quotes the input": [
      "if (!(error instanceof SyntaxError)) cause = error;",
      "cause = error;",
    ],
    "an answer of another form passes": [
      "    if (fault) detail = `but the answer is ${fault}`;\n",
      "",
    ],
    "a delete that was done counts as missing": [
      'if (spec.method === "DELETE" && status === 404 && uncertain) return undefined as T;',
      "",
    ],
  }),
  ...mutants("http/network.ts", [...HTTP, "tests/attacks"], {
    "a reset counts as refused, by its code": [
      '"^(?:ECONNREFUSED|',
      '"^(?:ECONNREFUSED|ECONNRESET|',
    ],
    "one refused address of several is enough": [
      "return errors.every(wasRefused);",
      "return errors.some(wasRefused);",
    ],
    "an error quotes the token": [
      "if (!secret || !causesOf(error).some((it) => quotes(it, secret))) return error;",
      "return error;",
    ],
  }),
  ...mutants("http/attempt.ts", [...HTTP, "tests/run"], {
    "a create is cut off when its caller leaves": [
      "if (!spec.onAnswer) this.#controller.abort(signal.reason);",
      "this.#controller.abort(signal.reason);",
    ],
    "a timer of an attempt is left": [
      "    this.#over = true;\n    clearTimeout(this.#timer);\n",
      "    this.#over = true;\n",
    ],
    "a listener of an attempt is left": [
      "    clearTimeout(this.#timer);\n    this.#unlisten?.();\n",
      "    clearTimeout(this.#timer);\n",
    ],
    "the request goes on when its caller leaves": [
      "      if (!spec.onAnswer) this.#controller.abort(signal.reason);\n",
      "",
    ],
  }),
  ...mutants("http/limiter.ts", LIMITER, {
    "a place is not given back": [
      "    if (!this.#open.delete(turn)) return;\n",
      "    if (!this.#open.has(turn)) return;\n",
    ],
    "a 429 does not hold others back": [
      "if (status === 429) budget.refuse",
      "if (status === 430) budget.refuse",
    ],
    "a 503 does not hold others back": [
      "    if (status === 503 && retryAfter) budget.startOver(now + retryAfter);\n",
      "",
    ],
  }),
  ...mutants("base/path.ts", ["tests/base", "tests/properties/words_test.ts"], {
    "a name may lead to another request": ["\\.\\.?(?:$", "\\.(?:$"],
  }),
  ...mutants("base/problem.ts", [...HTTP, "tests/base", "tests/properties/words_test.ts"], {
    "a wait is cut short": [
      "Math.min(Math.ceil(ms), LONGEST_WAIT)",
      "Math.min(Math.floor(ms), LONGEST_WAIT)",
    ],
    "a date of the server is read by our clock": [
      "(Number.isNaN(now) ? Date.now() : now)",
      "Date.now()",
    ],
    "the body's retry_after is not read": [
      'if (!(ms > 0) && body.includes("retry_after"))',
      "if (false)",
    ],
  }),
  ...mutants("base/job.ts", ["tests/run", "tests/batch"], {
    "aborted is no end": [
      "/^(?:succeeded|failed|canceled|aborted)$/",
      "/^(?:succeeded|failed|canceled)$/",
    ],
  }),
  ...mutants("resources/create_job.ts", [...RESOURCES, "tests/run"], {
    "Cancel-After is rounded down": ["Math.ceil(ms / 1000))}s`", "Math.floor(ms / 1000))}s`"],
    "Cancel-After may be less than the server takes": [
      "`${Math.max(5, Math.ceil",
      "`${Math.max(1, Math.ceil",
    ],
    "a hold may be longer than the server takes": [
      "return Math.min(Math.ceil(wait), 60);",
      "return Math.ceil(wait);",
    ],
  }),
  ...mutants("resources/pages.ts", RESOURCES, {
    "a next page may be anywhere": ["if (url.origin !== base.origin) {", "if (!url) {"],
    "pages may go round for ever": ["if (next === saved) {", 'if (next === "") {'],
  }),
  ...mutants("run/reader.ts", RUN, {
    "a cancel is given up after a loss or a 5xx": [
      'return isMissing(error) || error instanceof ReplicateError && fateOf(error) !== "refused";',
      "return isMissing(error);",
    ],
    "a cancel ends with its caller": [
      "    const { signal: _, ...options } = this.#options;\n",
      "    const options = this.#options;\n",
    ],
    "a cancel gives up at once": [
      "if (requests >= CANCEL_REQUESTS || !mayWorkLater(error)) throw error;",
      "throw error;",
    ],
    "a fresh id that is not known is given up": [
      "if (tries >= FRESH_READS) throw error;",
      "throw error;",
    ],
  }),
  ...mutants("run/engine.ts", RUN, {
    "an older answer takes back the end": [
      "if (!isTerminal(this.#record) || isTerminal(record)) this.#record = record;",
      "this.#record = record;",
    ],
    "a failed cancel is remembered": ["      this.#canceled = undefined;\n", ""],
    "each cancel is sent": [
      "return this.#canceled ??= this.#init.reader.cancel()",
      "return this.#init.reader.cancel()",
    ],
    "a job that ended is canceled": [
      "    if (isTerminal(this.#record)) return Promise.resolve(this.#record);\n",
      "",
    ],
    "nobody owns a job": ["if (init.owned) init.lease.own(() => this.cancel());", ""],
    "a break leaves the job running": [
      "if (this.#owned && !isTerminal(this.#record)) this.cancel().catch(() => {});",
      "",
    ],
  }),
  ...mutants("run/lease.ts", RUN, {
    "who left before the job came is forgotten": [
      "if (this.#over) cancel().catch(() => {});\n    else this.#cancel = cancel;",
      "this.#cancel = cancel;",
    ],
    "leaving cancels nothing": ["    cancel?.().catch(() => {});\n", ""],
    "a lease keeps its listener": [
      "    this.#stop();\n    this.#unlisten();\n",
      "    this.#stop();\n",
    ],
    "a lease keeps its timer": [
      "    this.#cancel = undefined;\n    this.#stop();\n    this.#unlisten();",
      "    this.#cancel = undefined;\n    this.#unlisten();",
    ],
  }),
  ...mutants("run/settle.ts", RUN, {
    "an error of a callback orphans the job": [
      "if (!(error instanceof PredictionError)) engine.leave();",
      "",
    ],
  }),
  ...mutants("run/resume.ts", RUN, {
    "a job that is watched is owned": ["      owned: false,\n", "      owned: true,\n"],
  }),
  ...mutants("run/job_stream.ts", STREAM, {
    "a stream without ids is joined again": [
      "if (!this.#exact || this.#last) {",
      "if (this.#last) {",
    ],
    "an event that comes twice is told twice": [
      "if (!this.#ids.add(id, order)) return undefined;",
      "this.#ids.add(id, order);",
    ],
    "a stream is joined at its start": ['          "last-event-id": this.#lastEventId,\n', ""],
    "a done with a reason is a success": [
      'this.#ending = reason ? "failed" : "done";',
      'this.#ending = "done";',
    ],
    "what came is delivered again": [
      "let had = this.#delivered.length;",
      "let had = 0;",
    ],
    "another text than the output's passes": [
      "      } else if (items && isTerminal(record)) {",
      "      } else if (items && !record) {",
    ],
  }),
  ...mutants("batch/item_record.ts", BATCH, {
    "a 5xx counts as not accepted": [
      "/^(not accepted|refused)$/.test(fateOf(error))",
      "/^(not accepted|refused|unknown)$/.test(fateOf(error))",
    ],
    "an answer that cannot be read counts as not accepted": [
      "/^(not accepted|refused)$/.test(fateOf(error))",
      "/^(not accepted|refused|foreign)$/.test(fateOf(error))",
    ],
    "a create is not written down before": ["              await intend(before);\n", ""],
    "a create that was sent counts as not sent": ["              isSent = true;\n", ""],
    "the creates of equal inputs are mixed up": [
      'if (state === "intent") await ledger?.own(id, { key, create });',
      "",
    ],
    "the secret of a webhook is stored": [
      "const { input: _, logs: __, urls: ___, webhook: ____, ...prediction } = job;",
      "const { input: _, logs: __, urls: ___, ...prediction } = job;",
    ],
  }),
  ...mutants("batch/ledger.ts", BATCH, {
    "a prediction of another input is taken": ["        if (origin) continue;\n", ""],
    "two inputs take one prediction": ["      if (same) taken.add(same);\n", ""],
    "a create that is not in the list yet is given up": [
      "for (const notBefore of [0, (startedAt ?? uptime()) + LISTED]) {",
      "for (const notBefore of [0]) {",
    ],
  }),
  ...mutants("batch/cost_watch.ts", BATCH, {
    "a create that was refused is charged": [
      "if (!isSent || /^(?:not accepted|refused)$/.test(fateOf(error))) {",
      "if (false) {",
    ],
    "a create of which no answer came is not charged": [
      "if (!isSent || /^(?:not accepted|refused)$/.test(fateOf(error))) {",
      "{",
    ],
  }),
  ...mutants("batch/cost_book.ts", BATCH, {
    "a budget may be passed": ["if (isOver) throw", "if (false) throw"],
    "a job is counted twice": ["  if (counted(book, id)) return rest;\n", ""],
    "nothing is set aside for what runs": [
      "return { ...book, open: { ...book.open, [key]: run } };",
      "return book;",
    ],
  }),
  ...mutants("webhooks/verify.ts", HOOKS, {
    "the end of a signature does not count": [
      "for (let at = 0; at < 47; at++)",
      "for (let at = 0; at < 45; at++)",
    ],
    "a webhook from the future passes": [
      "if (distance <= tolerance) return;",
      "if (age <= tolerance) return;",
    ],
    "only the last signature counts": [
      "result = isEqual(signature, expected) || result;",
      "result = isEqual(signature, expected);",
    ],
  }),
  ...mutants("webhooks/hmac.ts", HOOKS, {
    "an empty key signs": [
      "if (keys.length > 0 && keys.every(({ length }) => length > 0)) return keys;",
      "if (keys.length > 0) return keys;",
    ],
    "the id is not signed": ["new Blob([`${id}.${timestamp}.`,", "new Blob([`${timestamp}.`,"],
  }),
  ...mutants("webhooks/handler.ts", HOOKS, {
    "a body of any length is read": [
      "await readBounded(request, maxBody);",
      "await readBounded(request, Infinity);",
    ],
    "nobody looks at the signature": ["      await verify(claims, body, known, secrets);\n", ""],
  }),
  ...mutants("serve/ticket.ts", SERVE, {
    "a ticket lasts for ever": [
      "return isOurs && claims.exp * 1000 > Date.now() ? claims : undefined;",
      "return isOurs ? claims : undefined;",
    ],
    "a forged ticket passes": [
      'if (!await crypto.subtle.verify("HMAC", await keyOf(key), mac, bytesOf(payload))) continue;',
      "await keyOf(key);",
    ],
  }),
  ...mutants("serve/allowed.ts", SERVE, {
    "every version of a model is allowed": [
      'if (VERSION.test(id) && (versions === "any" || versions?.has(id))) return name;',
      "if (VERSION.test(id) && versions) return name;",
    ],
    "a pinned model is allowed unpinned": [
      'if (this.#models.get(name) === "any") return name;',
      "if (this.#models.has(name)) return name;",
    ],
  }),
  ...mutants("serve/limit.ts", SERVE, {
    "a user has no limit": ["count, 0) >= this.#most) {", "count, 0) > 1e9) {"],
  }),
];
