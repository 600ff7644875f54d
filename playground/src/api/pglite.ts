/** PostgreSQL in the browser: installed on the first visit, opened from the browser's storage afterwards. */

import { PGliteWorker } from "@electric-sql/pglite/worker";
import { now, offset, resetClock } from "./clock";
import { note } from "./log";
import { callText, insertText, readText, updateText } from "./sql";
import { errorFrom, type Api, type ApiError, type Result, type Role } from "./types";
import schema from "../../generated/schema.sql?url";
import workshop from "../../../runner/demo/workshop.sql?url";
import tutoring from "../../../runner/demo/tutoring.sql?url";
import training from "../../../runner/demo/training.sql?url";
import orders from "../../data/workshop.sql?url";
import lessons from "../../data/tutoring.sql?url";
import planner from "../../data/training.sql?url";

export type Stage = "open" | "install" | "data" | "ready";

const DATA: [unit: string, url: string][] = [
  ["workshop", workshop],
  ["workshop", orders],
  ["tutoring", tutoring],
  ["tutoring", lessons],
  ["training", training],
  ["training", planner],
];
const STORE = `sessionbook-${__DATA__}`;
const text = (value: string): string => value;
const instant = (value: string): string => value.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
const PARSERS = { 1082: text, 1083: text, 1114: text, 1184: instant, 1700: Number, 20: Number };

export async function openPGlite(progress: (stage: Stage) => void): Promise<Api> {
  progress("open");
  forgetOlder();
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const db = await PGliteWorker.create(worker, { dataDir: `idb://${STORE}` });

  const ready = await db.query("select to_regclass('demo.playground') is not null as ready");
  if (!(ready.rows[0] as { ready: boolean }).ready) await install();
  progress("ready");

  async function install(): Promise<void> {
    progress("install");
    // What an installation that was cut short left behind goes first.
    await db.exec(`reset role;
do $$
declare v_name text;
begin
    for v_name in
        select nspname from pg_namespace
        where nspname in ('lifecycle', 'workshop', 'tutoring', 'training', 'sessionbook', 'demo')
    loop
        execute format('drop schema %I cascade', v_name);
    end loop;
end
$$`);
    await db.exec(await load(schema));
    progress("data");
    for (const [unit, url] of DATA) {
      await db.exec(`begin; set local search_path = ${unit}, pg_temp;\n${await load(url)};\ncommit; reset all;`);
    }
    await db.exec("create table demo.playground (loaded_at timestamptz default now())");
    resetClock();
    await tick();
  }

  async function load(url: string): Promise<string> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.text();
  }

  /** One at a time, over all pages of this browser: they share a session, and with it the role. */
  function alone<T>(work: () => Promise<T>): Promise<T> {
    return navigator.locks.request(STORE, work) as Promise<T>;
  }

  /** As a role and at the time of the playground. */
  function atTheTime(role: string): string {
    const time = offset.value === 0 ? "reset lifecycle.fake_now" : `set lifecycle.fake_now = '${now().toISOString()}'`;
    return `reset role; ${time}; set role ${role};`;
  }

  async function query(sql: string, role: Role): Promise<Result> {
    const began = performance.now();
    try {
      const results = await alone(() => db.exec(`${atTheTime(`sessionbook_${role}`)}\n${sql}`, { parsers: PARSERS }));
      const last = results.at(-1);
      const rows = (last?.rows ?? []) as Result["rows"];
      note({ sql, role: `sessionbook_${role}`, request: null, milliseconds: performance.now() - began, rows: rows.length, error: null });
      return { columns: last?.fields.map((field) => field.name) ?? [], rows };
    } catch (fault) {
      const error: ApiError = errorFrom(fault as Record<string, unknown>);
      note({ sql, role: `sessionbook_${role}`, request: null, milliseconds: performance.now() - began, rows: null, error });
      throw error;
    }
  }

  async function tick(): Promise<void> {
    await alone(async () => {
      await db.exec(atTheTime("postgres"));
      // A message of its own: the tick commits after each installation.
      await db.exec("call lifecycle.run_tick()");
    });
  }

  return {
    read: async (asked) => (await query(readText(asked), "app")).rows,
    call: async (name, args, role = "app") => (await query(callText(name, args), role)).rows,
    insert: async (table, row) => (await query(insertText(table, row), "writer")).rows,
    update: async (table, id, changes) => (await query(updateText(table, id, changes), "writer")).rows,
    run: (sql) => query(sql, "writer"),
    tick,
    reset: install,
  };
}

/** Databases of older builds of this page. */
function forgetOlder(): void {
  void indexedDB.databases?.().then((found) => {
    for (const { name } of found) {
      if (name?.startsWith("/pglite/sessionbook-") && name !== `/pglite/${STORE}`) indexedDB.deleteDatabase(name);
    }
  });
}
