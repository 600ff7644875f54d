/** PostgreSQL in the browser: loaded as prepared on the first visit, opened from the browser's storage afterwards. */

import { now, resetClock } from "./clock";
import { note } from "./log";
import { callText, readText, updateText } from "./sql";
import { errorFrom, type Api, type ApiError, type Result, type Role } from "./types";
import type { Answered, Asked, Opened } from "./worker";

export type Stage = "elsewhere" | "load" | "open" | "ready";

const STORE = `sessionbook-${__DATA__}`;
const LOADED = "sessionbook-loaded";

type Run = (...texts: string[]) => Promise<Result>;

/** Starts the worker once no other page of this browser has the database: two would overwrite each other's files. */
async function start(progress: (stage: Stage) => void): Promise<Run> {
  // A site without https, on another machine, has no locks: then it is for the visitor to open one tab only.
  if ("locks" in navigator) await new Promise<void>((begin) => {
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
  const fresh = localStorage.getItem(LOADED) !== STORE;
  progress(fresh ? "load" : "open");
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const waiting = new Map<number, { resolve: (result: Result) => void; reject: (error: ApiError) => void }>();
  let last = 0;
  worker.addEventListener("message", ({ data: { id, result, fault } }: MessageEvent<Answered>) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (fault) asked?.reject(errorFrom(fault));
    else asked?.resolve(result!);
  });
  // A worker that cannot be loaded, or dies, answers nothing any more.
  worker.addEventListener("error", (event) => {
    for (const { reject } of waiting.values()) reject(errorFrom({ message: event.message || "the worker did not start" }));
    waiting.clear();
  });
  worker.postMessage({ store: STORE, fresh } satisfies Opened);
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

  // The first answer comes once everything is in the browser's storage.
  await run("select 1");
  if (localStorage.getItem(LOADED) !== STORE) {
    resetClock();
    localStorage.setItem(LOADED, STORE);
  }
  progress("ready");

  /** As a role and at the time of the playground. */
  function atTheTime(role: string): string {
    return `reset role; set lifecycle.fake_now = '${now().toISOString()}'; set role ${role};`;
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
    update: async (table, id, changes) => (await query(updateText(table, id, changes), "writer")).rows,
    run: (sql) => query(sql, "writer"),
    tick,
    reset: loadAgain,
  };
}

/** Throws the database away and loads the demo anew. */
export function loadAgain(): void {
  localStorage.removeItem(LOADED);
  location.reload();
}

/** Databases of older builds of this page. */
function forgetOlder(): void {
  void indexedDB.databases?.().then((found) => {
    for (const { name } of found) {
      if (name?.startsWith("/pglite/sessionbook-") && name !== `/pglite/${STORE}`) indexedDB.deleteDatabase(name);
    }
  });
}
