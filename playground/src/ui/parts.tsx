/** Small parts that all screens are made of. */

import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { ApiError } from "../api/types";
import { t } from "../i18n";
import { explain, type Pages, type Reading } from "../state";

export type Tone = "neutral" | "good" | "warn" | "bad" | "info" | "accent";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ComponentChildren }) {
  return <span class={`badge ${tone}`}>{children}</span>;
}

const TONES: Record<string, Tone> = {
  active: "good", upcoming: "info", full: "bad", completed: "neutral", cancelled: "neutral", scheduled: "info",
  in_progress: "good", no_show: "bad", DRAFT: "warn", SCHEDULED: "info", COMPLETED: "neutral", CANCELLED: "neutral",
  successful: "good", paid: "good", pending: "warn", refunded: "neutral", waiting: "info", offered: "warn",
  sent: "good", queued: "info", claimed: "warn", failed: "bad", missed: "neutral", skipped: "neutral", prevented: "neutral",
};

export const toneOf = (status: string): Tone => TONES[status] ?? "neutral";

export function Button(props: JSX.IntrinsicElements["button"] & { kind?: "main" | "plain" | "quiet" | "danger" }) {
  const { kind = "plain", class: extra, ...rest } = props;
  return <button type="button" {...rest} class={`button ${kind} ${extra ?? ""}`} />;
}

/** The next page of a list, if there is one. */
export function More({ pages }: { pages: Pages }) {
  return pages.more ? <p class="more"><Button onClick={pages.more}>{t("more")}</Button></p> : null;
}

export function Field({ label, help, children, ...input }: JSX.IntrinsicElements["input"] & { label: string; help?: string; children?: ComponentChildren }) {
  const id = useId();
  const shared = { id, "aria-describedby": help ? `${id}-help` : undefined };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children ? (
        <select {...(input as unknown as JSX.IntrinsicElements["select"])} {...shared}>{children}</select>
      ) : (
        <input {...input} {...shared} />
      )}
      {help && <small id={`${id}-help`}>{help}</small>}
    </div>
  );
}

/** Why a list is empty, in one sentence, and the next thing to do; title: of the page, if it has no heading then. */
export function Empty({ title, children, next }: { title?: string; children: ComponentChildren; next?: ComponentChildren }) {
  return <div class="empty">{title && <h1 class="unseen">{title}</h1>}<p>{children}</p>{next}</div>;
}

/** A link that looks like a button: the way on from an empty list. */
export function Way({ href, children }: { href: string; children: ComponentChildren }) {
  return <a class="button plain" href={href}>{children}</a>;
}

export function ErrorNote({ error, retry }: { error: ApiError; retry?: () => void }) {
  return (
    <div class="refusal" role="alert">
      <strong dir="auto">{explain(error)}</strong>
      {error.code && <p class="facts"><code>{error.code}</code> {error.key && <code>{error.key}</code>}</p>}
      {error.hint && <p dir="auto">{error.hint}</p>}
      {retry && <Button onClick={retry}>{t("retry")}</Button>}
    </div>
  );
}

/**
 * Rows when they are there; before that a quiet placeholder. What went wrong stands above the rows of before.
 * title: of the page, whose heading is among the rows.
 */
export function Loaded<T>({ reading, title, children }: { reading: Reading<T>; title?: string; children: (data: T) => ComponentChildren }) {
  const heading = title && reading.data === null && <h1 class="unseen">{title}</h1>;
  if (reading.error) return <>{heading}<ErrorNote error={reading.error} retry={reading.reload} />{reading.data !== null && children(reading.data)}</>;
  if (reading.data === null) {
    return (
      <div class="waiting" role="status">
        {heading}
        <span class="unseen">{t("loading")}</span>
        <i /><i /><i />
      </div>
    );
  }
  return <>{children(reading.data)}</>;
}

export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    box.current?.showModal();
    return () => box.current?.close();
  }, []);
  return (
    <dialog ref={box} aria-labelledby={id} onCancel={(event) => { event.preventDefault(); close(); }}
      onClick={(event) => event.target === box.current && close()}>
      <div class="sheet">
        <header>
          <h2 id={id}>{title}</h2>
          <Button kind="quiet" onClick={close} aria-label={t("close")}><Cross /></Button>
        </header>
        {children}
      </div>
    </dialog>
  );
}

export function Heading({ title, lead, children }: { title: string; lead?: string; children?: ComponentChildren }) {
  return (
    <header class="heading">
      <div>
        <h1>{title}</h1>
        {lead && <p>{lead}</p>}
      </div>
      {children && <div class="actions">{children}</div>}
    </header>
  );
}

export function Cross() {
  return (
    <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d="M3 3l10 10M13 3L3 13" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
    </svg>
  );
}

export function Back({ href, children }: { href: string; children: ComponentChildren }) {
  return (
    <a class="back" href={href}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d="M10 3L5 8l5 5" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
      </svg>
      {children}
    </a>
  );
}

/** How many of the seats are taken, as a bar. */
export function Meter({ taken, of, label }: { taken: number; of: number; label: string }) {
  const share = of > 0 ? Math.min(100, (taken / of) * 100) : 0;
  return (
    <div class={`meter ${taken > of ? "over" : share >= 100 ? "full" : ""}`}>
      <span><i style={{ inlineSize: `${share}%` }} /></span>
      <small>{label}</small>
    </div>
  );
}
