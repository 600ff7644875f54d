// Four couriers of pg-boss that fetch and complete. Arguments: how many jobs, how many a claim. Prints the seconds.
import pg from "pg";
import PgBoss from "pg-boss";

const [jobs, each] = process.argv.slice(2).map(Number);
const queue = new PgBoss({ connectionString: process.env.DSN, max: 8, supervise: false, schedule: false });
await queue.start();
await queue.createQueue("send");
for (let made = 0; made < jobs; made += 1000) {
  await queue.insert(Array.from({ length: Math.min(1000, jobs - made) }, (_, n) => ({ name: "send", data: { n } })));
}
const pool = new pg.Pool({ connectionString: process.env.DSN });
await pool.query("vacuum analyze");
await pool.end();

const began = performance.now();
await Promise.all(
  Array.from({ length: 4 }, async () => {
    for (;;) {
      const taken = await queue.fetch("send", { batchSize: each });
      if (taken.length === 0) return;
      await queue.complete("send", taken.map((job) => job.id));
    }
  }),
);
console.log((performance.now() - began) / 1000);
await queue.stop({ graceful: false });
process.exit(0);
