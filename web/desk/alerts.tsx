import type { AlertsAnswer } from "../../server/desk/schemas.js";
import type { Json } from "../shell/json.js";
import { useDesk } from "./desk.js";
import { Facts, Table, WithData } from "./parts.js";
import { useData } from "./use-data.js";

/** Between two looks, in milliseconds. */
const AGAIN_MS = 15_000;

/** What people have to look at, with its evidence. */
export function Alerts() {
  const { session, format } = useDesk();
  const { alerts } = session.texts;
  const names: Readonly<Record<string, string>> = alerts.checks;
  const loaded = useData<Json<AlertsAnswer>>("/v1/alerts", AGAIN_MS);
  return (
    <>
      <h2>{alerts.title}</h2>
      <WithData loaded={loaded}>
        {({ healthy, checks, evidence, unmatched }) => (
          <>
            {healthy && evidence.length === 0 && unmatched.length === 0 && (
              <p class="good">✓ {alerts.nothing}</p>
            )}
            <section class={healthy ? "tile" : "tile bad"}>
              <h3>{alerts.health}</h3>
              <Facts
                rows={Object.entries(checks).map(([name, state]) => [
                  names[name] ?? name,
                  state === "ok" ? `✓ ${alerts.ok}` : `⚠ ${state}`,
                ])}
              />
            </section>
            {evidence.length > 0 && (
              <section>
                <h3>{alerts.evidence}</h3>
                <p>{alerts.evidenceHelp}</p>
                <Table
                  caption={alerts.evidence}
                  head={[
                    session.texts.search.label,
                    session.texts.card.time,
                    alerts.what,
                    alerts.times,
                    alerts.message,
                  ]}
                  numbers={[3]}
                  rows={evidence.map(({ card, at, contradiction, times, message }) => [
                    <a key="card" href={`#card/${card}`}>
                      {card}
                    </a>,
                    format.time(at),
                    contradiction,
                    format.count(times),
                    <code key="message">{message}</code>,
                  ])}
                />
              </section>
            )}
            {unmatched.length > 0 && (
              <section>
                <h3>{alerts.unmatched}</h3>
                <p>{alerts.unmatchedHelp}</p>
                <Table
                  caption={alerts.unmatched}
                  head={[alerts.paymentHash, session.texts.card.amount, session.texts.card.fee, alerts.sent]}
                  numbers={[1, 2]}
                  rows={unmatched.map(({ paymentHash, amount, fee, sentAt }) => [
                    <code key="hash">{paymentHash}</code>,
                    format.sat(amount),
                    format.sat(fee),
                    format.time(sentAt),
                  ])}
                />
              </section>
            )}
          </>
        )}
      </WithData>
    </>
  );
}
