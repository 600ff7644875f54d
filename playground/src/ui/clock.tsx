/** The clock in the header: what time the database believes it is, and ways to move it. */

import { useEffect, useRef, useState } from "preact/hooks";
import { keepClock, now } from "../api/clock";
import { showTime, showDay, t } from "../i18n";
import { api, setClock } from "../state";
import { Button } from "./parts";

const MINUTE = 60_000;
const STEPS = [["plus10m", 10 * MINUTE], ["plus1h", 60 * MINUTE], ["plus1d", 1440 * MINUTE], ["plus7d", 10080 * MINUTE]] as const;

export function Clock() {
  const [, tickUi] = useState(0);
  const box = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const timer = window.setInterval(() => { keepClock(); tickUi((n) => n + 1); }, 5000);
    const shut = (event: Event) => {
      const key = event instanceof KeyboardEvent;
      if (box.current?.open && (key ? event.key === "Escape" : !box.current.contains(event.target as Node))) {
        box.current.open = false;
        if (key) box.current.querySelector("summary")?.focus();
      }
    };
    document.addEventListener("click", shut);
    document.addEventListener("keydown", shut);
    return () => {
      window.clearInterval(timer);
      document.removeEventListener("click", shut);
      document.removeEventListener("keydown", shut);
    };
  }, []);
  if (!api().tick) return null;
  return (
    <details class="clock" ref={box}>
      <summary>
        <span class="unseen">{t("clock")}</span>
        <svg viewBox="0 0 16 16" width="15" height="15" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round">
          <circle cx="8" cy="8" r="6.2" /><path d="M8 4.6V8l2.3 1.6" />
        </svg>
        <span class="clock-day">{showDay(now())}</span>
        <b>{showTime(now())}</b>
      </summary>
      <div class="menu">
        <p>{t("clockHelp")}</p>
        <div class="grid2">
          {STEPS.map(([word, by]) => <Button key={word} onClick={() => void setClock(by)}>{t(word)}</Button>)}
        </div>
        <Button onClick={() => void setClock(null)}>{t("clockReset")}</Button>
        {api().reset && (
          <Button kind="danger" onClick={() => window.confirm(t("resetAsk")) && void api().reset?.()}>
            {t("resetData")}
          </Button>
        )}
      </div>
    </details>
  );
}
