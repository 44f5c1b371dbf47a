import { useEffect, useState } from "preact/hooks";
import type { BookedAnswer } from "../../server/desk/schemas.js";
import { Dialog } from "../shell/dialog.js";
import type { Json } from "../shell/json.js";
import { Message } from "../shell/message.js";
import { type Card, type CardEntry, nameOf, useDesk } from "./desk.js";
import { newOrder, type Order, send } from "./order.js";
import { useAction } from "./use-data.js";

/** A card is lost: block it, lay the new one on the reader, move the money. */
export function LostCard({
  card,
  onBlocked,
  onDone,
}: {
  readonly card: Card;
  readonly onBlocked: () => void;
  readonly onDone: () => void;
}) {
  const { session, format, lying, say } = useDesk();
  const { texts, api } = session;
  const [isBlocked, setIsBlocked] = useState(card.state === "blocked");
  const [typed, setTyped] = useState("");
  const [other, setOther] = useState<CardEntry>();
  const [order, setOrder] = useState<Order>();
  const { isBusy, problem, run } = useAction();
  const name = nameOf(card);
  const here = lying?.state === "card" && lying.card?.card !== card.card ? lying.card : undefined;
  const by = here ?? other;
  const isFit = by?.state === "active";
  const sum = format.sat(card.left);
  const question = by && isFit ? texts.lost.moveQuestion(sum, name, nameOf(by)) : undefined;
  const target = isFit ? by?.card : undefined;
  // One order for each pair of cards: a second click is the same one.
  useEffect(() => {
    setOrder(
      target === undefined
        ? undefined
        : newOrder(`/v1/cards/${card.card}/replace`, { by: target }, question ?? ""),
    );
  }, [card.card, target]);
  return (
    <Dialog title={texts.lost.title(name)} onClose={onDone}>
      {isBlocked ? (
        <>
          <p>{texts.lost.blocked}</p>
          <p class="question" role="status">
            {question ?? (by ? texts.lost.notActive(nameOf(by)) : "…")}
          </p>
          {!here && (
            <form
              class="line"
              onSubmit={(event) => {
                event.preventDefault();
                run(async () =>
                  setOther(await api.get<Card>(`/v1/cards/${encodeURIComponent(typed.trim())}`)),
                );
              }}
            >
              <label class="field grow">
                <span>{texts.lost.typed}</span>
                <input
                  value={typed}
                  required
                  maxLength={64}
                  onInput={({ currentTarget }) => setTyped(currentTarget.value)}
                />
              </label>
              <button type="submit" disabled={isBusy}>
                {texts.buttons.search}
              </button>
            </form>
          )}
        </>
      ) : (
        <p class="question">{texts.lost.question(sum)}</p>
      )}
      <Message text={problem?.message} hint={problem?.hint} />
      <div class="buttons">
        {isBlocked ? (
          <button
            type="button"
            class="primary"
            disabled={isBusy || !order}
            onClick={() =>
              order &&
              by &&
              run(async () => {
                const { amount } = await send<Json<BookedAnswer>>(api, order);
                say({ kind: "notice", text: texts.lost.moved(format.sat(amount), nameOf(by)) });
                onDone();
              })
            }
          >
            {texts.buttons.move(sum)}
          </button>
        ) : (
          <button
            type="button"
            class="danger"
            disabled={isBusy}
            onClick={() =>
              run(async () => {
                await api.post(`/v1/cards/${card.card}/block`);
                setIsBlocked(true);
                onBlocked();
              })
            }
          >
            {texts.buttons.block}
          </button>
        )}
        <button type="button" onClick={onDone}>
          {texts.buttons.cancel}
        </button>
      </div>
    </Dialog>
  );
}
