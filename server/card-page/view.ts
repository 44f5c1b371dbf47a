import { bytesToHex } from "../../common/bytes.js";
import { msatIn, type Price } from "../../common/price.js";
import { visible } from "../../common/visible.js";
import type { CardStanding, HolderView } from "../../issuer/reports/index.js";

/** Digits of a node id that stand for a payee without a name. */
const SHORT_ID = 8;

/** How the page of a card names its payees and sums. */
export interface PageNames {
  /** Names of stalls, by the node id of each. */
  readonly payees: Readonly<Record<string, string>>;
  readonly price?: Price | undefined;
  /** Where cards are unblocked, in the issuer's words. */
  readonly desk?: string | undefined;
}

/** A payment on the page of its card; amounts are decimal digits of millisatoshi. */
interface PaymentOnPage {
  /** ISO 8601. */
  readonly at: string;
  readonly amount: string;
  /** What merchants returned of it. */
  readonly refunded: string;
  /** Its name in the configuration, else the first digits of its node id. */
  readonly payee: string;
  readonly state: "paid" | "in-flight" | "not-paid";
}

/** A card on its own page; amounts are decimal digits of millisatoshi. */
export interface CardOnPage {
  /** What is printed on it. */
  readonly label: string;
  readonly standing: CardStanding;
  readonly left: string;
  readonly inCurrency?: { readonly sum: string; readonly currency: string };
  readonly inFlight: string;
  /** An update waits for the card until its next tap. */
  readonly waits: boolean;
  /** Where cards are unblocked. */
  readonly desk?: string;
  readonly payments: readonly PaymentOnPage[];
}

/** What opening a page answers. */
export interface OpenedPage {
  readonly session: string;
  /** How long it stays open. */
  readonly seconds: number;
  readonly card: CardOnPage;
}

const STATES = { settled: "paid", reserved: "in-flight", void: "not-paid" } as const;

/** Texts of others are shown as they are, without what only turns or hides text. */
export function pageView(view: HolderView, { payees, price, desk }: PageNames): CardOnPage {
  const { label, standing, left, inFlight, waits, payments } = view;
  return {
    label: visible(label),
    standing,
    left: left.toString(),
    ...(price ? { inCurrency: { sum: msatIn(left, price), currency: price.currency } } : {}),
    inFlight: inFlight.toString(),
    waits,
    ...(desk === undefined ? {} : { desk }),
    payments: payments.map(({ at, amount: paid, refunded, payee, state }) => {
      const id = bytesToHex(payee);
      return {
        at: new Date(at).toISOString(),
        amount: paid.toString(),
        refunded: refunded.toString(),
        payee: visible(Object.hasOwn(payees, id) ? (payees[id] ?? "") : id.slice(0, SHORT_ID)),
        state: STATES[state],
      };
    }),
  };
}
