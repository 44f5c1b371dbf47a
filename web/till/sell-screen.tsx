import { useState } from "preact/hooks";
import type { TillTexts } from "../../common/languages/till.js";
import type { ApiProblem } from "../shell/api.js";
import { Dialog } from "../shell/dialog.js";
import { Message } from "../shell/message.js";
import { NBSP, showSat, showSum } from "../shell/money.js";
import type { Session } from "../shell/start.js";
import { CartList } from "./cart-list.js";
import { deleteKey, type Entry, entryDigits, entryText, typeKey } from "./entry.js";
import { keepCart, keptCart } from "./kept.js";
import { Pad } from "./pad.js";
import { ProductGrid } from "./product-grid.js";
import { told } from "./refusal.js";
import { TipDialog } from "./tip-dialog.js";
import { type Cart, type CartItem, EMPTY_CART, type Standing, type Tip } from "./types.js";
import { useKeys } from "./use-keys.js";
import { useQuote } from "./use-quote.js";
import type { Till } from "./use-till.js";

interface SellProps {
  readonly session: Session<TillTexts>;
  readonly till: Till;
  readonly standing: Standing;
  /** Typed on the screen before: the first of the amount. */
  readonly firstKey: string;
}

/** Amount pad, products and cart. */
export function SellScreen({ session, till, standing, firstKey }: SellProps) {
  const { api, texts, language } = session;
  const { currency, decimals = 0, rate } = standing;
  const [isSat, setIsSat] = useState(currency === undefined || !rate.last || rate.last.isTooOld);
  const unit = isSat || currency === undefined ? "sat" : currency;
  const [entry, setEntry] = useState<Entry>(() =>
    typeKey({ typed: "", decimals: unit === "sat" ? 0 : decimals }, firstKey),
  );
  const [cart, setCart] = useState<Cart>(keptCart);
  const [side, setSide] = useState<"pad" | "products">("pad");
  const [problem, setProblem] = useState<ApiProblem>();
  const [isTip, setIsTip] = useState(false);
  const [isNote, setIsNote] = useState(false);
  const [question, setQuestion] = useState<{ readonly text: string; readonly body: object }>();
  const isBusy = till.isOpening;

  const typed = entryText(entry);
  const free: CartItem | undefined =
    typed === undefined ? undefined : { amount: `${typed}${unit.toLowerCase()}`, quantity: 1 };
  const items = free ? [...cart.items, free] : cart.items;
  const change = (next: Cart): void => {
    setProblem(undefined);
    setCart(next);
    keepCart(next);
  };
  const request = (tip?: Tip): object => ({
    items,
    ...(tip ? { tip } : {}),
    ...(cart.note === "" ? {} : { note: cart.note }),
  });

  const { quote, problem: unquoted } = useQuote(
    api,
    items.length > 0 ? JSON.stringify(request()) : undefined,
    `${rate.last?.price} ${rate.last?.isTooOld} ${standing.products}`,
  );

  function add(): void {
    if (!free) return;
    change({ ...cart, items: [...cart.items, free] });
    setEntry({ ...entry, typed: "" });
  }
  function addProduct(product: string): void {
    const at = cart.items.findIndex((item) => item.product === product);
    const found = cart.items[at];
    const next = found
      ? cart.items.with(at, { ...found, quantity: Math.min(found.quantity + 1, 999) })
      : [...cart.items, { product, quantity: 1 }];
    change({ ...cart, items: next });
  }
  async function charge(body: object): Promise<void> {
    setIsTip(false);
    setQuestion(undefined);
    const refused = await till.open(body);
    if (!refused) {
      change(EMPTY_CART);
      setEntry({ ...entry, typed: "" });
    } else if (refused.code === "confirm")
      setQuestion({ text: refused.message, body: { ...body, confirmed: true } });
    else {
      setProblem(refused);
      if (refused.code === "busy") till.refresh();
    }
  }
  const start = (): void => {
    if (items.length === 0 || isBusy) return;
    if (standing.tips) setIsTip(true);
    else void charge(request());
  };
  const press = (key: string): void => {
    setProblem(undefined);
    setEntry((now) => typeKey(now, key));
  };
  useKeys((key) => {
    if (/^\d$/.test(key)) press(key);
    else if (key === "." || key === ",") press(".");
    else if (key === "Backspace") setEntry(deleteKey);
    else if (key === "+") add();
    else if (key === "Enter") start();
    else return false;
    return true;
  });

  const total = quote && items.length > 0 ? quote : undefined;
  const shownTotal = total
    ? total.fiat
      ? showSum(total.fiat, language)
      : showSat(total.amount, language)
    : undefined;
  const beside = total?.fiat
    ? showSat(total.amount, language)
    : total?.inCurrency && `≈ ${showSum(total.inCurrency, language)}`;
  const hasProducts = till.products.length > 0;
  const shownEntry =
    unit === "sat"
      ? showSat(`${entryDigits(entry)}000`, language)
      : showSum(`${entryDigits(entry)} ${unit}`, language);
  const refusal = problem ?? unquoted ?? till.problem;
  return (
    <div class={`sell${hasProducts ? " with-products" : ""} show-${side}`}>
      {hasProducts && (
        <div class="sides">
          <button
            type="button"
            class={side === "pad" ? "tab chosen" : "tab"}
            aria-pressed={side === "pad"}
            onClick={() => setSide("pad")}
          >
            {texts.buttons.amount}
          </button>
          <button
            type="button"
            class={side === "products" ? "tab chosen" : "tab"}
            aria-pressed={side === "products"}
            onClick={() => setSide("products")}
          >
            {texts.buttons.products}
          </button>
        </div>
      )}
      {hasProducts && (
        <ProductGrid session={session} products={till.products} cart={cart} onAdd={addProduct} />
      )}
      <section class="amount" aria-label={texts.buttons.amount}>
        <output class="entry" aria-label={texts.buttons.amount}>
          {shownEntry}
        </output>
        <Pad
          session={session}
          unit={unit}
          otherUnit={currency === undefined ? undefined : unit === "sat" ? currency : "sat"}
          onKey={press}
          onBack={() => setEntry(deleteKey)}
          onAdd={add}
          canAdd={free !== undefined}
          onUnit={() => {
            setIsSat(!isSat);
            setEntry({ typed: "", decimals: isSat ? decimals : 0 });
          }}
        />
      </section>
      <section class="cart" aria-label={texts.cart.title}>
        <CartList
          session={session}
          cart={cart}
          quote={quote}
          hasProducts={hasProducts}
          onChange={change}
          onNote={() => setIsNote(true)}
        />
        <Message {...told(texts, refusal)} />
        <div class="total">
          <strong>{shownTotal ?? NBSP}</strong>
          <span class="muted">{beside ?? NBSP}</span>
        </div>
        <button type="button" class="primary charge" disabled={items.length === 0 || isBusy} onClick={start}>
          {isBusy ? texts.opening : shownTotal ? texts.buttons.chargeSum(shownTotal) : texts.buttons.charge}
        </button>
      </section>
      {isTip && standing.tips && (
        <TipDialog
          session={session}
          tips={standing.tips}
          unit={unit}
          decimals={unit === "sat" ? 0 : decimals}
          request={request}
          onTip={(tip) => void charge(request(tip))}
          onClose={() => setIsTip(false)}
        />
      )}
      {isNote && (
        <NoteDialog
          session={session}
          note={cart.note}
          onNote={(note) => {
            change({ ...cart, note });
            setIsNote(false);
          }}
        />
      )}
      {question && (
        <Dialog title={texts.confirm.title} onClose={() => setQuestion(undefined)}>
          <p class="big">{question.text}</p>
          <div class="buttons">
            <button type="button" onClick={() => setQuestion(undefined)}>
              {texts.buttons.change}
            </button>
            <button type="button" class="primary" onClick={() => void charge(question.body)}>
              {texts.buttons.confirm}
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function NoteDialog({
  session: { texts, shell },
  note,
  onNote,
}: {
  readonly session: Session<TillTexts>;
  readonly note: string;
  onNote(note: string): void;
}) {
  const [text, setText] = useState(note);
  return (
    <Dialog title={texts.buttons.note} onClose={() => onNote(note)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onNote(text.trim());
        }}
      >
        <label class="field">
          <span>{texts.cart.noteField}</span>
          <input
            value={text}
            maxLength={200}
            autocomplete="off"
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </label>
        <div class="buttons">
          <button type="button" onClick={() => onNote(note)}>
            {shell.buttons.back}
          </button>
          <button type="submit" class="primary">
            {shell.buttons.ok}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
