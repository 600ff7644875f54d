/** A tutor's week, with what the clock does next to each lesson. */

import { useState } from "preact/hooks";
import { now } from "../api/clock";
import { showTime, t } from "../i18n";
import type { Row } from "../api/types";
import { api, go, useReading } from "../state";
import { Badge, Empty, Field, Heading, Loaded, toneOf } from "../ui/parts";
import { Week, WeekSwitch } from "../ui/week";
import { localDay, midnight, mondayOf, plusDays, ZONE } from "../weeks";
import { statusText } from "./organizer";

export function TutorWeek({ id }: { id: string }) {
  const [monday, setMonday] = useState(mondayOf(now()));
  const tutors = useReading(() => api().read({ from: "tutoring.tutors", order: ["full_name"], limit: 50 }));
  const tutor = Number(id) || tutors.data?.[0]?.id || 0;
  const lessons = useReading(
    () => api().read({
      from: "tutoring.session_history",
      where: [["tutor_id", "eq", tutor], ["starts_at", "gte", midnight(monday)], ["starts_at", "lt", midnight(plusDays(monday, 7))]],
      order: ["starts_at", "session_id"],
      limit: 100,
    }),
    tutor, monday,
  );
  const rates = useReading(() => api().read({ from: "tutoring.no_show_rates", where: [["tutor_id", "eq", tutor]], order: ["enrolled_courses_id"], limit: 50 }), tutor);
  return (
    <>
      <Heading title={t("week")}>
        <Field label={t("tutor")} value={String(tutor)} onChange={(event) => go("week", event.currentTarget.value)}>
          {tutors.data?.map((row) => <option key={row.id} value={row.id}>{row.full_name}</option>)}
        </Field>
      </Heading>
      <WeekSwitch monday={monday} change={setMonday} />
      {tutor ? (
        <Loaded reading={lessons}>
          {(rows) => <Week monday={monday} none={t("weekNone")}>{(day) => rows.filter((row) => localDay(row.starts_at) === day).map((row) => <Slot key={row.session_id} row={row} />)}</Week>}
        </Loaded>
      ) : <Loaded reading={tutors}>{() => <Empty>{t("tutorsNone")}</Empty>}</Loaded>}
      {(rates.data?.length ?? 0) > 0 && (
        <section class="block" aria-labelledby="rates">
          <h2 id="rates">{t("numbers")}</h2>
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="rates">
            <table>
              <thead><tr><th scope="col">{t("course")}</th><th scope="col" class="end">{t("lessonsCount")}</th><th scope="col" class="end">{t("absent")}</th></tr></thead>
              <tbody>{rates.data?.map((row) => (
                <tr key={row.enrolled_courses_id}><th scope="row">{row.course_name}</th><td class="end">{row.sessions}</td><td class="end"><bdi>{Number(row.no_show_percent)}%</bdi></td></tr>
              ))}</tbody>
            </table>
          </div>
        </section>
      )}
    </>
  );
}

function Slot({ row }: { row: Row }) {
  return (
    <li class={`slot ${row.status === "cancelled" ? "closed" : ""}`}>
      <span dir="ltr">{showTime(row.starts_at, ZONE)}–{showTime(row.ends_at, ZONE)}</span>
      <strong>{row.course_name}</strong>
      <span class="soft">{row.student_name}</span>
      <Badge tone={toneOf(row.status)}>{statusText(row.status, row.status_ar)}</Badge>
    </li>
  );
}
