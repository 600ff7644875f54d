/** Two languages: words, and how dates, times and money are written. */

import { signal } from "@preact/signals";
import { words, type Word } from "./words";

export type Language = "en" | "ar";
const KEY = "sessionbook-language";

export const language = signal<Language>(localStorage.getItem(KEY) === "ar" ? "ar" : "en");

export function setLanguage(value: Language): void {
  language.value = value;
  localStorage.setItem(KEY, value);
  document.documentElement.lang = value;
  document.documentElement.dir = value === "ar" ? "rtl" : "ltr";
}

/** A word or sentence; {0}, {1} take the values. */
export function t(word: Word, ...values: (string | number)[]): string {
  const text = words[word][language.value === "ar" ? 1 : 0];
  return text.replace(/\{(\d)\}/g, (_, place) => String(values[Number(place)] ?? ""));
}

/** The Arabic text of a row if that is the language and there is one. */
export function both(english: string | null | undefined, arabic: string | null | undefined): string {
  return (language.value === "ar" ? arabic || english : english) ?? "";
}

const locale = () => (language.value === "ar" ? "ar-KW-u-ca-gregory-nu-latn" : "en-GB");

function format(instant: string | Date, timeZone: string | undefined, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), { timeZone, ...options }).format(new Date(instant));
}

export const showTime = (at: string | Date, zone?: string) => format(at, zone, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
export const showDay = (at: string | Date, zone?: string) => format(at, zone, { weekday: "short", day: "numeric", month: "short" });
export const showDate = (at: string | Date, zone?: string) => format(at, zone, { day: "numeric", month: "long", year: "numeric" });
export const showMonth = (at: string | Date, zone?: string) => format(at, zone, { month: "short" });
export const showWeekday = (at: string | Date, zone?: string) => format(at, zone, { weekday: "long" });
export const showDayNumber = (at: string | Date, zone?: string) => format(at, zone, { day: "numeric" });
export const showWhen = (at: string | Date, zone?: string) => `${showDay(at, zone)}, ${showTime(at, zone)}`;

export function showMoney(amount: number | string, currency: string | null): string {
  const value = Number(amount);
  if (value === 0) return t("free");
  return amountOf(value, currency);
}

/** The plain number if the shop names no currency. */
export function amountOf(amount: number | string, currency: string | null): string {
  if (currency === null) return showNumber(Number(amount));
  return new Intl.NumberFormat(locale(), { style: "currency", currency, currencyDisplay: "code", minimumFractionDigits: 0 }).format(Number(amount));
}

export const showNumber = (value: number) => new Intl.NumberFormat(locale()).format(value);
/** "Asia/Kuwait" as "Kuwait". */
export const showZone = (zone: string) => zone.split("/").at(-1)?.replaceAll("_", " ") ?? zone;
