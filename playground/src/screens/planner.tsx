/** The planning board by week: sessions with alerts, trainers' load, drafts. */

import { useState } from "preact/hooks";
import { now } from "../api/clock";
import { both, showTime, t } from "../i18n";
import type { Row } from "../api/types";
import { act, api, go, link, useReading } from "../state";
import { Badge, Button, Dialog, Empty, Field, Heading, Loaded, toneOf } from "../ui/parts";
import { Week, WeekSwitch } from "../ui/week";
import { localDay, midnight, mondayOf, plusDays, ZONE } from "../weeks";
import { statusText } from "./organizer";

export const SEVERITY = { error: "bad", warning: "warn", info: "info" } as const;

export function Planner({ id }: { id: string }) {
  // From Thursday on, the week to plan is the next one.
  const monday = id || mondayOf(new Date(now().getTime() + 4 * 86_400_000));
  const [drafting, draft] = useState(false);
  const board = useReading(
    () => api().read({
      from: "training.session_board",
      where: [["start_time", "gte", midnight(monday)], ["start_time", "lt", midnight(plusDays(monday, 7))]],
      order: ["start_time", "session_id"],
      limit: 100,
    }),
    monday,
  );
  const undated = useReading(() => api().read({ from: "training.session_board", where: [["start_time", "is", null], ["status", "eq", "DRAFT"]], order: ["session_id"], limit: 50 }));
  const load = useReading(() => api().call("training.trainer_load", { p_week: monday, p_timezone: ZONE }), monday);
  return (
    <>
      <Heading title={t("planner")} lead={t("plannerLead")}>
        <Button kind="main" onClick={() => draft(true)}>{t("newDraft")}</Button>
      </Heading>
      <WeekSwitch monday={monday} change={(day) => go("planner", day)} />
      <Loaded reading={board}>
        {(rows) => <Week monday={monday} none={t("boardNone")}>{(day) => rows.filter((row) => localDay(row.start_time) === day).map((row) => <li key={row.session_id}><Tile row={row} /></li>)}</Week>}
      </Loaded>
      <div class="columns">
        <section class="block" aria-labelledby="load">
          <h2 id="load">{t("load")}</h2>
          <Loaded reading={load}>
            {(rows) => rows.length === 0 ? <Empty>{t("trainersNone")}</Empty> : (
              <ul class="bars">{rows.map((row) => (
                <li key={row.trainer_id}>
                  <span>{row.first_name} {row.last_name}</span>
                  <i style={{ inlineSize: `${Math.min(100, (row.hours / 40) * 100)}%` }} />
                  <b>{t("hoursBooked", Number(row.hours))}</b>
                </li>
              ))}</ul>
            )}
          </Loaded>
        </section>
        <section class="block" aria-labelledby="drafts">
          <h2 id="drafts">{t("drafts")}</h2>
          <Loaded reading={undated}>
            {(rows) => rows.length === 0 ? <Empty>{t("draftsNone")}</Empty> : <ul class="stack">{rows.map((row) => <li key={row.session_id}><Tile row={row} /></li>)}</ul>}
          </Loaded>
        </section>
      </div>
      {drafting && <NewDraft close={() => draft(false)} />}
    </>
  );
}

function Tile({ row }: { row: Row }) {
  return (
    <a class={`slot ${row.severity ?? ""} ${row.status}`} href={link("session", row.session_id)}>
      {row.start_time && <span dir="ltr">{showTime(row.start_time, ZONE)}–{showTime(row.end_time, ZONE)}</span>}
      <strong>{row.course_title}</strong>
      <span class="soft">{row.trainer_name || t("undecided")}{row.venue_name && ` · ${row.venue_name}`}</span>
      <span class="line start"><Badge tone={toneOf(row.status)}>{statusText(row.status, row.status_ar)}</Badge>{row.venue_capacity && <small dir="ltr">{row.attendee_count}/{row.venue_capacity}</small>}</span>
      {row.alert_text && <em class={`alert ${SEVERITY[row.severity as keyof typeof SEVERITY]}`}>{both(row.alert_text, row.alert_text_ar)}</em>}
    </a>
  );
}

function NewDraft({ close }: { close: () => void }) {
  const courses = useReading(() => api().read({ from: "training.courses", where: [["deleted_at", "is", null]], order: ["title"], limit: 100 }));
  const [course, setCourse] = useState("");
  const chosen = course || courses.data?.[0]?.id;
  return (
    <Dialog title={t("newDraft")} close={close}>
      <form class="form" onSubmit={(event) => {
        event.preventDefault();
        void act(async () => {
          const [made] = await api().call("training.create_draft", { p_course_id: chosen, p_created_by_id: "frank" });
          go("session", made?.id);
        }).then((failed) => failed || close());
      }}>
        <Field label={t("course")} value={chosen} onChange={(event) => setCourse(event.currentTarget.value)}>
          {courses.data?.map((row) => <option key={row.id} value={row.id}>{row.title}</option>)}
        </Field>
        <div class="buttons"><Button onClick={close}>{t("cancel")}</Button><Button type="submit" kind="main">{t("newDraft")}</Button></div>
      </form>
    </Dialog>
  );
}
