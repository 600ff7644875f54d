/** What all screens share: the database, the place in the page, messages, and reading with a reload after each change. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { moveClock, now, resetClock } from "./api/clock";
import { ApiError, errorFrom, type Api, type Read, type Row } from "./api/types";
import { language, t, showWhen } from "./i18n";
import { refusals } from "./words";

let database: Api | null = null;

export function setApi(api: Api): void {
  database = api;
}

export function api(): Api {
  if (!database) throw new Error("no database yet");
  return database;
}

/** Counts changes: a new count makes every screen read again. */
export const changes = signal(0);
export const changed = () => {
  changes.value += 1;
};

export const route = signal<string[]>(parts());

function parts(): string[] {
  const path = location.hash.replace(/^#\/?/, "");
  return path ? path.split("/").map(decodeURIComponent) : ["store"];
}

window.addEventListener("hashchange", () => {
  route.value = parts();
  window.scrollTo(0, 0);
});

export const link = (...path: (string | number)[]) => `#/${path.map((part) => encodeURIComponent(part)).join("/")}`;
export const go = (...path: (string | number)[]) => {
  location.hash = link(...path);
};

export interface Message {
  kind: "good" | "bad";
  text: string;
  error: ApiError | null;
}

export const message = signal<Message | null>(null);
let timer = 0;

export function say(text: string): void {
  show({ kind: "good", text, error: null });
}

export function refuse(error: ApiError): void {
  show({ kind: "bad", text: explain(error), error });
}

function show(shown: Message): void {
  message.value = shown;
  window.clearTimeout(timer);
  timer = window.setTimeout(() => (message.value = null), shown.kind === "good" ? 6000 : 12000);
}

export function explain(error: ApiError): string {
  const known = error.key ? refusals[error.key] : undefined;
  return known ? known[language.value === "ar" ? 1 : 0] : error.message;
}

/** Does something that changes data; says what came of it. True: it was done. */
export async function act(work: () => Promise<string | void>): Promise<ApiError | null> {
  try {
    const text = await work();
    changed();
    if (text) say(text);
    else message.value = null;
    return null;
  } catch (fault) {
    const error = fault instanceof ApiError ? fault : errorFrom(fault as Row);
    refuse(error);
    return error;
  }
}

export async function setClock(milliseconds: number | null): Promise<void> {
  if (milliseconds === null) resetClock();
  else moveClock(milliseconds);
  await api().tick?.();
  changed();
  say(t("clockMoved", showWhen(now())));
}

export interface Pages extends Reading<Row[]> {
  /** Reads one more page; null: there is none. */
  more: (() => void) | null;
}

/** Rows page by page. After a change all pages that are shown are read again. */
export function usePages(read: Read & { order: string[]; limit: number }, ...inputs: unknown[]): Pages {
  return usePagesOf(read.limit, (after) => api().read({ ...read, after }), ...inputs);
}

/** Pages of so many rows that anything reads which can go on after a row. */
export function usePagesOf(limit: number, work: (after?: Row) => Promise<Row[]>, ...inputs: unknown[]): Pages {
  const [pages, setPages] = useState(1);
  const reading = useReading(async () => {
    const rows: Row[] = [];
    for (let page = 0; page < pages && rows.length === page * limit; page += 1) {
      rows.push(...(await work(rows.at(-1))));
    }
    return rows;
  }, pages, ...inputs);
  return { ...reading, more: reading.data?.length === pages * limit ? () => setPages(pages + 1) : null };
}

export interface Reading<T> {
  data: T | null;
  error: ApiError | null;
  reload: () => void;
}

/**
 * Reads for a screen, again after each change; the old rows stay until the new ones are there. That there were none for
 * other inputs says nothing of these.
 */
export function useReading<T>(work: () => Promise<T>, ...inputs: unknown[]): Reading<T> {
  const [state, setState] = useState<{ data: T | null; error: ApiError | null; of: string }>({ data: null, error: null, of: "" });
  const of = JSON.stringify(inputs);
  const [again, setAgain] = useState(0);
  const seen = changes.value;
  useEffect(() => {
    let current = true;
    work().then(
      (data) => current && setState({ data, error: null, of }),
      (fault) => current && setState((old) => ({ ...old, error: fault instanceof ApiError ? fault : errorFrom(fault) })),
    );
    return () => {
      current = false;
    };
  }, [seen, again, ...inputs]);
  const isStale = state.of !== of && Array.isArray(state.data) && state.data.length === 0;
  return { data: isStale ? null : state.data, error: state.error, reload: () => setAgain(again + 1) };
}
