import type { CardPageTexts } from "../../common/languages/card-page.js";
import type { CardOnPage } from "../../server/card-page/view.js";
import { Message } from "../shell/message.js";
import { BlockButton } from "./block-button.js";
import type { Refusal } from "./card-api.js";
import type { Notice } from "./code-form.js";
import type { Formats } from "./formats.js";

/** What to do where a card cannot pay; undefined where it can. */
function nextStep({ standing, desk }: CardOnPage, { next }: CardPageTexts): string | undefined {
  switch (standing) {
    case "active":
    case "pending":
      return undefined;
    case "blocked":
      return desk === undefined ? next.blockedAnywhere : next.blocked(desk);
    default:
      return next[standing];
  }
}

const SIGNS = {
  active: "✓",
  pending: "…",
  blocked: "✕",
  "paid-out": "✕",
  replaced: "✕",
  retired: "✕",
} as const;

/** What is on a card, what it paid, and the button that blocks it. */
export function CardView({
  texts,
  formats,
  card,
  at,
  session,
  notice,
  isBusy,
  onRefresh,
  onCard,
  onClosed,
}: {
  readonly texts: CardPageTexts;
  readonly formats: Formats;
  readonly card: CardOnPage;
  readonly at: string;
  readonly session: string;
  readonly notice: Notice | undefined;
  readonly isBusy: boolean;
  onRefresh(): Promise<void>;
  onCard(card: CardOnPage): void;
  onClosed(refusal: Refusal): void;
}) {
  const { label, standing, left, inCurrency, inFlight, waits } = card;
  const mayBeBlocked = standing === "active" || standing === "pending";
  const next = nextStep(card, texts);
  return (
    <main class="narrow card">
      <h1>{texts.title}</h1>
      <p class="label">{label}</p>
      <div class={`standing ${mayBeBlocked ? "good" : "bad"}`} role="status">
        <p>
          <span aria-hidden="true">{SIGNS[standing]}</span> {texts.standing[standing]}
        </p>
        {next !== undefined && <p class="next">{next}</p>}
      </div>
      <section class="balance" aria-label={texts.left}>
        <h2>{texts.left}</h2>
        <p class="sats">{formats.sats(left)}</p>
        {inCurrency && <p class="muted">{texts.about(formats.money(inCurrency.sum, inCurrency.currency))}</p>}
        {inFlight !== "0" && <p>{texts.inFlight(formats.sats(inFlight))}</p>}
        {waits && mayBeBlocked && <p>{texts.waits}</p>}
      </section>
      <div class="buttons">
        <button type="button" disabled={isBusy} onClick={() => void onRefresh()}>
          {texts.buttons.refresh}
        </button>
        {mayBeBlocked && (
          <BlockButton
            texts={texts}
            desk={card.desk}
            session={session}
            onBlocked={onCard}
            onClosed={onClosed}
          />
        )}
      </div>
      <p class="muted">{texts.asOf(formats.time(at))}</p>
      <Message text={notice?.text} hint={notice?.hint} />
      <Payments texts={texts} formats={formats} payments={card.payments} />
      <p class="muted">{texts.leave}</p>
    </main>
  );
}

function Payments({
  texts,
  formats,
  payments,
}: {
  readonly texts: CardPageTexts;
  readonly formats: Formats;
  readonly payments: CardOnPage["payments"];
}) {
  return (
    <section>
      <h2>{texts.payments}</h2>
      {payments.length === 0 && <p>{texts.noPayments}</p>}
      <ol class="payments">
        {payments.map(({ at, amount, payee, state, refunded }) => (
          <li key={`${at} ${amount} ${payee}`}>
            <span class="payee">{payee}</span>
            <span class={`amount ${state}`}>{formats.sats(amount)}</span>
            <span class="muted">
              <time dateTime={at}>{formats.time(at)}</time>
            </span>
            <span class="state">
              {texts.states[state]}
              {refunded !== "0" && `, ${texts.refunded(formats.sats(refunded))}`}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}
