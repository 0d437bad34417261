/**
 * A batch spread over several machines by pg-boss, a queue in Postgres. Start this file on each of them.
 *
 * Its queue is in the database at DATABASE_URL if that is set, and otherwise in an embedded Postgres.
 */

import { PGlite } from "npm:@electric-sql/pglite@0.5.16";
import { fromPglite, PgBoss } from "npm:pg-boss@12.38.0";
import process from "node:process";
import { type BatchStore, Client } from "@x/replicate";

const MODEL = "meta/meta-llama-3-8b-instruct";

const { DATABASE_URL: database } = process.env;
const client = new Client();

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
await boss.createQueue("poems", { retryLimit: 5, heartbeatSeconds: 30 });
const ended = Promise.withResolvers<void>();
let left = 10;
const work = { localConcurrency: 8, pollingIntervalSeconds: 0.5 };
await boss.work<{ prompt: string }>("poems", work, async ([job]) => {
  if (!job) return;
  const options = { store, key: () => job.id, signal: job.signal };
  for await (const result of client.batch(MODEL, [job.data], options)) {
    // A throw would make the queue try again, which helps neither a bad input nor an empty account.
    if (result.status === "rejected") console.error(job.data.prompt, result.reason);
    else console.log(`${job.data.prompt}: ${[result.value].flat().join("")}`);
  }
  if (--left === 0) ended.resolve();
});

if (embedded) {
  const prompts = ["Ada", "Bob", "Cyd", "Dan", "Eve", "Fay", "Gus", "Hal", "Ida", "Jon"];
  await boss.insert("poems", prompts.map((prompt) => ({ data: { prompt } })));
  await ended.promise;
  await boss.stop();
  await embedded.close();
}
