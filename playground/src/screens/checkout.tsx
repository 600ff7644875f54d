/** Booking one session: an order that holds the seats, or a place on the waiting list. */

import { useState } from "preact/hooks";
import { both, showMoney, showTime, showWhen, t } from "../i18n";
import { ApiError, Json, type Row } from "../api/types";
import { act, api, go } from "../state";
import { Button, Dialog, ErrorNote, Field } from "../ui/parts";

const KEY = "sessionbook-person";
export interface Person { name: string; phone: string; email: string }

export function knownPerson(): Person {
  return { name: "Dana Al-Sabah", phone: "+965 5555 0000", email: "dana@example.com", ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
}

export function Checkout({ session, close }: { session: Row; close: () => void }) {
  const [person, setPerson] = useState(knownPerson);
  const [seats, setSeats] = useState(1);
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const waits = !session.is_bookable;
  const set = (key: keyof Person) => (event: { currentTarget: HTMLInputElement }) => setPerson({ ...person, [key]: event.currentTarget.value });

  async function submit() {
    setBusy(true);
    localStorage.setItem(KEY, JSON.stringify(person));
    const failed = await act(async () => {
      if (waits) {
        await api().call("workshop.join_waitlist", {
          p_session_id: session.session_id, p_student_name: person.name, p_student_email: person.email, p_student_phone: person.phone, p_seats: seats,
        });
        return t("waitDone");
      }
      const [order] = await api().call("workshop.create_order", {
        p_creator_id: session.creator_id,
        p_customer_name: person.name,
        p_customer_phone: person.phone,
        p_items: new Json([{ workshop_id: session.workshop_id, session_id: session.session_id, quantity: seats }]),
        p_customer_email: person.email || null,
      });
      return order?.status === "paid" ? t("paidDone") : t("ordered", order?.order_number, showTime(order?.expires_at));
    });
    setBusy(false);
    setError(failed);
    if (failed) return;
    close();
    if (!waits) go("bookings");
  }

  return (
    <Dialog title={t(waits ? "waitTitle" : "checkout")} close={close}>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void submit(); }}>
        <p class="summary">
          <strong>{both(session.title, session.title_ar)}</strong>
          <span>{showWhen(session.starts_at, session.timezone)}</span>
          <span class="soft">{both(session.location, session.location_ar)}</span>
        </p>
        {error && <ErrorNote error={error} />}
        <Field label={t("name")} value={person.name} onInput={set("name")} required autocomplete="name" />
        <div class="grid2">
          <Field label={t("phone")} value={person.phone} onInput={set("phone")} required type="tel" dir="ltr" autocomplete="tel" />
          <Field label={t("email")} value={person.email} onInput={set("email")} required={waits} type="email" dir="ltr" autocomplete="email" />
        </div>
        <Field label={t("seats")} type="number" min={1} max={20} value={seats} onInput={(event) => setSeats(Number(event.currentTarget.value) || 1)} required />
        <p class="line total"><span>{t("total")}</span><b>{showMoney(Number(session.price) * seats, session.currency)}</b></p>
        <div class="buttons">
          <Button onClick={close}>{t("cancel")}</Button>
          <Button type="submit" kind="main" disabled={busy}>{t(waits ? "wait" : "order")}</Button>
        </div>
      </form>
    </Dialog>
  );
}
