/** The shop window: workshops on sale, each with its next dates. */

import { both, showDay, showMoney, showTime, t } from "../i18n";
import type { Row } from "../api/types";
import { link, usePages } from "../state";
import { Cover } from "../ui/cover";
import { Badge, Empty, Heading, Loaded, More, Way, type Tone } from "../ui/parts";

const TONES: Record<string, Tone> = { full: "bad", few_left: "warn", waiting_list: "info", cancelled: "neutral" };

export function StoreBadge({ row }: { row: Row }) {
  const english: Record<string, string> = { full: "Full", few_left: "Few left", waiting_list: "Waiting list", cancelled: "Cancelled" };
  return row.badge ? <Badge tone={TONES[row.badge] ?? "neutral"}>{both(english[row.badge], row.badge_ar)}</Badge> : null;
}

export function Store() {
  const reading = usePages({ from: "workshop.store_sessions", order: ["starts_at", "session_id"], limit: 60 });
  return (
    <>
      <Heading title={t("store")} lead={t("storeLead")} />
      <Loaded reading={reading}>
        {(rows) => {
          const workshops = new Map<string, Row[]>();
          for (const row of rows) workshops.set(row.workshop_id, [...(workshops.get(row.workshop_id) ?? []), row]);
          if (workshops.size === 0) return <Empty next={<Way href={link("organizer")}>{t("toOrganizer")}</Way>}>{t("storeEmpty")}</Empty>;
          return (
            <ul class="cards">
              {[...workshops].map(([id, sessions]) => <Card key={id} id={id} sessions={sessions} />)}
            </ul>
          );
        }}
      </Loaded>
      <More pages={reading} />
    </>
  );
}

function Card({ id, sessions }: { id: string; sessions: Row[] }) {
  const next = sessions.find((row) => row.is_bookable) ?? sessions[0]!;
  const open = sessions.some((row) => row.is_bookable);
  return (
    <li class={`card ${open ? "" : "closed"}`}>
      <a href={link("workshop", id)}>
        <Cover id={id} />
        <div class="card-body">
          <div class="line"><h2>{both(next.title, next.title_ar)}</h2><StoreBadge row={next} /></div>
          <p class="soft">{both(next.location, next.location_ar)}</p>
          <p class="when">{showDay(next.starts_at, next.timezone)} · {showTime(next.starts_at, next.timezone)}</p>
          <div class="line foot">
            <b>{showMoney(next.price, next.currency)}</b>
            <span class="soft">{sessions.length === 1 ? t("oneDate") : t("dates", sessions.length)}</span>
          </div>
        </div>
      </a>
    </li>
  );
}
