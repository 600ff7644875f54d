/** Whom to invite: those who need the course most first. */

import { useState } from "preact/hooks";
import { showDay, t } from "../i18n";
import type { Row } from "../api/types";
import type { Word } from "../words";
import { act, api, useReading } from "../state";
import { Badge, Button, Dialog, Empty, Field, Loaded, type Tone } from "../ui/parts";

const COLOURS: Record<string, Tone> = { NON_COMPLIANT: "bad", PENDING: "warn", COMPLIANT: "good" };

export function ComplianceBadge({ status }: { status: string | null }) {
  return <Badge tone={COLOURS[status ?? ""] ?? "neutral"}>{t(`group_${status ?? "NONE"}` as Word)}</Badge>;
}

export function Picker({ session, close }: { session: string; close: () => void }) {
  const [search, setSearch] = useState("");
  const [chosen, choose] = useState<string[]>([]);
  const people = useReading(
    () => api().call("training.attendee_suggestions", { p_session_id: session, p_search: search || null, p_limit: 30 }),
    session, search,
  );
  const toggle = (row: Row) => choose(chosen.includes(row.personnel_id) ? chosen.filter((id) => id !== row.personnel_id) : [...chosen, row.personnel_id]);

  async function add() {
    const failed = await act(async () => {
      const [answer] = await api().call("training.add_attendees", { p_session_id: session, p_personnel_ids: chosen });
      return [t("added", answer?.added), answer?.warning].filter(Boolean).join(" ");
    });
    if (!failed) close();
  }

  return (
    <Dialog title={t("invite")} close={close}>
      <form class="form" onSubmit={(event) => { event.preventDefault(); void add(); }}>
        <Field label={t("search")} type="search" value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
        <Loaded reading={people}>
          {(rows) => rows.length === 0 ? <Empty next={search && <Button onClick={() => setSearch("")}>{t("clear")}</Button>}>{t(search ? "suggestNone" : "suggestAll")}</Empty> : (
            <ul class="choices">
              {rows.map((row) => (
                <li key={row.personnel_id}>
                  <label>
                    <input type="checkbox" checked={chosen.includes(row.personnel_id)} onChange={() => toggle(row)} />
                    <bdi>{row.first_name} {row.last_name}</bdi>
                    {row.expiry_date && <small class="soft">{t("until", showDay(`${row.expiry_date}T12:00:00Z`, "UTC"))}</small>}
                    <ComplianceBadge status={row.status} />
                  </label>
                </li>
              ))}
            </ul>
          )}
        </Loaded>
        <div class="buttons"><Button onClick={close}>{t("cancel")}</Button><Button type="submit" kind="main" disabled={chosen.length === 0}>{t("add", chosen.length)}</Button></div>
      </form>
    </Dialog>
  );
}
