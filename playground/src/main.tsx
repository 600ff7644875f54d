/** Boots the database, then shows the page. */

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useRealClock } from "./api/clock";
import { openHttp } from "./api/http";
import { loadAgain, openPGlite, type Stage } from "./api/pglite";
import { App } from "./app";
import { language, setLanguage, t } from "./i18n";
import { setApi } from "./state";
import { Button } from "./ui/parts";
import "./fonts.css";
import "./style.css";
import "./screens.css";

const STAGE_WORDS = { elsewhere: "bootElsewhere", load: "bootLoad", open: "bootOpen", ready: "bootOpen" } as const;

function Boot() {
  const [stage, setStage] = useState<Stage>("open");
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const server = new URLSearchParams(location.search).get("api");
    if (server) {
      useRealClock();
      // A token for it, if it wants one, is put there by the developer and ends with the tab.
      setApi(openHttp(server.replace(/\/$/, ""), sessionStorage.getItem("sessionbook-token")));
      setStage("ready");
      return;
    }
    openPGlite((next) => next !== "ready" && setStage(next)).then(
      (api) => {
        setApi(api);
        setStage("ready");
      },
      (fault: unknown) => setFailure(fault instanceof Error ? fault.message : String(fault)),
    );
  }, []);
  if (stage === "ready") return <App />;
  return (
    <main class="boot">
      <div>
        <h1>{failure ? t("bootFailed") : t("bootTitle")}</h1>
        {failure ? (
          <>
            <p role="alert">{t("bootFailedHelp")}</p>
            <p class="soft" dir="ltr">{failure}</p>
            <div class="buttons">
              <Button kind="main" onClick={() => location.reload()}>{t("retry")}</Button>
              <Button onClick={loadAgain}>{t("resetData")}</Button>
            </div>
          </>
        ) : (
          <>
            <progress aria-label={t("loading")} />
            <p role="status">{t(STAGE_WORDS[stage])}</p>
            <p class="soft">{t("bootNote")}</p>
          </>
        )}
      </div>
    </main>
  );
}

setLanguage(language.value);
render(<Boot />, document.getElementById("app") as HTMLElement);
