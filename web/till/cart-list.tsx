import type { TillTexts } from "../../common/languages/till.js";
import { showSum } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { type Cart, EMPTY_CART, type Quote } from "./types.js";

/** The lines of the cart, with what each comes to. */
export function CartList({
  session: { texts, language },
  cart,
  quote,
  hasProducts,
  onChange,
  onNote,
}: {
  readonly session: Session<TillTexts>;
  readonly cart: Cart;
  readonly quote: Quote | undefined;
  readonly hasProducts: boolean;
  onChange(cart: Cart): void;
  onNote(): void;
}) {
  const { items, note } = cart;
  const step = (at: number, by: number): void => {
    const found = items[at];
    if (!found) return;
    const quantity = found.quantity + by;
    const next =
      quantity < 1 ? items.toSpliced(at, 1) : items.with(at, { ...found, quantity: Math.min(quantity, 999) });
    onChange({ ...cart, items: next });
  };
  return (
    <>
      <div class="cart-head">
        <h2>{texts.cart.title}</h2>
        <button type="button" onClick={onNote}>
          {texts.buttons.note}
        </button>
        <button
          type="button"
          disabled={items.length === 0 && note === ""}
          onClick={() => onChange(EMPTY_CART)}
        >
          {texts.buttons.clear}
        </button>
      </div>
      <ul class="lines">
        {items.length === 0 && (
          <li class="muted">{hasProducts ? texts.cart.empty : texts.cart.emptyAmount}</li>
        )}
        {items.map((item, at) => {
          const name = item.product ?? texts.cart.free;
          const total = quote?.lines[at]?.total;
          return (
            <li key={at + name} class="line">
              <span class="name">{name}</span>
              <button
                type="button"
                class="round"
                aria-label={`${texts.keys.minus}: ${name}`}
                onClick={() => step(at, -1)}
              >
                −
              </button>
              <span class="quantity">{item.quantity}</span>
              <button
                type="button"
                class="round"
                aria-label={`${texts.keys.plus}: ${name}`}
                onClick={() => step(at, 1)}
              >
                +
              </button>
              <span class="sum">{total === undefined ? "" : showSum(total, language)}</span>
            </li>
          );
        })}
        {note !== "" && <li class="muted note">{note}</li>}
      </ul>
    </>
  );
}
