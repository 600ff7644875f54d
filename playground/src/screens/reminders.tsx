/** What the clock does next, the messages it has queued, and the log. */

import { showWhen, t } from "../i18n";
import type { Word } from "../words";
import { act, api, usePages } from "../state";
import { Badge, Button, Empty, Heading, Loaded, More, toneOf } from "../ui/parts";
import { ZONE } from "../weeks";
import { statusText } from "./organizer";

const WORKER = "playground";

async function send(): Promise<string> {
  const claimed = await api().call("tutoring.claim_reminders", { p_worker: WORKER, p_limit: 10 }, "courier");
  for (const row of claimed) {
    await api().call("tutoring.complete_reminder", { p_reminder_id: row.id, p_worker: WORKER }, "courier");
  }
  return t("sent", claimed.length);
}

export function Reminders() {
  const queue = usePages({ from: "tutoring.reminders", order: ["due_at desc", "id desc"], limit: 20 });
  const flows = usePages({ from: "tutoring.session_workflows", order: ["starts_at", "session_id"], limit: 20 });
  const log = usePages({ from: "tutoring.workflow_log", order: ["logged_at desc", "session_id desc", "step desc", "outcome desc"], limit: 15 });
  return (
    <>
      <Heading title={t("reminders")} lead={t("remindersLead")}>
        <Button kind="main" onClick={() => void act(send)}>{t("send")}</Button>
      </Heading>
      <Loaded reading={queue}>
        {(rows) => rows.length === 0 ? <Empty>{t("remindersNone")}</Empty> : (
          <ul class="rows">
            {rows.map((row) => (
              <li key={row.id}>
                <div class="facts">
                  <p class="line start"><bdi class="strong" dir="ltr">{row.recipient ?? `#${row.session_id}`}</bdi><Badge tone={toneOf(row.state)}>{statusText(row.state, null)}</Badge></p>
                  <p>{row.message ? <><bdi>{row.message.student}</bdi> · <bdi>{row.message.course}</bdi> · {showWhen(row.message.starts_at, ZONE)}</> : statusText(row.reason ?? row.kind, null)}</p>
                </div>
                <small class="soft">{showWhen(row.due_at, ZONE)}</small>
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <More pages={queue} />
      <section class="block" aria-labelledby="flows">
        <h2 id="flows">{t("workflows")}</h2>
        <Loaded reading={flows}>
          {(rows) => rows.length === 0 ? <Empty>{t("workflowsNone")}</Empty> : (
            <div class="scroll" tabIndex={0} role="group" aria-labelledby="flows">
              <table>
                <thead><tr><th scope="col">#</th><th scope="col">{t("start")}</th><th scope="col">{t("status")}</th><th scope="col">{t("nextStep")}</th></tr></thead>
                <tbody>{rows.map((row) => (
                  <tr key={row.session_id}>
                    <th scope="row">{row.session_id}</th>
                    <td>{showWhen(row.starts_at, ZONE)}</td>
                    <td><Badge tone={toneOf(row.status)}>{statusText(row.status, null)}</Badge></td>
                    <td>{t(`step_${row.next_step}` as Word)} · <span class="soft">{showWhen(row.next_step_at, ZONE)}</span></td>
                  </tr>
                ))}</tbody>
              </table>
            </div>
          )}
        </Loaded>
        <More pages={flows} />
      </section>
      <section class="block" aria-labelledby="log">
        <h2 id="log">{t("log")}</h2>
        <Loaded reading={log}>
          {(rows) => rows.length === 0 ? <Empty>{t("logNone")}</Empty> : (
            <ol class="log">{rows.map((row, place) => (
              <li key={place}><time>{showWhen(row.logged_at, ZONE)}</time> <span>#{row.session_id} {row.step.replaceAll("_", " ")}</span> <Badge tone={row.outcome === "failed" ? "bad" : "neutral"}>{row.outcome}</Badge> <small class="soft" dir="ltr">{row.detail}</small></li>
            ))}</ol>
          )}
        </Loaded>
        <More pages={log} />
      </section>
    </>
  );
}
