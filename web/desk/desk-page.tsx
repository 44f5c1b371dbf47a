import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { DeskTexts } from "../../common/languages/desk.js";
import { Message } from "../shell/message.js";
import type { Session } from "../shell/start.js";
import { ThemeChoice } from "../shell/theme.js";
import { Alerts } from "./alerts.js";
import { Audit } from "./audit.js";
import { Batches } from "./batches.js";
import { CardView } from "./card-view.js";
import { Closing } from "./closing.js";
import { type Desk, DeskContext, type Job, type Lying, type Notice, type Settings } from "./desk.js";
import { formatOf } from "./format.js";
import { JobStrip } from "./job-strip.js";
import { Overview } from "./overview.js";
import { ReaderStrip } from "./reader-strip.js";
import { Search } from "./search.js";
import { SettingsView } from "./settings.js";
import { watchShared } from "./shared-events.js";
import { Spending } from "./spending.js";
import { Unanswered } from "./unanswered.js";

const VIEWS: Readonly<Record<string, (argument: string) => ComponentChildren>> = {
  overview: () => <Overview />,
  cards: () => <Search />,
  card: (card) => <CardView key={card} card={card} />,
  spending: () => <Spending />,
  alerts: () => <Alerts />,
  batches: () => <Batches />,
  closing: () => <Closing />,
  audit: (card) => <Audit key={card} card={card} />,
  settings: () => <SettingsView />,
};
const NAV = ["overview", "cards", "spending", "alerts", "batches", "closing", "audit", "settings"] as const;

/** The view that the address names, and what it is about. */
function usePlace(): readonly [string, string] {
  const read = (): readonly [string, string] => {
    const [, view = "", argument = ""] = /^#(\w+)(?:\/(.*))?$/.exec(location.hash) ?? [];
    return view in VIEWS ? [view, decodeURIComponent(argument)] : ["overview", ""];
  };
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const changed = () => setPlace(read());
    window.addEventListener("hashchange", changed);
    return () => window.removeEventListener("hashchange", changed);
  }, []);
  return place;
}

/** Opens the card that was laid on the reader, unless somebody is in the middle of something. */
function useOpening(lying: Lying | undefined): void {
  const shown = useRef<string | undefined>(undefined);
  const card = lying?.state === "card" ? lying.card?.card : undefined;
  useEffect(() => {
    if (card === shown.current) return;
    shown.current = card;
    const isBusy =
      document.querySelector("dialog[open]") !== null || /^#(batches|closing)/.test(location.hash);
    if (card !== undefined && !isBusy) location.hash = `#card/${card}`;
  }, [card]);
}

/** The desk: what lies on the reader, the job that runs, and one view. */
export function DeskPage({ session }: { readonly session: Session<DeskTexts> }) {
  const { api, watch, texts, shell, language } = session;
  const [settings, setSettings] = useState<Settings>();
  const [lying, setLying] = useState<Lying>();
  const [job, setJob] = useState<Job>();
  const [isConnected, setIsConnected] = useState(true);
  const [notice, setNotice] = useState<Notice>();
  const [view, argument] = usePlace();
  const heading = useRef<HTMLElement>(null);
  useOpening(lying);

  useEffect(() => {
    api.get<Settings>("/v1/settings").then(setSettings, () => undefined);
  }, [api, isConnected]);
  useEffect(
    () =>
      watchShared<unknown>(watch, "/v1/events", {
        onEvent(data, event) {
          if (event === "reader") setLying(data as Lying);
          else if (event === "job") setJob((data as { readonly job?: Job }).job);
        },
        onConnected: setIsConnected,
      }),
    [watch],
  );
  useEffect(() => {
    setNotice(undefined);
    document.title = `${texts.nav[view as keyof typeof texts.nav] ?? texts.title} · ${texts.title}`;
    // What is read out, and where the keyboard goes on, begins with the view.
    if (heading.current?.dataset.view !== undefined && heading.current.dataset.view !== view)
      heading.current.focus();
    if (heading.current) heading.current.dataset.view = view;
  }, [view, texts]);

  const desk = useMemo<Desk | undefined>(
    () =>
      settings && {
        session,
        settings,
        format: formatOf(language, settings.timeZone),
        lying,
        job,
        mayMove: settings.role === "desk",
        say: setNotice,
      },
    [session, settings, language, lying, job],
  );

  return (
    <>
      <header class="bar">
        <h1>{texts.title}</h1>
        <p class="connection" role="status">
          {isConnected ? "" : shell.disconnected}
        </p>
        <ThemeChoice texts={shell} />
      </header>
      {desk ? (
        <DeskContext.Provider value={desk}>
          <nav class="bar views" aria-label={texts.nav.label}>
            {NAV.map((name) => (
              <a key={name} href={`#${name}`} aria-current={view === name ? "page" : undefined}>
                {texts.nav[name]}
              </a>
            ))}
          </nav>
          <div class="bar strips">
            <ReaderStrip />
            <JobStrip />
          </div>
          <main ref={heading} tabIndex={-1}>
            {!desk.mayMove && <p class="read-only">{texts.readOnly}</p>}
            <Message kind={notice?.kind ?? "notice"} text={notice?.text} hint={notice?.hint} />
            {VIEWS[view]?.(argument)}
          </main>
          <Unanswered />
        </DeskContext.Provider>
      ) : (
        <main>
          <p class="muted">{texts.loading}</p>
        </main>
      )}
    </>
  );
}
