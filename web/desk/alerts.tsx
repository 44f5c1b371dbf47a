import { useMemo, useState } from "preact/hooks";
import type { AlertsAnswer } from "../../server/desk/schemas.js";
import type { Json } from "../shell/json.js";
import { Confirm } from "./confirm.js";
import { useDesk } from "./desk.js";
import { newOrder, send } from "./order.js";
import { Facts, Table, WithData } from "./parts.js";
import { useData } from "./use-data.js";

type Found = Json<AlertsAnswer>;
type Unmatched = Found["unmatched"][number];

/** Between two looks, in milliseconds. */
const AGAIN_MS = 15_000;

/** What people have to look at, with its evidence. */
export function Alerts() {
  const { session, format, mayMove } = useDesk();
  const { alerts, buttons } = session.texts;
  const [asked, setAsked] = useState<Unmatched>();
  const names: Readonly<Record<string, string>> = alerts.checks;
  const loaded = useData<Found>("/v1/alerts", AGAIN_MS);
  return (
    <>
      <h2>{alerts.title}</h2>
      <WithData loaded={loaded}>
        {({ healthy, checks, evidence, unmatched }) => (
          <>
            <section class={healthy ? "tile" : "tile bad"}>
              <h3>{alerts.health}</h3>
              <Facts
                rows={Object.entries(checks).map(([name, state]) => [
                  names[name] ?? name,
                  state === "ok" ? `✓ ${alerts.ok}` : `⚠ ${state}`,
                ])}
              />
            </section>
            <p class="says good">
              {healthy && evidence.length === 0 && unmatched.length === 0 ? `✓ ${alerts.nothing}` : ""}
            </p>
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
                  head={[
                    alerts.paymentHash,
                    session.texts.card.amount,
                    session.texts.card.fee,
                    alerts.sent,
                    ...(mayMove ? [buttons.writeOff] : []),
                  ]}
                  numbers={[1, 2]}
                  rows={unmatched.map((payment) => [
                    <code key="hash">{payment.paymentHash}</code>,
                    format.sat(payment.amount),
                    format.sat(payment.fee),
                    format.time(payment.sentAt),
                    ...(mayMove
                      ? [
                          <button key="bear" type="button" class="danger" onClick={() => setAsked(payment)}>
                            {buttons.writeOff}
                          </button>,
                        ]
                      : []),
                  ])}
                />
              </section>
            )}
          </>
        )}
      </WithData>
      {asked && (
        <WriteOff
          payment={asked}
          onDone={() => {
            setAsked(undefined);
            loaded.reload();
          }}
        />
      )}
    </>
  );
}

/** The issuer bears a payment that no authorization accounts for, for a reason. */
function WriteOff({
  payment: { paymentHash, amount },
  onDone,
}: {
  readonly payment: Unmatched;
  readonly onDone: () => void;
}) {
  const { session, format, say } = useDesk();
  const { texts, api } = session;
  const { writeOff } = texts;
  const [note, setNote] = useState("");
  const question = writeOff.question(format.sat(amount));
  const order = useMemo(
    () => newOrder(`/v1/unmatched/${paymentHash}/write-off`, { note: note.trim() }, question),
    [paymentHash, note],
  );
  return (
    <Confirm
      title={texts.buttons.writeOff}
      question={question}
      button={texts.buttons.writeOff}
      isDanger
      isPossible={note.trim() !== ""}
      onDone={onDone}
      work={async () => {
        await send(api, order);
        say({ kind: "notice", text: writeOff.done(format.sat(amount)) });
      }}
    >
      <label class="field">
        <span>{writeOff.reason}</span>
        <input
          value={note}
          maxLength={150}
          autocomplete="off"
          onInput={({ currentTarget }) => setNote(currentTarget.value)}
        />
      </label>
    </Confirm>
  );
}
