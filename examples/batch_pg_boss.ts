/**
 * A batch spread over several machines by pg-boss, a queue in Postgres. Start this file on each of them.
 *
 * It runs on Replicate if REPLICATE_API_TOKEN is set, and otherwise on an embedded fake; its queue is in
 * the database at DATABASE_URL if that is set, and otherwise in an embedded Postgres.
 *
 * Run it with `deno run --allow-all examples/batch_pg_boss.ts`, or with Node 22.18 once its `npm:`
 * packages are installed.
 */

import { PGlite } from "npm:@electric-sql/pglite@0.5.16";
import { fromPglite, PgBoss } from "npm:pg-boss@12.38.0";
import process from "node:process";
import { type BatchStore, Client } from "../mod.ts";
import { FakeReplicate } from "../src/testing/mod.ts";

const { REPLICATE_API_TOKEN: token, DATABASE_URL: database } = process.env;
const run = (input: { text?: unknown }): string => `Hello, ${input.text}`;
const fake = new FakeReplicate({ models: { "demo/hello": { official: true, run } } });
const client = token ? new Client(token) : new Client({ auth: "r8_demo", fetch: fake.fetch });

const embedded = database ? undefined : new PGlite();
const boss = embedded
  ? new PgBoss({ backend: "pglite", db: fromPglite(embedded) })
  : new PgBoss(database ?? "");
boss.on("error", console.error);
await boss.start();
const sql = boss.getDb();
await sql.executeSql(
  "create table if not exists replicate_batch (key text primary key, value jsonb)",
);

/** The predictions created so far: a worker that takes over a job attaches to its prediction. */
const store: BatchStore = {
  async get(key) {
    const { rows } = await sql.executeSql("select value from replicate_batch where key = $1", [
      key,
    ]);
    return rows[0]?.value;
  },
  set: (key, value) =>
    sql.executeSql(
      "insert into replicate_batch values ($1, $2) on conflict (key) do update set value = $2",
      [key, JSON.stringify(value)],
    ),
  delete: (key) => sql.executeSql("delete from replicate_batch where key = $1", [key]),
};

// Another worker takes a job over when this one has been silent for half a minute.
await boss.createQueue("hello", { retryLimit: 5, heartbeatSeconds: 30 });
const ended = Promise.withResolvers<void>();
let left = 10;
const work = { localConcurrency: 8, pollingIntervalSeconds: 0.5 };
await boss.work<{ text: string }>("hello", work, async ([job]) => {
  if (!job) return;
  const options = { store, key: () => job.id, signal: job.signal };
  for await (const result of client.batch("demo/hello", [job.data], options)) {
    // A throw would make the queue try again, which helps neither a bad input nor an empty account.
    if (result.status === "rejected") console.error(job.data.text, result.reason);
    else console.log(result.value);
  }
  if (--left === 0) ended.resolve();
});

if (embedded) {
  const names = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon"];
  await boss.insert("hello", names.map((text) => ({ data: { text } })));
  await ended.promise;
  await boss.stop();
  await embedded.close();
  await fake[Symbol.asyncDispose]();
}
