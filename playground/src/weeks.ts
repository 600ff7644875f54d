/** Weeks of the department and the school, in Kuwait, which has no summer time. */

export const ZONE = "Asia/Kuwait";
const OFFSET = 3 * 3_600_000;
const DAY = 86_400_000;

/** The Monday of a moment's week, as YYYY-MM-DD. */
export function mondayOf(moment: Date): string {
  const local = new Date(moment.getTime() + OFFSET);
  const back = (local.getUTCDay() + 6) % 7;
  return new Date(local.getTime() - back * DAY).toISOString().slice(0, 10);
}

export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY).toISOString().slice(0, 10);
}

/** Midnight of a local day as an instant. */
export const midnight = (day: string) => `${day}T00:00:00+03:00`;
export const localDay = (instant: string) => new Date(Date.parse(instant) + OFFSET).toISOString().slice(0, 10);
/** For an input of type datetime-local, and back. */
export const toLocal = (instant: string | null) => (instant ? new Date(Date.parse(instant) + OFFSET).toISOString().slice(0, 16) : "");
export const fromLocal = (text: string) => (text ? `${text}:00+03:00` : null);
