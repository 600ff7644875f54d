/**
 * The clock that can be moved. It starts when the demo data was made and stands still while the page is closed, so that
 * the demo's days stay around it.
 */

import { signal } from "@preact/signals";

const KEY = "sessionbook-clock";
const kept = Number(localStorage.getItem(KEY) ?? Number.NaN);

/** Milliseconds that the playground's clock is ahead of the real one. */
export const offset = signal((Number.isFinite(kept) ? kept : __DATA_AT__) - Date.now());

export function now(): Date {
  return new Date(Date.now() + offset.value);
}

export function moveClock(milliseconds: number): void {
  offset.value += milliseconds;
  keepClock();
}

/** For a server, whose clock nobody moves from here. */
export function useRealClock(): void {
  offset.value = 0;
}

export function resetClock(): void {
  offset.value = __DATA_AT__ - Date.now();
  keepClock();
}

export function keepClock(): void {
  localStorage.setItem(KEY, String(now().getTime()));
}
