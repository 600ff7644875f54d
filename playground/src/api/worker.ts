/** The database, in a worker of its own: the page stays responsive while it installs. Messages are taken in order. */

import { PGlite } from "@electric-sql/pglite";
import { btree_gist } from "@electric-sql/pglite/contrib/btree_gist";
import program from "../../generated/program.bin?url";
import files from "../../generated/files.bin?url";
import directory from "../../generated/directory.bin?url";
import type { Result } from "./types";

export interface Opened {
  store: string;
  /** Whether the browser's storage has nothing of it, or less than all. */
  fresh: boolean;
}

export interface Asked {
  id: number;
  /** Each is a message of its own to PostgreSQL; the last one's rows come back. */
  texts: string[];
}

export interface Answered {
  id: number;
  result?: Result;
  fault?: Record<string, unknown>;
}

// As JSON over HTTP has them: dates and times as ISO text, numbers as numbers.
const text = (value: string): string => value;
const instant = (value: string): string => value.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
const PARSERS = { 1082: text, 1083: text, 1114: text, 1184: instant, 1700: Number, 20: Number };

let database: Promise<PGlite> | null = null;
let queue: Promise<unknown> = Promise.resolve();

async function answer({ id, texts }: Asked): Promise<Answered> {
  try {
    const db = await database!;
    let result: Result = { columns: [], rows: [] };
    for (const sql of texts) {
      const last = (await db.exec(sql, { parsers: PARSERS })).at(-1);
      result = { columns: last?.fields.map((field) => field.name) ?? [], rows: last?.rows ?? [] };
    }
    return { id, result };
  } catch (error) {
    const { code, message, detail, hint, constraint } = error as Record<string, unknown>;
    // A transaction that the SQL panel began does not stay behind, failed.
    await (await database)?.exec("rollback").catch(() => undefined);
    return { id, fault: { code, message: message ?? String(error), detail, hint, constraint } };
  }
}

/** A file that is packed, whatever the server says of it. */
async function unpacked(url: string, type: string): Promise<Response> {
  const sent = await fetch(url);
  if (!sent.ok || !sent.body) throw new Error(`${url}: ${sent.status}`);
  return new Response(sent.body.pipeThrough(new DecompressionStream("gzip")), { headers: { "Content-Type": type } });
}

async function open({ store, fresh }: Opened): Promise<PGlite> {
  const blob = async (url: string) => (await unpacked(url, "application/x-tar")).blob();
  const [pgliteWasmModule, fsBundle, loadDataDir] = await Promise.all([
    WebAssembly.compileStreaming(unpacked(program, "application/wasm")),
    blob(files),
    fresh ? forget(store).then(() => blob(directory)) : undefined,
  ]);
  return PGlite.create({
    dataDir: `idb://${store}`,
    extensions: { btree_gist },
    pgliteWasmModule,
    // Makes a data directory; ours is made.
    initdbWasmModule: new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
    fsBundle,
    loadDataDir,
  });
}

function forget(store: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.deleteDatabase(`/pglite/${store}`);
    asked.onsuccess = () => resolve();
    asked.onerror = () => reject(asked.error as DOMException);
  });
}

addEventListener("message", ({ data }: MessageEvent<Opened | Asked>) => {
  if ("store" in data) {
    database = open(data);
    return;
  }
  queue = queue.then(() => answer(data)).then((answered) => postMessage(answered));
});
