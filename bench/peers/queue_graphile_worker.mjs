// Four couriers of graphile-worker, which do nothing with a job but take and complete it. Arguments: how many jobs, how
// many a claim. Prints the seconds from the first claim to the last completion.
import pg from "pg";
import { makeWorkerUtils, run } from "graphile-worker";

const [jobs, each] = process.argv.slice(2).map(Number);
const connectionString = process.env.DSN;
const pool = new pg.Pool({ connectionString, max: 8 });
const utils = await makeWorkerUtils({ pgPool: pool });
await utils.migrate();
await pool.query("select graphile_worker.add_job('send', json_build_object('n', n)) from generate_series(1, $1) as n", [jobs]);
await pool.query("vacuum analyze");

let left = jobs;
let finish;
const finished = new Promise((resolve) => (finish = resolve));
const began = performance.now();
const runner = await run({
  pgPool: pool,
  noHandleSignals: true,
  concurrency: 4,
  pollInterval: 100,
  taskList: { send: async () => {} },
  preset: each > 1 ? { worker: { concurrentJobs: 4, localQueue: { size: each }, completeJobBatchDelay: 0 } } : undefined,
});
runner.events.on("job:complete", () => {
  left -= 1;
  if (left === 0) finish();
});
await finished;
console.log((performance.now() - began) / 1000);
await runner.stop();
await utils.release();
await pool.end();
process.exit(0);
