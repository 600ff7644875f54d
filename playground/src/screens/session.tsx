/** One training session: plan it, see what is in its way, publish it, invite people, mark who came. */

import { useEffect, useState } from "preact/hooks";
import { both, showWhen, t } from "../i18n";
import { ApiError, Json, type Row } from "../api/types";
import { act, api, link, usePages, useReading } from "../state";
import { Back, Badge, Button, Empty, ErrorNote, Field, Loaded, More, toneOf, Way } from "../ui/parts";
import { fromLocal, localDay, mondayOf, toLocal, ZONE } from "../weeks";
import { Picker } from "./picker";
import { SEVERITY } from "./planner";
import { statusText } from "./organizer";

export function SessionPage({ id }: { id: string }) {
  const reading = useReading(() => api().read({ from: "training.session_board", where: [["session_id", "eq", id]] }), id);
  return (
    <Loaded reading={reading} title={t("planner")}>
      {([row]) => row ? (
        <>
          <Back href={row.start_time ? link("planner", mondayOf(new Date(row.start_time))) : link("planner")}>{t("planner")}</Back>
          <header class="heading">
            <div>
              <h1>{row.course_title}</h1>
              <p class="line start">
                <Badge tone={toneOf(row.status)}>{statusText(row.status, row.status_ar)}</Badge>
                {row.start_time ? showWhen(row.start_time, ZONE) : t("undecided")}
              </p>
            </div>
          </header>
          {row.alert_text && <p class={`alert wide ${SEVERITY[row.severity as keyof typeof SEVERITY]}`} role="status">{both(row.alert_text, row.alert_text_ar)}</p>}
          <div class="columns">
            <Plan key={`${row.trainer_id}${row.venue_id}${row.start_time}${row.status}`} row={row} />
            <People row={row} />
          </div>
        </>
      ) : <Empty title={t("planner")} next={<Way href={link("planner")}>{t("toPlanner")}</Way>}>{t("sessionGone")}</Empty>}
    </Loaded>
  );
}

function Plan({ row }: { row: Row }) {
  const [trainer, setTrainer] = useState<string>(row.trainer_id ?? "");
  const [venue, setVenue] = useState<string>(row.venue_id ?? "");
  const [start, setStart] = useState(toLocal(row.start_time));
  const [end, setEnd] = useState(toLocal(row.end_time));
  const [error, setError] = useState<ApiError | null>(null);
  const open = ["DRAFT", "SCHEDULED"].includes(row.status);
  const week = start ? start.slice(0, 10) : localDay(new Date().toISOString());
  const load = useReading(() => api().call("training.trainer_load", { p_week: week, p_timezone: ZONE }), week);
  const venues = useReading(() => api().read({ from: "training.venues", where: [["deleted_at", "is", null]], order: ["name"], limit: 100 }));
  const fields = { p_trainer_id: trainer || null, p_venue_id: venue || null, p_start_time: fromLocal(start), p_end_time: fromLocal(end) };

  async function save() {
    setError(await act(async () => {
      await api().call("training.update_session", {
        p_session_id: row.session_id,
        p_changes: new Json({ trainer_id: fields.p_trainer_id, venue_id: fields.p_venue_id, start_time: fields.p_start_time, end_time: fields.p_end_time }),
      });
      return t("saved");
    }));
  }
  async function publish() {
    setError(await act(async () => {
      await api().call("training.schedule_session", { p_session_id: row.session_id, ...fields });
      return t("published");
    }));
  }

  return (
    <section class="block" aria-labelledby="plan">
      <h2 id="plan">{t("plan")}</h2>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void (row.status === "DRAFT" ? publish() : save()); }}>
        {error && <ErrorNote error={error} />}
        <Field label={t("trainer")} value={trainer} disabled={!open} onChange={(event) => setTrainer(event.currentTarget.value)}>
          <option value="">{t("undecided")}</option>
          {load.data?.map((other) => <option key={other.trainer_id} value={other.trainer_id}>{other.label}</option>)}
        </Field>
        <Field label={t("venue")} value={venue} disabled={!open} onChange={(event) => setVenue(event.currentTarget.value)}>
          <option value="">{t("undecided")}</option>
          {venues.data?.map((other) => <option key={other.id} value={other.id}>{other.name} ({other.capacity})</option>)}
        </Field>
        <Field label={t("start")} type="datetime-local" value={start} disabled={!open} onInput={(event) => setStart(event.currentTarget.value)} />
        <Field label={t("end")} type="datetime-local" value={end} disabled={!open} onInput={(event) => setEnd(event.currentTarget.value)} />
        {open && <Availability row={row} trainer={trainer} venue={venue} start={fields.p_start_time} end={fields.p_end_time} />}
        {open && (
          <div class="buttons">
            {row.status === "DRAFT" && <Button onClick={() => void save()}>{t("save")}</Button>}
            <Button type="submit" kind="main">{t(row.status === "DRAFT" ? "publish" : "save")}</Button>
          </div>
        )}
      </form>
    </section>
  );
}

