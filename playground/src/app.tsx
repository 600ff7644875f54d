/** The frame: businesses, their screens, language, clock, and the SQL panel beside them. */

import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { api, changed, message, route, link } from "./state";
import { language, setLanguage, t } from "./i18n";
import type { Word } from "./words";
import { Clock } from "./ui/clock";
import { Button, Cross } from "./ui/parts";
import { panelOpen, SqlPanel, togglePanel } from "./ui/sqlpanel";
import { Bookings } from "./screens/bookings";
import { Compliance, Slots } from "./screens/slots";
import { Lessons } from "./screens/lessons";
import { Organizer } from "./screens/organizer";
import { Planner } from "./screens/planner";
import { Reminders } from "./screens/reminders";
import { RunPage } from "./screens/run";
import { Schema } from "./screens/schema";
import { SessionPage } from "./screens/session";
import { Store } from "./screens/store";
import { TutorWeek } from "./screens/tutor";
import { WorkshopPage } from "./screens/workshop";

type Business = "workshops" | "tutoring" | "training";

const SCREENS: Record<Business, Word[]> = {
  workshops: ["store", "bookings", "organizer"],
  tutoring: ["lessons", "week", "reminders"],
  training: ["planner", "slots", "compliance"],
};

const PAGES: Record<string, [Business | null, Word, ComponentType<{ id: string }>]> = {
  store: ["workshops", "store", Store],
  workshop: ["workshops", "store", WorkshopPage],
  bookings: ["workshops", "bookings", Bookings],
  organizer: ["workshops", "organizer", Organizer],
  run: ["workshops", "organizer", RunPage],
  lessons: ["tutoring", "lessons", Lessons],
  week: ["tutoring", "week", TutorWeek],
  reminders: ["tutoring", "reminders", Reminders],
  planner: ["training", "planner", Planner],
  session: ["training", "planner", SessionPage],
  slots: ["training", "slots", Slots],
  compliance: ["training", "compliance", Compliance],
  schema: [null, "schema", Schema],
};

export function App() {
  const [name, id] = route.value;
  const [business, tab, Page] = PAGES[name ?? "store"] ?? PAGES.store!;
  useEffect(() => {
    // The page is the clock of its database: every twenty seconds it takes what is due.
    const timer = window.setInterval(() => void api().tick?.().then(changed), 20_000);
    return () => window.clearInterval(timer);
  }, []);
  useEffect(() => {
    document.title = `${t(tab)} · ${t("title")}`;
  }, [tab, language.value]);
  return (
    <div class={`frame ${business ?? "none"} ${panelOpen.value ? "with-panel" : ""}`}>
      <a class="skip" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById("main")?.focus(); }}>{t("skip")}</a>
      <header class="top">
        <div class="bar">
          <a class="brand" href={link("store")}>
            <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
              <rect width="32" height="32" rx="8" fill="var(--accent)" />
              <path d="M9 8h14v4H9zM9 14h9v4H9zM9 20h14v4H9z" fill="#fff" />
            </svg>
            <span class="brand-name">Sessionbook</span>
          </a>
          <nav class="businesses" aria-label={t("title")}>
            {(Object.keys(SCREENS) as Business[]).map((key) => (
              <a key={key} class={key} href={link(SCREENS[key][0]!)} aria-current={key === business ? "true" : undefined}>{t(key)}</a>
            ))}
            <a href={link("schema")} aria-current={business === null ? "true" : undefined}>{t("schema")}</a>
          </nav>
          <div class="tools">
            <Clock />
            <Button kind="quiet" lang={language.value === "en" ? "ar" : "en"} onClick={() => setLanguage(language.value === "en" ? "ar" : "en")}>
              {t("language")}
            </Button>
            <Button kind="quiet" class="sql-toggle" aria-expanded={panelOpen.value} onClick={togglePanel}>
              {panelOpen.value ? t("sqlClose") : t("sqlOpen")}
            </Button>
          </div>
        </div>
        {business && (
          <nav class="tabs" aria-label={t(business)}>
            {SCREENS[business].map((word) => (
              <a key={word} href={link(word)} aria-current={word === tab ? "page" : undefined}>{t(word)}</a>
            ))}
          </nav>
        )}
      </header>
      <div class="body">
        <main id="main" tabIndex={-1} data-page={(id ? [name, id] : [name]).join("/")}><Page key={`${name}/${id}`} id={id ?? ""} /></main>
        {panelOpen.value && <SqlPanel />}
      </div>
      <Toast />
    </div>
  );
}

function Toast() {
  const shown = message.value;
  return (
    <div class="toasts" role="status" aria-live="polite">
      {shown && (
        <div class={`toast ${shown.kind}`}>
          <div>
            <strong>{shown.text}</strong>
            {shown.error?.code && <p dir="ltr"><code>{shown.error.code}</code> {shown.error.key && <code>{shown.error.key}</code>}</p>}
          </div>
          <Button kind="quiet" aria-label={t("close")} onClick={() => (message.value = null)}><Cross /></Button>
        </div>
      )}
    </div>
  );
}
