/** PostgreSQL in the browser: installed on the first visit, opened from the browser's storage afterwards. */

import { now, offset, resetClock } from "./clock";
import { note } from "./log";
import { callText, insertText, readText, updateText } from "./sql";
import { errorFrom, type Api, type ApiError, type Result, type Role } from "./types";
import type { Answered, Asked } from "./worker";
import schema from "../../generated/schema.sql?url";
import workshop from "../../../runner/demo/workshop.sql?url";
import tutoring from "../../../runner/demo/tutoring.sql?url";
import training from "../../../runner/demo/training.sql?url";
import orders from "../../data/workshop.sql?url";
import lessons from "../../data/tutoring.sql?url";
import planner from "../../data/training.sql?url";

export type Stage = "elsewhere" | "open" | "install" | "data" | "ready";

const DATA: [unit: string, url: string][] = [
  ["workshop", workshop],
  ["workshop", orders],
  ["tutoring", tutoring],
  ["tutoring", lessons],
  ["training", training],
  ["training", planner],
];
const STORE = `sessionbook-${__DATA__}`;

type Run = (...texts: string[]) => Promise<Result>;

/** Starts the worker once no other page of this browser has the database: two would overwrite each other's files. */
async function start(progress: (stage: Stage) => void): Promise<Run> {
  await new Promise<void>((begin) => {
    const keep = () => {
      begin();
      return new Promise<never>(() => undefined);
    };
    void navigator.locks.request(STORE, { ifAvailable: true }, (lock) => {
      if (lock) return keep();
      progress("elsewhere");
      void navigator.locks.request(STORE, keep);
      return undefined;
    });
  });
  progress("open");
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, { resolve: (result: Result) => void; reject: (error: ApiError) => void }>();
  let last = 0;
  worker.addEventListener("message", ({ data: { id, result, fault } }: MessageEvent<Answered>) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (fault) asked?.reject(errorFrom(fault));
    else asked?.resolve(result!);
  });
  worker.postMessage(STORE);
  return (...texts) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      waiting.set(id, { resolve, reject });
      worker.postMessage({ id, texts } satisfies Asked);
    });
}

export async function openPGlite(progress: (stage: Stage) => void): Promise<Api> {
  forgetOlder();
  const run = await start(progress);

  const found = await run("select to_regclass('demo.playground') is not null as ready");
  if (!found.rows[0]?.ready) await install();
  progress("ready");

  async function install(): Promise<void> {
    progress("install");
    // What an installation that was cut short left behind goes first.
    await run(`reset role;
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
    await run(await load(schema));
    progress("data");
    // As `sessionbook demo` applies it.
    await run("update workshop.settings set timezone = 'Asia/Kuwait', currency = 'KWD'");
    for (const [unit, url] of DATA) {
      await run(`begin; set local search_path = ${unit}, pg_temp;\n${await load(url)};\ncommit; reset all;`);
    }
    await run("create table demo.playground (loaded_at timestamptz default now())");
    resetClock();
    await tick();
  }

  async function load(url: string): Promise<string> {
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
    return answer.text();
  }

  /** As a role and at the time of the playground. */
  function atTheTime(role: string): string {
    const time = offset.value === 0 ? "reset lifecycle.fake_now" : `set lifecycle.fake_now = '${now().toISOString()}'`;
    return `reset role; ${time}; set role ${role};`;
  }

  async function query(sql: string, role: Role): Promise<Result> {
    const began = performance.now();
    const facts = { sql, role: `sessionbook_${role}`, request: null };
    try {
      const result = await run(`${atTheTime(`sessionbook_${role}`)}\n${sql}`);
      note({ ...facts, milliseconds: performance.now() - began, rows: result.rows.length, error: null });
      return result;
    } catch (fault) {
      note({ ...facts, milliseconds: performance.now() - began, rows: null, error: fault as ApiError });
      throw fault;
    }
  }

  async function tick(): Promise<void> {
    await run(atTheTime("postgres"), "call lifecycle.run_tick()");
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
