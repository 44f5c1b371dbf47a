import { useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import { showSat } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import type { Cart, Product } from "./types.js";

const TYPED = /^(\d+(?:[.,]\d+)?)([a-z]{3})$/i;

/** A price as it stands in the file, for people. */
function showPrice({ price, amount }: Product, { texts, language }: Session<TillTexts>): string {
  const [, value = "", unit = ""] = TYPED.exec(price) ?? [];
  const isSat = /^(sat|btc)$/i.test(unit) || unit === "";
  if (!isSat) {
    const format = new Intl.NumberFormat(language, { style: "currency", currency: unit });
    // A text of digits is formatted exactly; the type wants it to be a literal.
    return format.format(value.replace(",", ".") as `${number}`);
  }
  return amount === undefined ? texts.cart.noPrice : showSat(amount, language);
}

/** Products as buttons, in their groups. */
export function ProductGrid({
  session,
  products,
  cart,
  onAdd,
}: {
  readonly session: Session<TillTexts>;
  readonly products: readonly Product[];
  readonly cart: Cart;
  onAdd(name: string): void;
}) {
  const { texts } = session;
  const [group, setGroup] = useState<string>();
  const groups = [...new Set(products.flatMap((product) => product.group ?? []))];
  const shown = group === undefined ? products : products.filter((product) => product.group === group);
  const counts = new Map(cart.items.map(({ product, quantity }) => [product, quantity]));
  return (
    <section class="products" aria-label={texts.buttons.products}>
      {groups.length > 0 && (
        <div class="groups">
          {[undefined, ...groups].map((name) => (
            <button
              key={name ?? ""}
              type="button"
              class={name === group ? "tab chosen" : "tab"}
              aria-pressed={name === group}
              onClick={() => setGroup(name)}
            >
              {name ?? texts.cart.allGroups}
            </button>
          ))}
        </div>
      )}
      <div class="grid">
        {shown.map((product) => (
          <button key={product.name} type="button" class="product" onClick={() => onAdd(product.name)}>
            <span class="name">{product.name}</span>
            <span class="price">{showPrice(product, session)}</span>
            {counts.has(product.name) && <span class="count">{counts.get(product.name)}</span>}
          </button>
        ))}
      </div>
    </section>
  );
}
