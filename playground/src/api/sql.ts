/** SQL text of what a screen asks for: the very text that runs is the one that the panel shows. */

import { Json, type Condition, type Read, type Value } from "./types";

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

export function readText({ from, where = [], order = [], limit }: Read): string {
  const lines = [`select * from ${from}`];
  if (where.length) lines.push(`where ${where.map(condition).join("\n    and ")}`);
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

export function insertText(table: string, row: Record<string, Value>): string {
  return `insert into ${table} (${Object.keys(row).join(", ")})
values (${Object.values(row).map(literal).join(", ")})
returning *`;
}

export function updateText(table: string, id: string | number, changes: Record<string, Value>): string {
  const pairs = Object.entries(changes).map(([key, value]) => `${key} = ${literal(value)}`);
  return `update ${table}\nset ${pairs.join(", ")}\nwhere id = ${literal(id)}\nreturning *`;
}
