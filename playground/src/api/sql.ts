/** SQL text of what a screen asks for: the very text that runs is the one that the panel shows. */

import { Json, type Condition, type Read, type Row, type Value } from "./types";

const OPERATORS = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=", is: "is", neq: "<>" } as const;

export function literal(value: Value): string {
  if (value === null) return "null";
  if (typeof value === "number") return String(value);
  if (typeof value === "boolean") return value ? "true" : "false";
  if (value instanceof Json) return `${quoted(JSON.stringify(value.value))}::jsonb`;
  if (Array.isArray(value)) return value.length ? `array[${value.map(quoted).join(", ")}]` : "'{}'";
  return quoted(value);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function condition([column, operator, value]: Condition): string {
  return `${column} ${OPERATORS[operator]} ${literal(value)}`;
}

/** What a page is ordered by: columns, and whether the last comes first. */
export function keyOf(order: string[]): { columns: string[]; descending: boolean } {
  return { columns: order.map((item) => item.split(" ")[0] as string), descending: order[0]?.endsWith(" desc") ?? false };
}

function following(order: string[], after: Row): string {
  const { columns, descending } = keyOf(order);
  return `(${columns.join(", ")}) ${descending ? "<" : ">"} (${columns.map((name) => literal(after[name])).join(", ")})`;
}

export function readText({ from, where = [], order = [], limit, after }: Read): string {
  const lines = [`select * from ${from}`];
  const conditions = [...where.map(condition), ...(after ? [following(order, after)] : [])];
  if (conditions.length) lines.push(`where ${conditions.join("\n    and ")}`);
  if (order.length) lines.push(`order by ${order.join(", ")}`);
  if (limit) lines.push(`limit ${limit}`);
  return lines.join("\n");
}

export function callText(name: string, args: Record<string, Value>): string {
  const pairs = Object.entries(args).map(([key, value]) => `${key} => ${literal(value)}`);
  const short = pairs.join(", ");
  if (short.length < 60) return `select * from ${name}(${short})`;
  return `select * from ${name}(\n    ${pairs.join(",\n    ")}\n)`;
}

export function updateText(table: string, id: string | number, changes: Record<string, Value>): string {
  const pairs = Object.entries(changes).map(([key, value]) => `${key} = ${literal(value)}`);
  return `update ${table}\nset ${pairs.join(", ")}\nwhere id = ${literal(id)}\nreturning *`;
}
