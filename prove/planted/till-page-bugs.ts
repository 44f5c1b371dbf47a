import { bug, bugsOf, type PlantedBug } from "./bug.js";

const page = (named: string) => ({ tests: "test/pages/till.pages.test.ts", named });
const input = (named: string) => ({ tests: "test/pages/till-input.pages.test.ts", named });
const rates = (named: string) => ({ tests: "test/server/rates.test.ts", named });
const book = (named: string) => ({ tests: "test/terminal/rate-book.test.ts", named });
const cart = (named: string) => ({ tests: "test/terminal/cart.test.ts", named });

/** In the till's page, its carts and its rate. */
export const TILL_PAGE_BUGS: readonly PlantedBug[] = bugsOf("till page", [
  bug(
    "what was accepted offline looks paid",
    [page("goes on offline when the payer is lost")],
    [
      "web/shell/sale-state.ts",
      'ENDS[cancelReason ?? "merchant"] : state;',
      'ENDS[cancelReason ?? "merchant"] : state === "accepted" ? "paid" : state;',
    ],
  ),
  bug(
    "the last state is shown while there is no connection",
    [page("that is killed in the middle of a sale")],
    ["web/shell/sale-state.ts", '    if (!isConnected) return "unknown";\n', ""],
  ),
  bug(
    "the PIN is kept in the browser's storage",
    [page("takes a PIN on keys in another order")],
    [
      "web/till/pin-pad.tsx",
      "    pin.current = next;\n",
      '    pin.current = next;\n    sessionStorage.setItem("pin", next);\n',
    ],
  ),
  bug(
    "keys that come before a screen is drawn are lost",
    [page("loses no key")],
    ["web/till/use-keys.ts", "useLayoutEffect(() => {", "useEffect(() => {"],
    ["web/till/use-keys.ts", "import { useLayoutEffect,", "import { useEffect,"],
  ),
  bug(
    "a dialog is shown a frame too late",
    [input("is a dialog's from its first moment")],
    ["web/shell/dialog.tsx", "  useLayoutEffect(() => {", "  useEffect(() => {"],
    [
      "web/shell/dialog.tsx",
      "import { useId, useLayoutEffect, useRef }",
      "import { useEffect, useId, useRef }",
    ],
  ),
  bug(
    "a dialog keeps the focus",
    [input("is a dialog's from its first moment")],
    ["web/shell/dialog.tsx", "    return () => shown?.close();\n", ""],
  ),
  bug(
    "the second click of a double click presses what lies there by then",
    [input("a second click of a double click"), input("a double click takes one line out of the cart")],
    ["web/shell/strays.ts", "  if (detail > 1) return true;\n", ""],
  ),
  bug(
    "the second tap of a finger presses what lies there by then",
    [input("a second tap of a finger")],
    [
      "web/shell/strays.ts",
      'if (pointerType !== "touch") return false;',
      'if (pointerType !== "pen") return false;',
    ],
  ),
  bug(
    "the button that sets a rate becomes the one that confirms it",
    [input("a double click takes one line out of the cart")],
    ["web/till/rate-dialog.tsx", 'key="confirm" ', ""],
    ["web/till/rate-dialog.tsx", 'key="set" ', ""],
  ),
  bug(
    "a line of the cart that moves up takes the clicks of the one before it",
    [input("a double click takes one line out of the cart")],
    ["web/till/cart-list.tsx", "key={at + name}", "key={at}"],
  ),
  bug(
    "a held key presses the first button of the dialog that it opens",
    [input("a key that is held presses once")],
    ["web/shell/strays.ts", 'if (event.key === "Enter" || event.key', "if (event.key"],
  ),
  bug(
    "digits that are typed over a dialog change the amount behind it",
    [input("digits are the tip's")],
    [
      "web/till/use-keys.ts",
      '      if ((document.querySelector("dialog[open]") !== null) !== inDialog) return;\n',
      "",
    ],
  ),
  bug(
    "the first digit of a sale is typed again by another screen",
    [input("nothing typed before another part of the till")],
    ["web/till/till-page.tsx", '                setFirstKey("");\n', ""],
  ),
  bug(
    "a cart that was charged is offered again after a reload",
    [input("a cart that was charged is empty")],
    ["web/till/use-till.ts", "        keepCart(EMPTY_CART);\n", ""],
  ),
  bug(
    "the rest of a PIN becomes an amount",
    [page("takes a PIN on keys in another order")],
    ["web/till/charge-screen.tsx", " && !hadPin.current", ""],
  ),
  bug(
    "a refusal of the till empties the cart",
    [page("waits for the card of the last one")],
    [
      "web/till/sell-screen.tsx",
      "      setProblem(refused);\n",
      "      change(EMPTY_CART);\n      setProblem(refused);\n",
    ],
  ),
  bug(
    "a refusal is said in the words that programs get",
    [input("is said in the page's language")],
    ["web/till/refusal.ts", "  if (own) return", "  if (own && own.said === message) return"],
  ),
  bug(
    "the keys for the PIN are always in the same order",
    [page("takes a PIN on keys in another order")],
    ["web/till/pin-pad.tsx", "useState(shuffled)", 'useState(() => "0123456789".split(""))'],
  ),
  bug(
    "the answer to a charge replaces what came of it",
    [page("is not taken back by its own answer")],
    [
      "web/till/use-till.ts",
      "if (next.number > away.current && (isOver(next) || shown.current?.number !== next.number)) show(next);",
      "show(next);",
    ],
  ),
  bug(
    "an older answer replaces a newer state",
    [page("takes a PIN on keys in another order")],
    [
      "web/till/use-till.ts",
      "if (isOver(next) || shown.current?.number !== next.number) took(next);",
      "took(next);",
    ],
  ),
  bug(
    "a charge whose answer was lost is sent under another key",
    [page("whose answer was lost")],
    [
      "web/shell/api.ts",
      "          return await ask<Answer>(path, request);\n        } catch",
      '          return await ask<Answer>(path, { ...request, headers: { ...request.headers, "idempotency-key": newRequestKey() } });\n        } catch',
    ],
  ),
  bug(
    "the key of a shift lead stays in the browser",
    [page("a device that only sells")],
    [
      "web/till/lead.tsx",
      '  if (key === "") return api;\n',
      '  if (key === "") return api;\n  sessionStorage.setItem("lead", key);\n',
    ],
  ),
  bug(
    "the page charges without the tip that was chosen",
    [page("is typed without a unit")],
    [
      "web/till/sell-screen.tsx",
      "onTip={(tip) => void charge(request(tip))}",
      "onTip={() => void charge(request())}",
    ],
  ),
  bug(
    "half a cent of tip is rounded down",
    [cart("has a tip of")],
    ["host/terminal/cart.ts", "(sum.units * share + 50n) / 100n", "(sum.units * share) / 100n"],
  ),
  bug(
    "each line of a cart is converted by itself",
    [cart("adds in the currency and converts once")],
    [
      "host/terminal/cart.ts",
      "  return amount === 0n ? { units, price } : ",
      "  return sums.length === 1 ? { units, price } : ",
    ],
  ),
  bug(
    "a rate that is not plausible is used",
    [book("a source's rate is used where it is near"), rates("that lies once does not change the rate")],
    ["host/terminal/rate-book.ts", "    if (this.#isFar(rate.price)) {", "    if (price.length === 0) {"],
  ),
  bug(
    "a rate that is too old is used",
    [rates("refuses amounts in the currency once the rate is too old")],
    ["server/till/till.ts", "if (!last?.isTooOld) return;", "if (!last?.isTooOld || now > 0) return;"],
  ),
  bug(
    "a source of rates is asked at any address",
    [rates("is not asked at a private address")],
    [
      "server/till/rate-fetch.ts",
      "const addresses = await hookAddresses(url, resolve);",
      'const addresses = resolve ? await resolve(url.hostname) : ["127.0.0.1"];',
    ],
  ),
  bug(
    "an answer of a source is read whole, however long it is",
    [rates("that sends ten megabytes is cut off")],
    [
      "server/till/rate-fetch.ts",
      "await textOf(answer, MAX_ANSWER)",
      "await textOf(answer, MAX_ANSWER * 1000)",
    ],
  ),
]);
