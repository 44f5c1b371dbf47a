import { useEffect, useState } from "preact/hooks";
import { Block, MoveMoney, NewPin, PayOut, Retire, Reverse } from "./card-dialogs.js";
import { CardTables } from "./card-tables.js";
import { Confirm } from "./confirm.js";
import { type Card, nameOf, useDesk } from "./desk.js";
import { Limits } from "./limits.js";
import { LostCard } from "./lost-card.js";
import { Facts, WithData } from "./parts.js";
import { TopUp } from "./top-up.js";
import { useData } from "./use-data.js";

type Asked =
  | "top-up"
  | "lost"
  | "block"
  | "unblock"
  | "pay-out"
  | "retire"
  | "move"
  | "limits"
  | "new-pin"
  | "pin-tries";

const NO_LIMIT = "18446744073709551615";

/** Everything of one card, and what can be done with it. */
export function CardView({ card: named }: { readonly card: string }) {
  const { session, lying, job } = useDesk();
  const loaded = useData<Card>(`/v1/cards/${encodeURIComponent(named)}`);
  const { reload } = loaded;
  // What happens on the reader, or in a job, may change what the ledger has.
  const onReader = lying?.state === "card" && lying.card?.card === named ? JSON.stringify(lying) : "";
  const jobState = job?.state;
  const [reversing, setReversing] = useState<Card["operations"][number]>();
  useEffect(reload, [reload, onReader, jobState]);
  return (
    <WithData loaded={loaded}>
      {(card) => (
        <>
          <OneCard card={card} reload={reload} />
          <CardTables card={card} onReverse={setReversing} />
          {reversing && (
            <Reverse
              card={card}
              operation={reversing}
              onDone={() => {
                setReversing(undefined);
                reload();
              }}
            />
          )}
          <p>
            <a href={`#audit/${card.card}`}>{session.texts.card.log}</a>
          </p>
        </>
      )}
    </WithData>
  );
}

function OneCard({ card, reload }: { readonly card: Card; readonly reload: () => void }) {
  const { session, format, lying, mayMove } = useDesk();
  const { texts } = session;
  const [asked, setAsked] = useState<Asked>();
  const end = (): void => {
    setAsked(undefined);
    reload();
  };
  const isHere = lying?.state === "card" && lying.card?.card === card.card;
  const onCard = isHere ? lying?.onCard : undefined;
  const limit = (value: string): string => (value === NO_LIMIT ? texts.card.noLimit : format.sat(value));
  const isUsable = card.state !== "retired";
  return (
    <>
      <header class="card-head">
        <div>
          <h2>{nameOf(card)}</h2>
          <p>
            <span class={`badge ${card.state}`}>{texts.states[card.state]}</span>{" "}
            <span class="id muted">{card.card}</span>
          </p>
        </div>
        <p class="left">
          <span class="muted">{texts.card.left}</span>
          <strong class="big">{format.sat(card.left)}</strong>
        </p>
      </header>
      <p class="says" role="status">
        {onCard
          ? [
              `${texts.card.shows}: ${format.sat(onCard.available)}.`,
              onCard.pinTriesUsedUp ? `${texts.card.pinUsedUp}.` : "",
              onCard.blocked ? `${texts.card.blockedOnCard}.` : "",
            ].join(" ")
          : BigInt(card.updates) > BigInt(card.updatesTaken)
            ? texts.card.updateWaits
            : ""}
      </p>
      {mayMove && (
        <fieldset class="buttons actions" disabled={!isUsable}>
          <legend class="visually-hidden">{texts.card.actions}</legend>
          <button type="button" class="primary" onClick={() => setAsked("top-up")}>
            {texts.buttons.topUp}
          </button>
          <button type="button" class="danger" onClick={() => setAsked("lost")}>
            {texts.buttons.lost}
          </button>
          <button
            type="button"
            class={card.state === "blocked" ? "" : "danger"}
            onClick={() => setAsked(card.state === "blocked" ? "unblock" : "block")}
          >
            {card.state === "blocked" ? texts.buttons.unblock : texts.buttons.block}
          </button>
          <button type="button" disabled={card.left === "0"} onClick={() => setAsked("pay-out")}>
            {texts.buttons.payOut}
          </button>
          {card.chip?.faceOf !== undefined && (
            <button type="button" onClick={() => setAsked("move")}>
              {texts.buttons.moveMoney}
            </button>
          )}
          <button
            type="button"
            class="danger"
            disabled={card.left !== "0"}
            onClick={() => setAsked("retire")}
          >
            {texts.buttons.retire}
          </button>
          {card.limits && (
            <>
              <button type="button" onClick={() => setAsked("limits")}>
                {texts.buttons.limits}
              </button>
              <button type="button" onClick={() => setAsked("pin-tries")}>
                {texts.buttons.pinTries}
              </button>
              <button type="button" onClick={() => setAsked("new-pin")}>
                {texts.buttons.newPin}
              </button>
            </>
          )}
          <button
            type="button"
            disabled={!isHere}
            onClick={() => void session.api.post("/v1/reader/deliver").then(reload, () => undefined)}
          >
            {texts.buttons.deliver}
          </button>
        </fieldset>
      )}
      <Facts
        rows={[
          [texts.card.paidIn, format.sat(card.funded)],
          [texts.card.spent, format.sat(card.spent)],
          [texts.card.reserved, format.sat(card.reserved)],
          [texts.card.payments, format.count(card.payments)],
          ["Bolt Card", card.chip?.uid],
          [texts.card.maxPerTransaction, card.limits && limit(card.limits.maxPerTransaction)],
          [texts.card.pinThreshold, card.limits && limit(card.limits.pinThreshold)],
          [texts.card.noPinBudget, card.limits && limit(card.limits.noPinBudget)],
          [
            texts.card.replaces,
            card.replaces === undefined ? undefined : <a href={`#card/${card.replaces}`}>{card.replaces}</a>,
          ],
        ]}
      />
      {asked === "top-up" && <TopUp card={card} onDone={end} />}
      {asked === "lost" && <LostCard card={card} onBlocked={reload} onDone={end} />}
      {asked === "limits" && <Limits card={card} onDone={end} />}
      {asked === "pay-out" && <PayOut card={card} onDone={end} />}
      {asked === "retire" && <Retire card={card} onDone={end} />}
      {asked === "move" && <MoveMoney card={card} onDone={end} />}
      {asked === "new-pin" && <NewPin card={card} isHere={isHere} onDone={end} />}
      {(asked === "block" || asked === "unblock") && <Block card={card} what={asked} onDone={end} />}
      {asked === "pin-tries" && (
        <Confirm
          title={nameOf(card)}
          question={`${texts.limits.resetPinTries}?`}
          button={texts.buttons.pinTries}
          onDone={end}
          work={async () =>
            void (await session.api.post(`/v1/cards/${card.card}/limits`, { resetPinTries: true }))
          }
        />
      )}
    </>
  );
}
