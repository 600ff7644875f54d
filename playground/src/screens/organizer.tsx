/** An organizer's runs: status, seats, money, and the repeating of a workshop. */

import { useState } from "preact/hooks";
import { amountOf, both, showDay, t } from "../i18n";
import type { Row } from "../api/types";
import { now } from "../api/clock";
import { act, api, go, link, usePages, useReading } from "../state";
import { Badge, Button, Dialog, Empty, Field, Heading, Loaded, Meter, More, toneOf } from "../ui/parts";

export function statusText(status: string, arabic: string | null): string {
  const text = status.toLowerCase().replaceAll("_", " ");
  return both(text.charAt(0).toUpperCase() + text.slice(1), arabic);
}

export function Organizer({ id }: { id: string }) {
  const [repeats, repeat] = useState<Row | null>(null);
  const creators = useReading(() => api().read({ from: "workshop.creators", order: ["id"], limit: 50 }));
  const creator = id || creators.data?.[0]?.id || "";
  const runs = usePages(
    { from: "workshop.organizer_runs", where: [["creator_id", creator ? "eq" : "is", creator || null]], order: ["start_date desc", "run_id desc"], limit: 25 },
    creator,
  );
  return (
    <>
      <Heading title={t("organizer")} lead={t("organizerLead")}>
        <Field label={t("creator")} value={creator} onChange={(event) => go("organizer", event.currentTarget.value)}>
          {creators.data?.map((row) => <option key={row.id} value={row.id}>{both(row.name, row.name_ar)}</option>)}
        </Field>
      </Heading>
      {creator ? <Loaded reading={runs}>
        {(rows) => rows.length === 0 ? <Empty>{t("runsNone")}</Empty> : (
          <ul class="rows runs">
            {rows.map((row) => (
              <li key={row.run_id} class={row.status === "cancelled" ? "closed" : ""}>
                <div class="facts">
                  <p class="line start">
                    <a class="strong" href={link("run", row.run_id)}>{both(row.workshop_name, row.workshop_name_ar)}</a>
                    <Badge tone={toneOf(row.status)}>{statusText(row.status, row.status_ar)}</Badge>
                    {row.waiting > 0 && <Badge tone="info">{t("waiting", row.waiting)}</Badge>}
                  </p>
                  <p class="soft">{both(row.run_name, row.run_name_ar)} · {showDay(`${row.start_date}T12:00:00Z`, "UTC")} · {row.total_sessions === 1 ? t("oneSession") : t("sessionsCount", row.total_sessions)}</p>
                </div>
                <Meter taken={row.total_enrolled} of={row.total_capacity ?? 0}
                  label={row.total_capacity === null ? t("takenOpen", row.total_enrolled) : t("taken", row.total_enrolled, row.total_capacity)} />
                <p class="money"><small>{t("revenue")}</small><b>{amountOf(row.amount_paid, row.currency)}</b></p>
                <Button onClick={() => repeat(row)} disabled={!row.can_repeat} aria-label={`${t("repeat")}: ${both(row.workshop_name, row.workshop_name_ar)}`}>{t("repeat")}</Button>
              </li>
            ))}
          </ul>
        )}
      </Loaded> : <Loaded reading={creators}>{() => <Empty>{t("shopsNone")}</Empty>}</Loaded>}
      <More pages={runs} />
      {creator && <Numbers creator={creator} />}
      {repeats && <Repeat run={repeats} close={() => repeat(null)} />}
    </>
  );
}

function Repeat({ run, close }: { run: Row; close: () => void }) {
  const [day, setDay] = useState(new Date(now().getTime() + 28 * 86_400_000).toISOString().slice(0, 10));
  const [name, setName] = useState("");
  return (
    <Dialog title={t("repeatTitle", both(run.workshop_name, run.workshop_name_ar))} close={close}>
      <form class="form" onSubmit={(event) => {
        event.preventDefault();
        void act(async () => {
          const [made] = await api().call("workshop.clone_workshop_sessions", {
            p_workshop_id: run.workshop_id, p_new_start_date: day, p_run_name: name || null, p_source_run_id: run.run_id,
          });
          return t("repeated", made?.sessions_created);
        }).then((failed) => failed || close());
      }}>
        <Field label={t("repeatDay")} type="date" value={day} onInput={(event) => setDay(event.currentTarget.value)} required />
        <Field label={t("repeatName")} value={name} onInput={(event) => setName(event.currentTarget.value)} />
        <div class="buttons">
          <Button onClick={close}>{t("cancel")}</Button>
          <Button type="submit" kind="main">{t("repeat")}</Button>
        </div>
      </form>
    </Dialog>
  );
}

function Numbers({ creator }: { creator: string }) {
  const reading = useReading(async () => {
    const where = [["creator_id", "eq", creator]] as ["creator_id", "eq", string][];
    const [fill, lead] = await Promise.all([
      api().read({ from: "workshop.fill_rates", where, order: ["workshop_id"], limit: 50 }),
      api().read({ from: "workshop.lead_times", where, order: ["workshop_id"], limit: 50 }),
    ]);
    return lead.map((row) => ({ ...row, fill: fill.find((other) => other.workshop_id === row.workshop_id)?.fill_percent ?? null }) as Row);
  }, creator);
  return (
    <section class="block" aria-labelledby="numbers">
      <h2 id="numbers">{t("numbers")}</h2>
      <Loaded reading={reading}>
        {(rows) => rows.length === 0 ? <Empty>{t("numbersNone")}</Empty> : (
          <div class="scroll" tabIndex={0} role="group" aria-labelledby="numbers">
            <table>
              <thead><tr><th scope="col">{t("workshops")}</th><th scope="col" class="end">{t("fill")}</th><th scope="col" class="end">{t("lead")}</th></tr></thead>
              <tbody>
                {rows.map((row) => (
                  <tr key={row.workshop_id}>
                    <th scope="row">{both(row.workshop_name, row.workshop_name_ar)}</th>
                    <td class="end">{row.fill === null ? "–" : <bdi>{Number(row.fill)}%</bdi>}</td>
                    <td class="end">{t("days", row.median_days)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
    </section>
  );
}
