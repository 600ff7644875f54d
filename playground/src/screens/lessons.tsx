/** A student's lessons, past and to come. */

import { useState } from "preact/hooks";
import { showDay, showDayNumber, showMonth, showTime, t } from "../i18n";
import type { Row } from "../api/types";
import { act, api, go, usePages, useReading } from "../state";
import { Badge, Button, Dialog, Empty, Field, Heading, Loaded, More, toneOf } from "../ui/parts";
import { statusText } from "./organizer";

export function Lessons({ id }: { id: string }) {
  const students = useReading(() => api().read({ from: "tutoring.enrolled_students", order: ["full_name"], limit: 50 }));
  const student = Number(id) || students.data?.find((row) => row.id === 1)?.id || students.data?.[0]?.id || 0;
  return (
    <>
      <Heading title={t("lessons")} lead={t("lessonsLead")}>
        <Field label={t("student")} value={String(student)} onChange={(event) => go("lessons", event.currentTarget.value)}>
          {students.data?.map((row) => <option key={row.id} value={row.id}>{row.full_name}</option>)}
        </Field>
      </Heading>
      {student ? (
        <>
          <h2>{t("toCome")}</h2>
          <Half student={student} past={false} />
          <h2>{t("past")}</h2>
          <Half student={student} past />
        </>
      ) : <Loaded reading={students}>{() => <Empty>{t("studentsNone")}</Empty>}</Loaded>}
    </>
  );
}

/** Lessons to come, the next one first, or past ones, the last one first. */
function Half({ student, past }: { student: number; past: boolean }) {
  const order = ["starts_at", "session_id"].map((column) => (past ? `${column} desc` : column));
  const lessons = usePages({ from: "tutoring.session_history", where: [["student_id", "eq", student], ["is_past", "is", past]], order, limit: 25 }, student);
  return (
    <>
      <Loaded reading={lessons}>
        {(rows) => rows.length ? <ul class="rows">{rows.map((row) => <Lesson key={row.session_id} row={row} />)}</ul> : <Empty>{t(past ? "lessonsNonePast" : "lessonsNoneToCome")}</Empty>}
      </Loaded>
      <More pages={lessons} />
    </>
  );
}

export function Lesson({ row }: { row: Row }) {
  const [moves, setMoves] = useState(false);
  const topics: string[] = row.topics_covered?.length ? row.topics_covered : row.topics ?? [];
  return (
    <li class={row.status === "cancelled" ? "closed" : ""}>
      <div class="tile" aria-hidden="true"><b>{showDayNumber(row.starts_at, row.timezone)}</b><span>{showMonth(row.starts_at, row.timezone)}</span></div>
      <div class="facts">
        <p class="line start"><strong>{row.course_name}</strong><Badge tone={toneOf(row.status)}>{statusText(row.status, row.status_ar)}</Badge></p>
        <p>{showDay(row.starts_at, row.timezone)}, <span dir="ltr">{showTime(row.starts_at, row.timezone)}–{showTime(row.ends_at, row.timezone)}</span> · <span class="soft">{row.tutor_name}</span></p>
        {(topics.length > 0 || row.times_moved > 0) && (
          <p class="soft"><bdi>{topics.join(", ")}</bdi>{topics.length > 0 && row.times_moved > 0 && " · "}{row.times_moved > 0 && (row.times_moved === 1 ? t("movedOnce") : t("timesMoved", row.times_moved))}</p>
        )}
      </div>
      <div class="buttons">
        {row.status === "scheduled" && (
          <>
            <Button onClick={() => setMoves(true)}>{t("move")}</Button>
            <Button kind="danger" onClick={() => void act(async () => {
              await api().call("tutoring.cancel_session", { p_session_id: row.session_id });
              return t("lessonCancelled");
            })}>{t("cancel")}</Button>
          </>
        )}
        {["in_progress", "completed"].includes(row.status) && (
          <Button onClick={() => void act(async () => {
            await api().call("tutoring.mark_no_show", { p_session_id: row.session_id });
            return t("noShowDone");
          })}>{t("noShow")}</Button>
        )}
      </div>
      {moves && <MoveLesson row={row} close={() => setMoves(false)} />}
    </li>
  );
}

function MoveLesson({ row, close }: { row: Row; close: () => void }) {
  const [day, setDay] = useState(row.session_date);
  const [start, setStart] = useState(row.start_time.slice(0, 5));
  const [end, setEnd] = useState(row.end_time.slice(0, 5));
  return (
    <Dialog title={t("move")} close={close}>
      <form class="form" onSubmit={(event) => {
        event.preventDefault();
        void act(async () => {
          await api().call("tutoring.reschedule_session", { p_session_id: row.session_id, p_session_date: day, p_start_time: start, p_end_time: end });
          return t("lessonMoved");
        }).then((failed) => failed || close());
      }}>
        <Field label={t("date")} type="date" value={day} onInput={(event) => setDay(event.currentTarget.value)} required />
        <div class="grid2">
          <Field label={t("start")} type="time" value={start} onInput={(event) => setStart(event.currentTarget.value)} required />
          <Field label={t("end")} type="time" value={end} onInput={(event) => setEnd(event.currentTarget.value)} required />
        </div>
        <div class="buttons"><Button onClick={close}>{t("cancel")}</Button><Button type="submit" kind="main">{t("move")}</Button></div>
      </form>
    </Dialog>
  );
}
