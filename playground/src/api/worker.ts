/** The database, in a worker of its own: the page stays responsive while it installs. Messages are taken in order. */

import { PGlite } from "@electric-sql/pglite";
import { btree_gist } from "@electric-sql/pglite/contrib/btree_gist";
import type { Result } from "./types";

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

addEventListener("message", ({ data }: MessageEvent<string | Asked>) => {
  if (typeof data === "string") {
    database = PGlite.create({ dataDir: `idb://${data}`, extensions: { btree_gist } });
    return;
  }
  queue = queue.then(() => answer(data)).then((answered) => postMessage(answered));
});
