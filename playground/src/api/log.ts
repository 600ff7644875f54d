/** Every statement that ran, newest first, for the SQL panel. */

import { signal } from "@preact/signals";
import type { ApiError } from "./types";

export interface Entry {
  id: number;
  sql: string;
  role: string;
  request: string | null;
  milliseconds: number;
  rows: number | null;
  error: ApiError | null;
}

const KEPT = 40;
let next = 1;

export const log = signal<Entry[]>([]);

export function note(entry: Omit<Entry, "id">): void {
  log.value = [{ ...entry, id: next++ }, ...log.value].slice(0, KEPT);
}
