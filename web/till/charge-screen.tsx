import { useLayoutEffect, useRef } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { NBSP, showSat, showSum } from "../shell/money.js";
import { Qr } from "../shell/qr.js";
import { type Charge, isOver, LOOKS, shownState } from "../shell/sale-state.js";
import { Sign } from "../shell/sign.js";
import type { Session } from "../shell/start.js";
import { PinPad } from "./pin-pad.js";
import { ReceiptButton } from "./receipt.js";
import { useKeys } from "./use-keys.js";
import type { Till } from "./use-till.js";

/** One screen for the code and the tap, from the invoice to the result. */
export function ChargeScreen({
  session,
  till,
  charge,
  onNext,
}: {
  readonly session: Session<TillTexts>;
  readonly till: Till;
  readonly charge: Charge;
  /** @param key the first key of the next amount; empty: none */
  onNext(key: string): void;
}) {
  const { texts, language } = session;
  const { isConnected, standing } = till;
  const over = isOver(charge);
  const state = shownState(charge, isConnected);
  const { sign, kind } = LOOKS[state];
  const hasReader = standing?.reader.isReady !== false;
  const said = state === "waiting" && !hasReader ? texts.state.waitingNoReader : texts.state[state];
  const sat = showSat(charge.received ?? charge.amount, language);
  const sum = charge.fiat === undefined ? sat : showSum(charge.fiat, language);
  const isPin = state === "pin" && charge.pin !== undefined;
  // On a phone it lies below the code, which is for all that waits.
  const told = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    if (state === "waiting") window.scrollTo(0, 0);
    else if (!isPin) told.current?.scrollIntoView({ block: "nearest" });
  }, [state, isPin]);
  // Digits that come after the end may be the rest of a PIN: they are shown nowhere.
  const hadPin = useRef(false);
  hadPin.current ||= isPin;
  useKeys(
    (key) => {
      if (over && /^\d$/.test(key) && !hadPin.current) onNext(key);
      else if (over && (key === "Enter" || key === "Escape")) onNext("");
      else if (!over && key === "Escape") void till.cancel();
      else return false;
      return true;
    },
    { isOn: !isPin },
  );
  return (
    <div class={`charge ${kind}`}>
      <section class="sum">
        <span class="number">{texts.sale(String(charge.number))}</span>
        <strong>{sum}</strong>
        <span class="beside">{charge.fiat === undefined ? NBSP : sat}</span>
      </section>
      <div class="stage">
        {isPin ? (
          <PinPad
            key={charge.pin?.triesLeft ?? "first"}
            session={session}
            triesLeft={charge.pin?.triesLeft}
            onPin={(pin) => void till.givePin(pin)}
          />
        ) : over ? (
          <div class="result">
            <Sign name={sign} />
          </div>
        ) : (
          <Qr text={`lightning:${charge.invoice}`.toUpperCase()} label={texts.code(sum)} />
        )}
      </div>
      <section class="state" role="status" aria-live="assertive" ref={told}>
        <Sign name={sign} />
        <h2>{said.title}</h2>
        <p class="next">{said.next}</p>
        <p class="notice">
          {charge.notice ?? (charge.left === undefined ? NBSP : texts.left(showSat(charge.left, language)))}
        </p>
      </section>
      <div class="actions">
        {over ? (
          <>
            <ReceiptButton session={session} number={charge.number} hasPrinter={standing?.printer === true} />
            <button type="button" class="primary" onClick={() => onNext("")}>
              {texts.buttons.next}
            </button>
          </>
        ) : (
          <button
            type="button"
            class="danger"
            disabled={charge.state === "cancelling"}
            onClick={() => void till.cancel()}
          >
            {texts.buttons.cancel}
          </button>
        )}
      </div>
    </div>
  );
}
