/** The statements behind the clicks, newest first, with a place to write one's own. */

import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { log, type Entry } from "../api/log";
import { ApiError, errorFrom, type Result, type Row } from "../api/types";
import { t } from "../i18n";
import { api, changed } from "../state";
import { Button, Cross, ErrorNote } from "./parts";

const KEY = "sessionbook-sql";
export const panelOpen = signal((localStorage.getItem(KEY) ?? (innerWidth >= 1200 ? "open" : "closed")) === "open");

export function togglePanel(): void {
  panelOpen.value = !panelOpen.value;
  localStorage.setItem(KEY, panelOpen.value ? "open" : "closed");
}

const WORDS =
  /('(?:[^']|'')*')|(--[^\n]*)|\b(select|from|where|and|or|order|by|limit|insert|into|values|update|set|returning|is|null|not|true|false|array|as|in|asc|desc|join|left|on|group|with|call|delete|begin|commit|rollback)\b|\b(\d+(?:\.\d+)?)\b/gi;

function Sql({ text }: { text: string }) {
  const parts = [];
  let from = 0;
  for (const found of text.matchAll(WORDS)) {
    parts.push(text.slice(from, found.index));
    const kind = found[1] ? "text" : found[2] ? "note" : found[3] ? "word" : "number";
    parts.push(<span class={`sql-${kind}`}>{found[0]}</span>);
    from = found.index + found[0].length;
  }
  parts.push(text.slice(from));
  return <pre tabIndex={0} dir="ltr"><code>{parts}</code></pre>;
}

export function SqlPanel() {
  const [text, setText] = useState("select * from lifecycle.overview");
  const [answer, setAnswer] = useState<{ result: Result | null; error: ApiError | null } | null>(null);
  const free = api().run;

  async function run() {
    try {
      setAnswer({ result: (await free?.(text)) ?? null, error: null });
      changed();
    } catch (fault) {
      setAnswer({ result: null, error: fault instanceof ApiError ? fault : errorFrom(fault as Row) });
    }
  }

  return (
    <aside class="panel" aria-label="SQL">
      <header>
        <div>
          <h2>{t("sqlTitle")}</h2>
          <p>{t("sqlHelp")}</p>
        </div>
        <Button kind="quiet" onClick={togglePanel} aria-label={t("sqlClose")}><Cross /></Button>
      </header>
      {free && (
        <form class="editor" onSubmit={(event) => { event.preventDefault(); void run(); }}>
          <label for="sql-text">{t("sqlYours")}</label>
          <textarea id="sql-text" dir="ltr" spellcheck={false} rows={Math.min(10, text.split("\n").length + 1)} value={text}
            onInput={(event) => setText(event.currentTarget.value)}
            onKeyDown={(event) => (event.ctrlKey || event.metaKey) && event.key === "Enter" && void run()} />
          <Button type="submit" kind="main">{t("sqlRun")}</Button>
        </form>
      )}
      {answer?.error && <ErrorNote error={answer.error} />}
      {answer?.result && <Answer result={answer.result} />}
      <ol class="entries">
        {log.value.map((entry) => <Shown key={entry.id} entry={entry} edit={free && (() => setText(entry.sql))} />)}
        {log.value.length === 0 && <li class="empty">{t("sqlEmpty")}</li>}
      </ol>
    </aside>
  );
}

function Shown({ entry, edit }: { entry: Entry; edit?: (() => void) | undefined }) {
  return (
    <li class={entry.error ? "failed" : ""}>
      <Sql text={entry.sql} />
      {entry.request && <p class="request" dir="ltr">{entry.request}</p>}
      <p class="meta">
        <span>{entry.role}</span>
        <span>{entry.milliseconds.toFixed(0)} ms</span>
        {entry.rows !== null && <span>{t("sqlRows", entry.rows)}</span>}
        {edit && <button type="button" class="textual" onClick={edit}>{t("sqlEdit")}</button>}
      </p>
      {entry.error && (
        <dl dir="ltr">
          <dt>code</dt><dd>{entry.error.code}</dd>
          {entry.error.key && <><dt>key</dt><dd>{entry.error.key}</dd></>}
          <dt>message</dt><dd>{entry.error.message}</dd>
          {entry.error.detail && <><dt>detail</dt><dd>{entry.error.detail}</dd></>}
          {entry.error.hint && <><dt>hint</dt><dd>{entry.error.hint}</dd></>}
        </dl>
      )}
    </li>
  );
}

function Answer({ result }: { result: Result }) {
  if (result.columns.length === 0) return <p class="empty">{t("sqlNoColumns")}</p>;
  return (
    <div class="answer" tabIndex={0} role="region" aria-label={t("sqlYours")} dir="ltr">
      <table>
        <thead><tr>{result.columns.map((name) => <th key={name} scope="col">{name}</th>)}</tr></thead>
        <tbody>
          {result.rows.slice(0, 100).map((row, place) => (
            <tr key={place}>{result.columns.map((name) => <td key={name}>{shown(row[name])}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function shown(value: unknown): string {
  if (value === null || value === undefined) return "null";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
