import { useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { Message } from "../shell/message.js";
import { showSat } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { ThemeChoice } from "../shell/theme.js";
import { ChargeScreen } from "./charge-screen.js";
import { DayScreen } from "./day-screen.js";
import { RateDialog, RateLine } from "./rate-dialog.js";
import { told } from "./refusal.js";
import { SalesScreen } from "./sales-screen.js";
import { SellScreen } from "./sell-screen.js";
import { type Till, useTill } from "./use-till.js";
import "./till.css";

const PARTS = ["sell", "sales", "day"] as const;
type Part = (typeof PARTS)[number];

/** The till. */
export function TillPage(session: Session<TillTexts>) {
  const { texts, shell } = session;
  const till = useTill(session);
  const [part, setPart] = useState<Part>("sell");
  const [isRate, setIsRate] = useState(false);
  const [firstKey, setFirstKey] = useState("");
  const { standing, charge } = till;
  if (!standing) {
    return (
      <main class="narrow">
        <h1>{texts.title}</h1>
        <Message {...told(texts, till.problem)} />
      </main>
    );
  }
  const isSelling = part === "sell";
  return (
    <div class="till">
      <header class="bar top">
        <h1>{standing.place}</h1>
        <Status session={session} till={till} />
        <nav aria-label={texts.nav}>
          {PARTS.map((name) => (
            <button
              key={name}
              type="button"
              class={name === part ? "tab chosen" : "tab"}
              aria-current={name === part ? "page" : undefined}
              onClick={({ currentTarget, detail }) => {
                // A finger leaves no focus behind: Enter then charges.
                if (detail > 0) currentTarget.blur();
                setPart(name);
                setFirstKey("");
              }}
            >
              {texts.buttons[name]}
            </button>
          ))}
        </nav>
      </header>
      <main class={isSelling ? "selling" : "listing"}>
        {isSelling && charge && (
          <ChargeScreen
            session={session}
            till={till}
            charge={charge}
            onNext={(key) => {
              setFirstKey(key);
              till.putAway();
            }}
          />
        )}
        {isSelling && !charge && (
          <SellScreen session={session} till={till} standing={standing} firstKey={firstKey} />
        )}
        {part === "sales" && <SalesScreen session={session} standing={standing} />}
        {part === "day" && <DayScreen session={session} standing={standing} onDone={till.refresh} />}
      </main>
      <footer class="bar foot">
        {standing.currency !== undefined && (
          <RateLine session={session} rate={standing.rate} onOpen={() => setIsRate(true)} />
        )}
        <ThemeChoice texts={shell} />
      </footer>
      {isRate && (
        <RateDialog
          session={session}
          standing={standing}
          onClose={() => {
            setIsRate(false);
            till.refresh();
          }}
        />
      )}
    </div>
  );
}

/** How the till stands, in words and signs. */
function Status({ session, till }: { readonly session: Session<TillTexts>; readonly till: Till }) {
  const { texts, shell, language } = session;
  const { standing, isConnected } = till;
  if (!standing) return null;
  const { offline, reader } = standing;
  const lines = [
    isConnected
      ? offline.isOffline
        ? { kind: "bad", text: `⚠ ${texts.status.offline}` }
        : { kind: "good", text: `✓ ${texts.status.online}` }
      : { kind: "bad", text: `⚠ ${shell.disconnected}` },
    reader.isReady
      ? { kind: "good", text: `✓ ${texts.status.reader}` }
      : { kind: "bad", text: `⚠ ${texts.status.noReader}` },
    ...(offline.accepted.sales === 0
      ? []
      : [
          {
            kind: "later",
            text: texts.status.held(
              String(offline.accepted.sales),
              showSat(offline.accepted.total, language),
            ),
          },
        ]),
  ];
  return (
    <div class="status" role="status">
      <ul>
        {lines.map(({ kind, text }) => (
          <li key={text} class={kind}>
            {text}
          </li>
        ))}
      </ul>
    </div>
  );
}
