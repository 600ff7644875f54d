/** One run: its sessions with seats, who sits there, who waits; capacity, moving, cancelling. */

import { useState } from "preact/hooks";
import { amountOf, both, showDay, showTime, showWhen, t } from "../i18n";
import type { Row } from "../api/types";
import { act, api, link, usePages, useReading } from "../state";
import { Back, Badge, Button, Dialog, Empty, Field, Loaded, Meter, More, toneOf, Way } from "../ui/parts";
import { statusText } from "./organizer";

export function RunPage({ id }: { id: string }) {
  const run = useReading(() => api().read({ from: "workshop.organizer_runs", where: [["run_id", "eq", id]] }), id);
  const sessions = useReading(
    () => api().read({ from: "workshop.workshop_sessions", where: [["run_id", "eq", id]], order: ["starts_at", "id"], limit: 100 }),
    id,
  );
  return (
    <Loaded reading={run} title={t("organizer")}>
      {([row]) => row ? (
        <>
          <Back href={link("organizer", row.creator_id)}>{t("organizer")}</Back>
          <header class="heading">
            <div>
              <h1>{both(row.workshop_name, row.workshop_name_ar)}</h1>
              <p>{both(row.run_name, row.run_name_ar)}</p>
            </div>
            <dl class="figures">
              <div><dt>{t("status")}</dt><dd><Badge tone={toneOf(row.status)}>{statusText(row.status, row.status_ar)}</Badge></dd></div>
              <div><dt>{t("revenue")}</dt><dd>{amountOf(row.amount_paid, row.currency)}</dd></div>
              <div><dt>{t("due")}</dt><dd>{amountOf(row.amount_due, row.currency)}</dd></div>
            </dl>
          </header>
          <Loaded reading={sessions}>
            {(rows) => rows.length === 0 ? <Empty>{t("sessionsNone")}</Empty> : <>{rows.map((session) => <SessionCard key={session.id} session={session} />)}</>}
          </Loaded>
        </>
      ) : <Empty title={t("organizer")} next={<Way href={link("organizer")}>{t("toOrganizer")}</Way>}>{t("runGone")}</Empty>}
    </Loaded>
  );
}

function SessionCard({ session }: { session: Row }) {
  const [form, setForm] = useState<"capacity" | "move" | null>(null);
  const people = usePages({ from: "workshop.session_attendees", where: [["session_id", "eq", session.id]], order: ["enrolled_at", "enrollment_id"], limit: 50 }, session.id);
  const waiting = useReading(() => api().read({ from: "workshop.waitlist_entries", where: [["session_id", "eq", session.id], ["status", "neq", "left"]], order: ["priority desc", "joined_at"], limit: 100 }), session.id);
  const over = ["completed", "cancelled"].includes(session.status);
  const seats = session.max_attendees || 0;
  const heading = `s-${session.id}`;
  return (
    <section class="session" aria-labelledby={heading}>
      <header class="line">
        <div>
          <h2 id={heading}>{showDay(session.starts_at, session.timezone)} · <span dir="ltr">{showTime(session.starts_at, session.timezone)}</span></h2>
          <p class="soft">{both(session.location, session.location_ar)}</p>
        </div>
        <Badge tone={toneOf(session.status)}>{statusText(session.status, session.status_ar)}</Badge>
      </header>
      <Meter taken={session.current_attendees} of={seats} label={seats ? t("taken", session.current_attendees, seats) : t("takenOpen", session.current_attendees)} />
      <h3>{t("attendees")}</h3>
      <Loaded reading={people}>
        {(rows) => rows.length === 0 ? <Empty>{t("attendeesNone")}</Empty> : (
          <ul class="people">
            {rows.map((row) => (
              <li key={row.enrollment_id}>
                <span><bdi>{row.student_name}</bdi>{row.seats > 1 && ` × ${row.seats}`} <small class="soft" dir="ltr">{row.student_phone}</small></span>
                <Badge tone={row.is_paid ? "good" : row.is_held ? "warn" : "neutral"}>
                  {row.is_paid ? t("paid") : row.is_held ? t("held", row.held_until ? showTime(row.held_until) : "") : Number(row.total_price) === 0 ? t("free") : t("unpaid")}
                </Badge>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <More pages={people} />
      {(waiting.data?.length ?? 0) > 0 && (
        <>
          <h3>{t("waitTitle")}</h3>
          <ol class="people">
            {waiting.data?.map((row) => (
              <li key={row.id}>
                <span><bdi>{row.student_name}</bdi></span>
                <Badge tone={toneOf(row.status)}>{row.offer_expires_at ? t("heldUntil", showWhen(row.offer_expires_at)) : statusText(row.status, t("waiting", "").trim())}</Badge>
              </li>
            ))}
          </ol>
        </>
      )}
      {!over && (
        <div class="buttons start">
          <Button onClick={() => setForm("capacity")}>{t("capacity")}</Button>
          <Button onClick={() => setForm("move")}>{t("move")}</Button>
          <Button kind="danger" onClick={() => void act(async () => t("cancelledTell", (await api().call("workshop.cancel_session", { p_session_id: session.id })).length))}>{t("cancelSession")}</Button>
        </div>
      )}
      {form === "capacity" && <Capacity session={session} close={() => setForm(null)} />}
      {form === "move" && <Move session={session} close={() => setForm(null)} />}
    </section>
  );
}

function Capacity({ session, close }: { session: Row; close: () => void }) {
  const [seats, setSeats] = useState(session.max_attendees ?? 0);
  return (
    <Dialog title={t("capacity")} close={close}>
      <form class="form" onSubmit={(event) => {
        event.preventDefault();
        void act(async () => {
          await api().update("workshop.workshop_sessions", session.id, { max_attendees: seats });
          return t("capacityDone", seats);
        }).then((failed) => failed || close());
      }}>
        <Field label={t("seats")} help={t("capacityHelp")} type="number" min={0} max={10000} value={seats} onInput={(event) => setSeats(Number(event.currentTarget.value))} />
        <div class="buttons"><Button onClick={close}>{t("cancel")}</Button><Button type="submit" kind="main">{t("save")}</Button></div>
      </form>
    </Dialog>
  );
}

function Move({ session, close }: { session: Row; close: () => void }) {
  const [day, setDay] = useState(session.session_date);
  const [start, setStart] = useState(session.start_time.slice(0, 5));
  return (
    <Dialog title={t("moveTitle")} close={close}>
      <form class="form" onSubmit={(event) => {
        event.preventDefault();
        void act(async () => t("moved", (await api().call("workshop.reschedule_session", { p_session_id: session.id, p_session_date: day, p_start_time: start })).length))
          .then((failed) => failed || close());
      }}>
        <div class="grid2">
          <Field label={t("date")} type="date" value={day} onInput={(event) => setDay(event.currentTarget.value)} required />
          <Field label={t("start")} type="time" value={start} onInput={(event) => setStart(event.currentTarget.value)} required />
        </div>
        <div class="buttons"><Button onClick={close}>{t("cancel")}</Button><Button type="submit" kind="main">{t("move")}</Button></div>
      </form>
    </Dialog>
  );
}
