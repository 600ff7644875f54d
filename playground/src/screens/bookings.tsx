/** What one person booked, and the tracking of an order without an account. */

import { useState } from "preact/hooks";
import { amountOf, both, showTime, showWhen, t } from "../i18n";
import type { Row } from "../api/types";
import { act, api, link, usePagesOf, useReading } from "../state";
import { Badge, Button, Empty, Field, Heading, Loaded, More, toneOf, Way } from "../ui/parts";
import { knownPerson } from "./checkout";

export function Bookings() {
  const [contact, setContact] = useState(knownPerson().email);
  const [asked, ask] = useState(contact);
  const reading = usePagesOf(
    20,
    (after) => api().call("workshop.my_bookings", { p_contact: asked, ...(after && { p_after: after.enrollment_id }) }),
    asked,
  );
  return (
    <>
      <Heading title={t("bookings")} lead={t("bookingsLead")} />
      <form class="find" onSubmit={(event) => { event.preventDefault(); ask(contact); }}>
        <Field label={t("contact")} value={contact} dir="ltr" onInput={(event) => setContact(event.currentTarget.value)} required />
        <Button type="submit" kind="main">{t("find")}</Button>
      </form>
      <Loaded reading={reading}>
        {(rows) => rows.length === 0
          ? <Empty next={<Way href={link("store")}>{t("toStore")}</Way>}>{t("bookingsNone")}</Empty>
          : <ul class="rows">{rows.map((row) => <Booking key={row.enrollment_id} row={row} />)}</ul>}
      </Loaded>
      <More pages={reading} />
      <Track />
    </>
  );
}

function Booking({ row }: { row: Row }) {
  const over = ["cancelled", "rejected"].includes(row.status) || ["completed", "cancelled"].includes(row.session_status);
  const english: Record<string, string> = { successful: "Confirmed", pending: "Not paid yet", cancelled: "Cancelled", rejected: "Rejected" };
  return (
    <li class={over ? "closed" : ""}>
      <div class="facts">
        <p class="line start"><strong>{both(row.title, row.title_ar)}</strong><Badge tone={toneOf(row.status)}>{both(english[row.status], row.status_ar)}</Badge></p>
        <p>{showWhen(row.starts_at, row.timezone)} · <span class="soft">{both(row.location, row.location_ar)}</span></p>
        <p class="soft">
          {row.order_number && <>{t("orderNumber")} <span dir="ltr">{row.order_number}</span> · </>}{t("seats")}: {row.seats}
          {row.held_until && <> · <b class="warn-text">{t("heldUntil", showTime(row.held_until))}</b></>}
        </p>
      </div>
      <div class="buttons">
        {row.status === "pending" && row.order_id && (
          <Button kind="main" onClick={() => void act(async () => {
            await api().call("workshop.record_payment", { p_order_id: row.order_id, p_amount: Number(row.total_price), p_method: "knet" });
            return t("paidDone");
          })}>{t("pay", amountOf(row.total_price, row.currency))}</Button>
        )}
        {!over && (
          <Button onClick={() => void act(async () => {
            await api().call("workshop.cancel_enrollment", { p_enrollment_id: row.enrollment_id });
            return t("givenUp");
          })}>{t("giveUp")}</Button>
        )}
      </div>
    </li>
  );
}

function Track() {
  const [number, setNumber] = useState("");
  const [phone, setPhone] = useState(knownPerson().phone);
  const [asked, ask] = useState<[string, string] | null>(null);
  const reading = useReading(
    async () => (asked ? api().call("workshop.track_order", { p_order_number: asked[0], p_phone: asked[1] }) : []),
    asked,
  );
  const english: Record<string, string> = { pending: "Not paid yet", paid: "Paid", cancelled: "Cancelled", refunded: "Refunded" };
  return (
    <section class="block" aria-labelledby="track">
      <h2 id="track">{t("track")}</h2>
      <p class="soft">{t("trackHelp")}</p>
      <form class="find" onSubmit={(event) => { event.preventDefault(); ask([number, phone]); }}>
        <Field label={t("orderNumber")} value={number} dir="ltr" placeholder="000001" onInput={(event) => setNumber(event.currentTarget.value)} required />
        <Field label={t("phone")} value={phone} dir="ltr" type="tel" onInput={(event) => setPhone(event.currentTarget.value)} required />
        <Button type="submit" kind="main">{t("find")}</Button>
      </form>
      {asked && (
        <Loaded reading={reading}>
          {(rows) => rows.length === 0 ? <Empty>{t("trackNone")}</Empty> : (
            <ul class="rows">
              {rows.map((row) => (
                <li key={row.order_item_id}>
                  <div class="facts">
                    <p class="line start"><strong>{both(row.workshop_name, row.workshop_name_ar)}</strong><Badge tone={toneOf(row.status)}>{both(english[row.status], row.status_ar)}</Badge></p>
                    {row.starts_at && <p>{showWhen(row.starts_at, row.timezone)} · <span class="soft">{both(row.location, row.location_ar)}</span></p>}
                    <p class="soft">{t("due")} {amountOf(row.due, row.currency)} · {t("paid")} {amountOf(row.paid, row.currency)}
                      {row.held_until && <> · <b class="warn-text">{t("heldUntil", showTime(row.held_until))}</b></>}</p>
                  </div>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
      )}
    </section>
  );
}
