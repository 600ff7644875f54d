/** The same calls in PostgREST's dialect, for a database behind a server. */

import { note } from "./log";
import { callText, keyOf, readText, updateText } from "./sql";
import { ApiError, errorFrom, Json, type Api, type Row } from "./types";

/** The first column is further on, or it is the same and the next one is: PostgREST compares no whole keys. */
function following(order: string[], after: Row): string {
  const { columns, descending } = keyOf(order);
  const [first, ...rest] = columns as [string, ...string[]];
  const further = `${first}.${descending ? "lt" : "gt"}."${after[first]}"`;
  if (!rest.length) return further;
  return `${further},and(${first}.eq."${after[first]}",or(${following(order.slice(1), after)}))`;
}

export function openHttp(base: string, token: string | null): Api {
  async function send(method: string, name: string, query: URLSearchParams, sql: string, body?: unknown): Promise<Row[]> {
    const [schema, object] = name.split(".") as [string, string];
    const path = `${base}/${method === "POST" && sql.startsWith("select") ? "rpc/" : ""}${object}?${query}`;
    const began = performance.now();
    const request = `${method} ${path.replace(/\?$/, "")}`;
    const facts = { sql, role: "over HTTP", request };
    const failed = (key: string, status: string): ApiError => {
      const error = new ApiError(status, key, key, null, null);
      note({ ...facts, milliseconds: performance.now() - began, rows: null, error });
      return error;
    };
    const answer = await fetch(path, {
      method,
      headers: {
        [method === "GET" ? "Accept-Profile" : "Content-Profile"]: schema,
        "Content-Type": "application/json",
        Prefer: "return=representation",
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
      },
      body: body === undefined ? undefined : JSON.stringify(body, (_, value) => (value instanceof Json ? value.value : value)),
    }).catch(() => null);
    const content = await answer?.text().catch(() => null);
    if (!answer || content === null || content === undefined) throw failed("unreachable", "");
    let data: unknown;
    try {
      data = content ? JSON.parse(content) : [];
    } catch {
      throw failed("unexpected_answer", `HTTP ${answer.status}`);
    }
    const rows: Row[] = Array.isArray(data) ? data : [data as Row];
    const error = answer.ok ? null : errorFrom(data as Row);
    note({ ...facts, milliseconds: performance.now() - began, rows: error ? null : rows.length, error });
    if (error) throw error;
    return rows;
  }

  return {
    read(asked) {
      const query = new URLSearchParams();
      for (const [column, operator, value] of asked.where ?? []) query.append(column, `${operator}.${value}`);
      if (asked.after) query.set("or", `(${following(asked.order ?? [], asked.after)})`);
      if (asked.order) query.set("order", asked.order.map((item) => item.replace(" ", ".")).join(","));
      if (asked.limit) query.set("limit", String(asked.limit));
      return send("GET", asked.from, query, readText(asked));
    },
    call: (name, args) => send("POST", name, new URLSearchParams(), callText(name, args), args),
    update: (table, id, changes) =>
      send("PATCH", table, new URLSearchParams({ id: `eq.${id}` }), updateText(table, id, changes), changes),
  };
}
