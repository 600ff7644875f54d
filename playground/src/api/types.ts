/** How screens talk to a database: views, functions and tables by name, over PGlite or over HTTP. */

export type Value = string | number | boolean | null | Json | string[];
export type Row = Record<string, any>;
export type Operator = "eq" | "gt" | "gte" | "lt" | "lte" | "is" | "neq";
export type Condition = [column: string, operator: Operator, value: string | number | boolean | null];
export type Role = "app" | "writer" | "courier";

/** A value for an argument or column of type jsonb. */
export class Json {
  constructor(readonly value: unknown) {}
}

export interface Read {
  from: string;
  where?: Condition[];
  order?: string[];
  limit?: number;
  /** The last row of the page before: what follows it in this order, all ascending or all descending. */
  after?: Row;
}

export interface Api {
  read(query: Read): Promise<Row[]>;
  call(name: string, args: Record<string, Value>, role?: Role): Promise<Row[]>;
  update(table: string, id: string | number, changes: Record<string, Value>): Promise<Row[]>;
  /** Free text from the SQL panel; only with a database in the browser. */
  run?(sql: string): Promise<Result>;
  /** Moves what is due; only if this page is the clock. */
  tick?(): Promise<void>;
  /** Throws the data away and loads the demo again. */
  reset?(): void;
}

export interface Result {
  columns: string[];
  rows: Row[];
}

/** An error as Sessionbook raises it: SQLSTATE, a stable key, and what to do. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    readonly key: string | null,
    message: string,
    readonly detail: string | null,
    readonly hint: string | null,
  ) {
    super(message);
  }
}

export function errorFrom(fault: Record<string, any>): ApiError {
  const detail: string | null = fault.detail ?? fault.details ?? null;
  const key = /^key: (\w+)/.exec(detail ?? "")?.[1] ?? fault.constraint ?? null;
  return new ApiError(
    String(fault.code ?? "unknown"),
    key,
    String(fault.message ?? fault),
    detail?.replace(/^key: \w+\n/, "") ?? null,
    fault.hint ?? null,
  );
}
