/**
 * What the browser's database starts from, made once per build: a data directory with the package and the demo data in
 * it, PostgreSQL itself and its files. All three are packed here, so that a web server that compresses nothing sends
 * no more.
 */

import { PGlite } from "@electric-sql/pglite";
import { btree_gist } from "@electric-sql/pglite/contrib/btree_gist";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const HERE = new URL("./", import.meta.url);
const MADE = new URL("generated/", HERE);
const PGLITE = new URL("node_modules/@electric-sql/pglite/dist/", HERE);
const DATA = [
  ["workshop", "../runner/demo/workshop.sql"],
  ["workshop", "data/workshop.sql"],
  ["tutoring", "../runner/demo/tutoring.sql"],
  ["tutoring", "data/tutoring.sql"],
  ["training", "../runner/demo/training.sql"],
  ["training", "data/training.sql"],
];
// Read by initdb, for other encodings, or for building extensions: nothing in the browser opens them.
const UNUSED = /\/icu\/|\/pgxs\/|_and_\w+\.so$|libpqwalreceiver|\.bki$|\.sql$|\.sample$/;

const read = (path) => readFileSync(new URL(path, HERE), "utf8");

function pack(name, content) {
  writeFileSync(new URL(name, MADE), gzipSync(content, { level: 9 }));
}

/** The same bundle with zeros in place of the unused files: its reader finds each file by its offset. */
function withoutUnused(bundle) {
  const code = readdirSync(PGLITE).filter((name) => /^chunk-.*\.js$/.test(name)).map((name) => readFileSync(new URL(name, PGLITE), "utf8"));
  let blanked = 0;
  for (const [, name, start, end] of code.join("\n").matchAll(/\{filename:"([^"]+)",start:(\d+),end:(\d+)/g)) {
    if (UNUSED.test(name)) {
      bundle.fill(0, Number(start), Number(end));
      blanked += 1;
    }
  }
  if (!blanked) throw new Error("PGlite's list of files is no longer where it was");
  return bundle;
}

async function directory(schema) {
  // Small segments: the browser stores each file that changed as a whole.
  const db = await PGlite.create({
    extensions: { btree_gist },
    initDbStartParams: ["--wal-segsize=1"],
    startParams: [...PGlite.defaultStartParams, "-c", "wal_recycle=off"],
  });
  await db.exec(schema);
  // As `sessionbook demo` applies it.
  await db.exec("update workshop.settings set timezone = 'Asia/Kuwait', currency = 'KWD'");
  for (const [unit, path] of DATA) {
    await db.exec(`begin; set local search_path = ${unit}, pg_temp;\n${read(path)};\ncommit; reset all;`);
  }
  await db.exec("call lifecycle.run_tick()");
  // Nobody makes a second database in a browser: its templates are two thirds of what would be sent and stored.
  await db.exec("update pg_database set datistemplate = false");
  for (const sql of ["drop database template0", "drop database template1", "vacuum freeze"]) await db.exec(sql);
  for (const sql of ["select pg_switch_wal()", "checkpoint"]) await db.exec(sql);
  const dump = await db.dumpDataDir("none");
  await db.close();
  return Buffer.from(await dump.arrayBuffer());
}

const schema = read("generated/schema.sql");
const hash = createHash("sha256");
for (const text of [schema, read("prepare.mjs"), read("package-lock.json"), ...DATA.map(([, path]) => read(path))]) hash.update(text);
const id = hash.digest("hex").slice(0, 12);
const facts = new URL("prepared.json", MADE);
if (!existsSync(facts) || JSON.parse(readFileSync(facts, "utf8")).id !== id) {
  const at = Date.now();
  pack("directory.bin", await directory(schema));
  pack("program.bin", readFileSync(new URL("pglite.wasm", PGLITE)));
  pack("files.bin", withoutUnused(readFileSync(new URL("pglite.data", PGLITE))));
  writeFileSync(facts, JSON.stringify({ id, at }));
}
