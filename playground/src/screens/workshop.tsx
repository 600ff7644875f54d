/** One workshop: its dates with the seats left, and the checkout. */

import { useState } from "preact/hooks";
import { both, showDate, showDayNumber, showMoney, showMonth, showTime, showWeekday, showZone, t } from "../i18n";
import type { Row } from "../api/types";
import { api, link, useReading } from "../state";
import { Cover } from "../ui/cover";
import { Back, Button, Empty, Loaded, Way } from "../ui/parts";
import { Checkout } from "./checkout";
import { StoreBadge } from "./store";

export function WorkshopPage({ id }: { id: string }) {
  const [chosen, choose] = useState<Row | null>(null);
  const reading = useReading(
    () => api().read({ from: "workshop.store_sessions", where: [["workshop_id", "eq", id]], order: ["starts_at", "session_id"], limit: 50 }),
    id,
  );
  return (
    <>
      <Back href={link("store")}>{t("store")}</Back>
      <Loaded reading={reading} title={t("store")}>
        {(rows) => {
          const first = rows[0];
          if (!first) return <Empty title={t("store")} next={<Way href={link("store")}>{t("toStore")}</Way>}>{t("workshopGone")}</Empty>;
          return (
            <article class="workshop">
              <div class="hero">
                <Cover id={id} />
                <div>
                  <h1>{both(first.title, first.title_ar)}</h1>
                  <p class="soft">{t("by", first.creator_username)}</p>
                  <p class="price">{showMoney(first.price, first.currency)}</p>
                </div>
              </div>
              {both(first.description, first.description_ar) && <p>{both(first.description, first.description_ar)}</p>}
              <h2>{t("chooseDate")}</h2>
              <ul class="dates">{rows.map((row) => <Day key={row.session_id} row={row} choose={choose} />)}</ul>
            </article>
          );
        }}
      </Loaded>
      {chosen && <Checkout session={chosen} close={() => choose(null)} />}
    </>
  );
}

export function seatsText(left: number | null): string {
  if (left === null) return t("unlimited");
  return left === 0 ? t("noSeats") : left === 1 ? t("seatLeft") : t("seatsLeft", left);
}

function Day({ row, choose }: { row: Row; choose: (row: Row) => void }) {
  const canWait = !row.is_bookable && ["full", "waiting_list"].includes(row.badge);
  const when = showDate(row.starts_at, row.timezone);
  return (
    <li class={`date ${row.is_bookable || canWait ? "" : "closed"}`}>
      <div class="tile" aria-hidden="true">
        <b>{showDayNumber(row.starts_at, row.timezone)}</b>
        <span>{showMonth(row.starts_at, row.timezone)}</span>
      </div>
      <div class="facts">
        <p class="line start">
          <strong>{showWeekday(row.starts_at, row.timezone)}</strong>
          <span dir="ltr">{showTime(row.starts_at, row.timezone)}–{showTime(row.ends_at, row.timezone)}</span>
          <span class="soft">{showZone(row.timezone)}</span>
          <StoreBadge row={row} />
        </p>
        <p class="soft"><span class="unseen">{when}. </span>{both(row.location, row.location_ar)}{row.run_name && ` · ${both(row.run_name, row.run_name_ar)}`}</p>
      </div>
      <div class="choice">
        {row.badge !== "cancelled" && <small>{row.is_bookable || canWait ? seatsText(row.seats_left) : t("started")}</small>}
        {row.is_bookable && <Button kind="main" onClick={() => choose(row)} aria-label={`${t("book")}, ${when}`}>{t("book")}</Button>}
        {canWait && <Button onClick={() => choose(row)} aria-label={`${t("joinWait")}, ${when}`}>{t("joinWait")}</Button>}
      </div>
    </li>
  );
}