function Availability({ row, trainer, venue, start, end }: { row: Row; trainer: string; venue: string; start: string | null; end: string | null }) {
  const known = Boolean(start && end && end > start && (trainer || venue));
  const [answer, setAnswer] = useState<Row | null>(null);
  useEffect(() => {
    let current = true;
    setAnswer(null);
    if (known) {
      api().call("training.availability_check", {
        p_start_time: start, p_end_time: end, p_trainer_id: trainer || null, p_venue_id: venue || null, p_exclude_session_id: row.session_id,
      }).then((rows) => current && setAnswer(rows[0] ?? null), () => undefined);
    }
    return () => { current = false; };
  }, [trainer, venue, start, end]);
  if (!answer) return null;
  const named = (resource: string) => (answer.conflicts as Row[]).filter((other) => [resource, "both"].includes(other.resource))
    .map((other) => `${other.course_title}, ${showWhen(other.start_time, ZONE)}`).join("; ");
  const lines = [
    answer.trainer_available === false && t("conflictTrainer", named("trainer")),
    answer.venue_available === false && t("conflictVenue", named("venue")),
  ].filter(Boolean);
  return lines.length
    ? <div class="alert bad wide" role="status">{lines.map((line) => <p key={String(line)}>{line}</p>)}</div>
    : <p class="alert good wide" role="status">{t("conflictNone")}</p>;
}

function People({ row }: { row: Row }) {
  const [picking, pick] = useState(false);
  const people = usePages({ from: "training.session_roster", where: [["session_id", "eq", row.session_id]], order: ["last_name", "first_name", "personnel_id"], limit: 50 }, row.session_id);
  const mark = (person: Row, status: string) => void act(async () => {
    await api().call("training.mark_attendance", { p_session_id: row.session_id, p_marks: new Json([{ personnel_id: person.personnel_id, status }]) });
  });
  const english: Record<string, string> = { REGISTERED: "Registered", ATTENDED: "Attended", NO_SHOW: "No-show" };
  const arabic: Record<string, string> = { REGISTERED: "مسجَّل", ATTENDED: "حضر", NO_SHOW: "غاب" };
  const open = ["DRAFT", "SCHEDULED"].includes(row.status);
  return (
    <section class="block" aria-labelledby="people">
      <header class="line">
        <h2 id="people">{t("people")} <small dir="ltr">{row.attendee_count}{row.venue_capacity ? `/${row.venue_capacity}` : ""}</small></h2>
        {open && <Button onClick={() => pick(true)}>{t("invite")}</Button>}
      </header>
      <Loaded reading={people}>
        {(rows) => rows.length === 0 ? <Empty>{t(open ? "peopleNone" : "peopleNever")}</Empty> : (
          <ul class="people">
            {rows.map((person) => (
              <li key={person.personnel_id}>
                <bdi>{person.first_name} {person.last_name}</bdi>
                <span class="buttons">
                  <Badge tone={person.status === "ATTENDED" ? "good" : person.status === "NO_SHOW" ? "bad" : "neutral"}>{both(english[person.status], arabic[person.status])}</Badge>
                  {row.status === "SCHEDULED" && (
                    <>
                      <button type="button" class="textual" onClick={() => mark(person, "ATTENDED")} aria-label={`${t("attended")}: ${person.first_name} ${person.last_name}`}>{t("attended")}</button>
                      <button type="button" class="textual" onClick={() => mark(person, "NO_SHOW")} aria-label={`${t("absent")}: ${person.first_name} ${person.last_name}`}>{t("absent")}</button>
                    </>
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <More pages={people} />
      {row.status === "SCHEDULED" && (
        <div class="buttons start">
          <Button onClick={() => void act(async () => { await api().call("training.complete_session", { p_session_id: row.session_id }); return t("completed"); })}>{t("complete")}</Button>
          <Button kind="danger" onClick={() => void act(async () => { await api().call("training.cancel_session", { p_session_id: row.session_id }); })}>{t("cancelSession")}</Button>
        </div>
      )}
      {picking && <Picker session={row.session_id} close={() => pick(false)} />}
    </section>
  );
}
