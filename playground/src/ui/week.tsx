/** Going from week to week, and seven days side by side. */

import type { ComponentChildren } from "preact";
import { now } from "../api/clock";
import { showDay, showDayNumber, showWeekday, showDate, t } from "../i18n";
import { localDay, mondayOf, plusDays } from "../weeks";
import { Button, Empty } from "./parts";

export function WeekSwitch({ monday, change }: { monday: string; change: (monday: string) => void }) {
  return (
    <div class="week-switch">
      <Button onClick={() => change(plusDays(monday, -7))} aria-label={t("previous")}><Arrow turn /></Button>
      <strong aria-live="polite">{t("weekOf", showDate(`${monday}T12:00:00Z`, "UTC"))}</strong>
      <Button onClick={() => change(plusDays(monday, 7))} aria-label={t("next")}><Arrow /></Button>
      <Button onClick={() => change(mondayOf(now()))} disabled={monday === mondayOf(now())}>{t("thisWeek")}</Button>
    </div>
  );
}

function Arrow({ turn }: { turn?: boolean }) {
  return (
    <svg class={turn ? "arrow turn" : "arrow"} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d="M6 3l5 5-5 5" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}

export function Week({ monday, none, children }: { monday: string; none: string; children: (day: string) => ComponentChildren[] }) {
  const today = localDay(now().toISOString());
  const days = [0, 1, 2, 3, 4, 5, 6].map((place) => plusDays(monday, place)).map((day) => [day, children(day)] as const);
  if (days.every(([, shown]) => shown.length === 0)) return <Empty>{none}</Empty>;
  return (
    <ol class="week">
      {days.map(([day, shown]) => {
        const at = `${day}T12:00:00Z`;
        return (
          <li key={day} class={`${day === today ? "today" : ""} ${shown.length ? "" : "free"}`}>
            <h2 aria-label={showDay(at, "UTC")}><span>{showWeekday(at, "UTC")}</span> <b>{showDayNumber(at, "UTC")}</b></h2>
            {shown.length ? <ul>{shown}</ul> : <p class="soft">{t("dayFree")}</p>}
          </li>
        );
      })}
    </ol>
  );
}
