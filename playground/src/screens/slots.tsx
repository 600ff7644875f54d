/** What could be booked, and who needs which course. */

import { useState } from "preact/hooks";
import { now } from "../api/clock";
import { showDate, showDay, showTime, t } from "../i18n";
import type { Row } from "../api/types";
import { act, api, go, usePagesOf, useReading } from "../state";
import { Button, Empty, Field, Heading, Loaded, More } from "../ui/parts";
import { midnight, mondayOf, plusDays, ZONE } from "../weeks";
import { ComplianceBadge } from "./picker";

const courses = () => api().read({ from: "training.courses", where: [["deleted_at", "is", null]], order: ["title"], limit: 100 });

/** The course that was chosen; before that the demo's, or the first there is. */
function useCourse() {
  const [chosen, choose] = useState("");
  const known = useReading(courses);
  const course: string = chosen || known.data?.find((row) => row.id === "course_heights")?.id || known.data?.[0]?.id || "";
  return { course, choose, known };
}

function CourseField({ value, choose, rows }: { value: string; choose: (id: string) => void; rows: Row[] | null }) {
  return (
    <Field label={t("course")} value={value} onChange={(event) => choose(event.currentTarget.value)}>
      {rows?.map((row) => <option key={row.id} value={row.id}>{row.title}</option>)}
    </Field>
  );
}

export function Slots() {
  const { course, choose, known } = useCourse();
  const [hours, setHours] = useState(3);
  const names = useReading(async () => {
    const [trainers, venues] = await Promise.all([
      api().read({ from: "training.trainers", order: ["id"], limit: 200 }),
      api().read({ from: "training.venues", order: ["id"], limit: 200 }),
    ]);
    return new Map([...trainers.map((row) => [row.id, `${row.first_name} ${row.last_name}`] as const), ...venues.map((row) => [row.id, row.name] as const)]);
  });
  const monday = plusDays(mondayOf(now()), 7);
  const slots = useReading(
    async () => course === "" ? [] : api().call("training.free_slots", { p_course_id: course, p_duration: `${hours} hours`, p_from: midnight(monday), p_until: midnight(plusDays(monday, 14)), p_limit: 40 }),
    course, hours,
  );
  const draft = (slot: Row) => void act(async () => {
    const start = new Date(Math.ceil(Date.parse(slot.start_time) / 3_600_000) * 3_600_000);
    const [made] = await api().call("training.create_draft", {
      p_course_id: course, p_created_by_id: "frank", p_trainer_id: slot.trainer_id, p_venue_id: slot.venue_id,
      p_start_time: start.toISOString(), p_end_time: new Date(start.getTime() + hours * 3_600_000).toISOString(),
    });
    go("session", made?.id);
  });
  return (
    <>
      <Heading title={t("slots")} lead={t("slotsLead")}>
        <CourseField value={course} choose={choose} rows={known.data} />
        <Field label={t("hours")} type="number" min={1} max={12} value={hours} onInput={(event) => setHours(Number(event.currentTarget.value) || 1)} />
      </Heading>
      {known.data?.length === 0 ? <Empty>{t("coursesNone")}</Empty> : <Loaded reading={known.data ? slots : known}>
        {(rows) => rows.length === 0 ? <Empty>{t("slotsNone")}</Empty> : (
          <ul class="rows">
            {rows.map((row) => (
              <li key={`${row.trainer_id}${row.venue_id}${row.start_time}`}>
                <div class="facts">
                  <p class="strong">{names.data?.get(row.trainer_id)} · {names.data?.get(row.venue_id)}</p>
                  <p class="soft">{showDay(row.start_time, ZONE)} <span dir="ltr">{showTime(row.start_time, ZONE)}</span> – {showDay(row.end_time, ZONE)} <span dir="ltr">{showTime(row.end_time, ZONE)}</span></p>
                </div>
                <Button onClick={() => draft(row)}>{t("newDraft")}</Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded>}
    </>
  );
}

export function Compliance() {
  const { course, choose, known } = useCourse();
  const reading = usePagesOf(50, async (after) => {
    const items = await api().read({ from: "training.compliance_items", where: [["course_id", "eq", course]], order: ["sort_name", "personnel_id"], limit: 50, after });
    if (items.length === 0) return [];
    const people = await api().read({
      from: "training.personnel",
      where: [["sort_name", "gte", items[0]!.sort_name], ["sort_name", "lte", items.at(-1)!.sort_name]],
      order: ["sort_name"],
      limit: 500,
    });
    const byId = new Map(people.map((row) => [row.id, row]));
    return items.map((row) => ({ ...row, person: byId.get(row.personnel_id) }) as Row);
  }, course);
  return (
    <>
      <Heading title={t("compliance")} lead={t("complianceLead")}>
        <CourseField value={course} choose={choose} rows={known.data} />
      </Heading>
      <Loaded reading={reading}>
        {(rows) => rows.length === 0 ? <Empty>{t(known.data?.length === 0 ? "coursesNone" : "complianceNone")}</Empty> : (
          <ul class="people two">
            {rows.map((row) => (
              <li key={row.id}>
                <span><bdi>{row.person?.first_name} {row.person?.last_name}</bdi> {row.expiry_date && <small class="soft">{t("until", showDate(`${row.expiry_date}T12:00:00Z`, "UTC"))}</small>}</span>
                <ComplianceBadge status={row.status} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <More pages={reading} />
    </>
  );
}
