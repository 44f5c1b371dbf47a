import { useMemo, useState } from "preact/hooks";
import type { BookedAnswer } from "../../server/desk/schemas.js";
import type { Json } from "../shell/json.js";
import { Confirm } from "./confirm.js";
import { type Card, nameOf, useDesk } from "./desk.js";
import { newOrder, send } from "./order.js";

type Booked = Json<BookedAnswer>;

interface OfCard {
  readonly card: Card;
  readonly onDone: () => void;
}

/** Refuses a card from now on, or lets it pay again. */
export function Block({ card, what, onDone }: OfCard & { readonly what: "block" | "unblock" }) {
  const { texts, api } = useDesk().session;
  const name = nameOf(card);
  return (
    <Confirm
      title={name}
      question={what === "block" ? texts.block.question(name) : texts.block.unblockQuestion(name)}
      button={what === "block" ? texts.buttons.block : texts.buttons.unblock}
      isDanger={what === "block"}
      onDone={onDone}
      work={async () => void (await api.post(`/v1/cards/${card.card}/${what}`))}
    />
  );
}

/** Hands out all that a card has. */
export function PayOut({ card, onDone }: OfCard) {
  const { session, format, say } = useDesk();
  const { texts, api } = session;
  const name = nameOf(card);
  const question = texts.payOut.question(format.sat(card.left), name);
  const [order] = useState(() => newOrder(`/v1/cards/${card.card}/cash-out`, {}, question));
  return (
    <Confirm
      title={texts.payOut.title}
      question={question}
      button={texts.buttons.payOut}
      isDanger
      onDone={onDone}
      work={async () => {
        const { amount } = await send<Booked>(api, order);
        say({ kind: "notice", text: texts.payOut.done(format.sat(amount)) });
      }}
    />
  );
}

/** Books a top-up back. */
export function Reverse({
  card,
  operation: { operation, amount },
  onDone,
}: OfCard & { readonly operation: Card["operations"][number] }) {
  const { session, format, say } = useDesk();
  const { texts, api } = session;
  const question = texts.reverse.question(format.sat(amount), nameOf(card));
  const [order] = useState(() => newOrder(`/v1/cards/${card.card}/reverse`, { topUp: operation }, question));
  return (
    <Confirm
      title={texts.reverse.title}
      question={question}
      button={texts.buttons.reverse}
      isDanger
      onDone={onDone}
      work={async () => {
        const booked = await send<Booked>(api, order);
        say({ kind: "notice", text: texts.reverse.done(format.sat(booked.amount), format.sat(booked.left)) });
      }}
    />
  );
}

/** Makes the card on the reader again, with a new PIN. */
export function NewPin({ card, isHere, onDone }: OfCard & { readonly isHere: boolean }) {
  const { session, format, settings } = useDesk();
  const { texts, api } = session;
  const name = nameOf(card);
  const question = texts.newPin.question(name, format.sat(card.left));
  const [order] = useState(() => newOrder(`/v1/cards/${card.card}/new-pin`, {}, question));
  const missing = settings.letters ? (isHere ? undefined : texts.newPin.onReader) : texts.newPin.noLetters;
  return (
    <Confirm
      title={texts.buttons.newPin}
      question={missing ?? question}
      button={texts.buttons.newPin}
      isDanger
      isPossible={missing === undefined}
      onDone={onDone}
      work={async () => void (await send(api, order))}
    />
  );
}

/** Takes a card that has nothing left out of use for ever. */
export function Retire({ card, onDone }: OfCard) {
  const { texts, api } = useDesk().session;
  const name = nameOf(card);
  return (
    <Confirm
      title={name}
      question={texts.retire.question(name)}
      button={texts.buttons.retire}
      isDanger
      onDone={onDone}
      work={async () => void (await api.post(`/v1/cards/${card.card}/retire`))}
    />
  );
}

/** Moves money between a card and its second face, whose account this is. */
export function MoveMoney({ card, onDone }: OfCard) {
  const { session, format, say } = useDesk();
  const { texts, api } = session;
  const { move } = texts;
  const [sat, setSat] = useState("");
  const [back, setBack] = useState(false);
  const isSum = /^[1-9]\d{0,11}$/.test(sat);
  const question = isSum ? move.question(format.sat(`${sat}000`), back ? move.back : move.here) : "";
  // One order for each question: a second click is the same one.
  const order = useMemo(
    () => newOrder(`/v1/cards/${card.chip?.faceOf}/move`, { amount: `${sat}sat`, back }, question),
    [card.chip?.faceOf, sat, back],
  );
  return (
    <Confirm
      title={nameOf(card)}
      question={question}
      button={texts.buttons.moveMoney}
      isPossible={isSum}
      onDone={onDone}
      work={async () => {
        const { amount } = await send<Booked>(api, order);
        say({ kind: "notice", text: move.done(format.sat(amount)) });
      }}
    >
      <label class="field">
        <span>{move.amount}</span>
        <input
          class="huge"
          inputMode="numeric"
          value={sat}
          maxLength={12}
          autocomplete="off"
          onInput={({ currentTarget }) => setSat(currentTarget.value.trim())}
        />
      </label>
      <label class="field">
        <span>{move.direction}</span>
        <select
          value={back ? "back" : "here"}
          onChange={({ currentTarget }) => setBack(currentTarget.value === "back")}
        >
          <option value="here">{move.here}</option>
          <option value="back">{move.back}</option>
        </select>
      </label>
    </Confirm>
  );
}
