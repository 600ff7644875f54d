/** Boots the database, then shows the page. */

import { render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { openHttp } from "./api/http";
import { openPGlite, type Stage } from "./api/pglite";
import { App } from "./app";
import { language, setLanguage, t } from "./i18n";
import { setApi } from "./state";
import "./fonts.css";
import "./style.css";
import "./screens.css";

const STAGES: Stage[] = ["open", "install", "data", "ready"];
const STAGE_WORDS = { open: "bootOpen", install: "bootInstall", data: "bootData", ready: "bootData" } as const;

function Boot() {
  const [stage, setStage] = useState<Stage>("open");
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    const asked = new URLSearchParams(location.search);
    const server = asked.get("api");
    if (server) {
      // The token stands in the address's fragment or storage of the developer; never in the build.
      setApi(openHttp(server.replace(/\/$/, ""), sessionStorage.getItem("sessionbook-token")));
      setStage("ready");
      return;
    }
    openPGlite(setStage).then(
      (api) => { setApi(api); setStage("ready"); setReady(true); },
      (fault: unknown) => { console.warn(fault); setFailure(fault instanceof Error ? fault.message : String(fault)); },
    );
  }, []);
  const [ready, setReady] = useState(new URLSearchParams(location.search).has("api"));
  if (ready && stage === "ready") return <App />;
  return (
    <main class="boot">
      <div>
        <h1>{failure ? t("bootFailed") : t("bootTitle")}</h1>
        {failure ? <p dir="ltr">{failure}</p> : (
          <>
            <progress max={STAGES.length} value={STAGES.indexOf(stage) + 1} aria-label={t("loading")} />
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
