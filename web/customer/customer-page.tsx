import { useEffect, useRef, useState } from "preact/hooks";
import type { CustomerTexts } from "../../common/languages/customer.js";
import type { TillStanding } from "../../server/till/sales-routes.js";
import type { Json } from "../shell/json.js";
import { NBSP, showSat, showSum } from "../shell/money.js";
import { Qr } from "../shell/qr.js";
import { type Charge, isOver, LOOKS, shownState } from "../shell/sale-state.js";
import { Sign } from "../shell/sign.js";
import type { Session } from "../shell/start.js";
import "./customer.css";

/** A result stays so long, in milliseconds. */
const SHOWN_MS = 10_000;

/** What the customer sees: the amount, the code, and how it goes. */
export function CustomerPage({ api, watch, texts, language, setLanguage }: Session<CustomerTexts>) {
  const [place, setPlace] = useState("");
  const [isConnected, setConnected] = useState(true);
  const [charge, setCharge] = useState<Charge>();
  const shown = useRef<Charge | undefined>(undefined);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = (next: Charge | undefined): void => {
      clearTimeout(timer);
      shown.current = next;
      setCharge(next);
      if (next && isOver(next)) timer = setTimeout(() => show(undefined), SHOWN_MS);
    };
    const took = (next: Charge): void => {
      const now = shown.current;
      const isOther = now?.number !== next.number;
      if (isOver(next) ? isOther || (now && isOver(now)) : now && !isOther && isOver(now)) return;
      show(next);
    };
    const refresh = async (): Promise<void> => {
      const state = await api.get<Json<TillStanding>>("/v1/state");
      setPlace(state.place);
      setLanguage(state.language);
      const number = shown.current?.number ?? state.open;
      const found = number === undefined ? undefined : await api.get<Charge>(`/v1/charges/${number}`);
      // Events that came meanwhile are newer.
      if (found && (isOver(found) || shown.current?.number !== found.number)) took(found);
    };
    const stop = watch<Charge>("/v1/events", {
      onEvent: took,
      onConnected(is) {
        setConnected(is);
        // Without an answer it is asked again with the next connection.
        if (is) refresh().catch(() => undefined);
      },
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [api, watch, setLanguage]);
  const state = charge && shownState(charge, isConnected);
  if (!charge || !state) {
    return (
      <main class="customer idle">
        <h1>{place || texts.title}</h1>
        <p class="welcome">{isConnected ? texts.welcome : texts.state.unknown.next}</p>
      </main>
    );
  }
  const { sign, kind } = LOOKS[state];
  const sat = showSat(charge.received ?? charge.amount, language);
  const sum = charge.fiat === undefined ? sat : showSum(charge.fiat, language);
  return (
    <main class={`customer ${kind}`}>
      <section class="sum">
        <h1>{place}</h1>
        <strong>{sum}</strong>
        <span class="beside">{charge.fiat === undefined ? NBSP : sat}</span>
      </section>
      <div class="stage">
        {isOver(charge) ? (
          <div class="result">
            <Sign name={sign} />
          </div>
        ) : (
          <Qr text={`lightning:${charge.invoice}`.toUpperCase()} label={texts.code(sum)} />
        )}
      </div>
      <section class="state" role="status" aria-live="assertive">
        <Sign name={sign} />
        <h2>{texts.state[state].title}</h2>
        <p class="next">{texts.state[state].next}</p>
      </section>
    </main>
  );
}
