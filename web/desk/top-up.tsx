import { useState } from "preact/hooks";
import type { BookedAnswer } from "../../server/desk/schemas.js";
import { Dialog } from "../shell/dialog.js";
import type { Json } from "../shell/json.js";
import { Message } from "../shell/message.js";
import { type Card, nameOf, useDesk } from "./desk.js";
import { newOrder, type Order, send } from "./order.js";
import { useAction } from "./use-data.js";

type Booked = Json<BookedAnswer>;

/** Sums that are taken most, in satoshi. */
const USUAL = ["1000", "5000", "10000", "20000", "50000"] as const;

interface Asked {
  readonly order: Order;
  readonly sum: string;
  readonly question: string;
}

/** Cash in, credit on the card: the sum, the question with it, what was booked. */
export function TopUp({ card, onDone }: { readonly card: Card; readonly onDone: () => void }) {
  const { session, format, settings, lying } = useDesk();
  const { texts, api } = session;
  const [typed, setTyped] = useState("");
  const [unit, setUnit] = useState("sat");
  const [rate, setRate] = useState("");
  const [note, setNote] = useState("");
  const [asked, setAsked] = useState<Asked>();
  const [booked, setBooked] = useState<Booked>();
  const { isBusy, problem, run } = useAction();
  const name = nameOf(card);
  const currency = settings.currency;

  async function ask(): Promise<void> {
    const sum = `${typed.trim().replace(",", ".")}${unit}`;
    const query = new URLSearchParams({
      amount: sum,
      ...(unit === "sat" || rate === "" ? {} : { rate: `${rate.trim()}${unit}` }),
    });
    const { amount, fiat } = await api.get<{ readonly amount: string; readonly fiat?: string }>(
      `/v1/top-up-amount?${query}`,
    );
    const exact = format.sat(amount);
    const question = texts.topUp.question(
      fiat === undefined ? exact : `${exact} (${fiat})`,
      name,
      format.sat(card.left),
    );
    // What was asked about is what is booked, whatever the rate is by then.
    const body = { amount: `${BigInt(amount) / 1000n}sat`, ...(note === "" ? {} : { note }) };
    setAsked({ order: newOrder(`/v1/cards/${card.card}/top-up`, body, question), sum: exact, question });
  }

  const isOnCard = lying?.state === "card" && lying.card?.card === card.card && lying.update !== "waiting";
  return (
    <Dialog title={texts.topUp.title(name)} onClose={onDone}>
      {booked ? (
        <>
          <p class="question good" role="status">
            <span aria-hidden="true">✓ </span>
            {texts.topUp.booked(format.sat(booked.amount), name, format.sat(booked.left))}
          </p>
          <p>{booked.repeated ? texts.topUp.earlier : isOnCard ? texts.topUp.onCard : texts.topUp.nextTap}</p>
          <div class="buttons">
            <button type="button" class="primary" onClick={onDone}>
              {texts.buttons.done}
            </button>
          </div>
        </>
      ) : asked ? (
        <>
          <p class="question">{asked.question}</p>
          <p class="huge">{asked.sum}</p>
          <Message text={problem?.message} hint={problem?.hint} />
          <div class="buttons">
            <button
              type="button"
              class="primary"
              disabled={isBusy}
              onClick={() => run(async () => setBooked(await send<Booked>(api, asked.order)))}
            >
              {texts.buttons.book(asked.sum)}
            </button>
            <button type="button" disabled={isBusy} onClick={() => setAsked(undefined)}>
              {texts.buttons.cancel}
            </button>
          </div>
        </>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            run(ask);
          }}
        >
          <div class="line">
            <label class="field grow">
              <span>{texts.topUp.amount}</span>
              <input
                class="huge"
                inputMode="decimal"
                value={typed}
                maxLength={15}
                required
                autocomplete="off"
                onInput={({ currentTarget }) => setTyped(currentTarget.value)}
              />
            </label>
            <label class="field">
              <span>{texts.topUp.unit}</span>
              <select value={unit} onChange={({ currentTarget }) => setUnit(currentTarget.value)}>
                <option value="sat">sat</option>
                {currency !== undefined && <option value={currency}>{currency.toUpperCase()}</option>}
              </select>
            </label>
          </div>
          {unit === "sat" ? (
            <div class="buttons usual">
              {USUAL.map((sum) => (
                <button key={sum} type="button" onClick={() => setTyped(sum)}>
                  {format.sat(`${sum}000`)}
                </button>
              ))}
            </div>
          ) : (
            <label class="field">
              <span>
                {texts.topUp.rate} ({unit.toUpperCase()})
              </span>
              <input
                inputMode="decimal"
                value={rate}
                required
                onInput={({ currentTarget }) => setRate(currentTarget.value)}
              />
            </label>
          )}
          <label class="field">
            <span>{texts.topUp.note}</span>
            <input
              value={note}
              maxLength={150}
              onInput={({ currentTarget }) => setNote(currentTarget.value)}
            />
          </label>
          <p class="muted">{texts.topUp.max(format.sat(settings.maxTopUp))}</p>
          <Message text={problem?.message} hint={problem?.hint} />
          <div class="buttons">
            <button type="submit" class="primary" disabled={isBusy}>
              {texts.buttons.next}
            </button>
            <button type="button" onClick={onDone}>
              {texts.buttons.cancel}
            </button>
          </div>
        </form>
      )}
    </Dialog>
  );
}
