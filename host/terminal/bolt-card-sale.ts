import { readCardAddress } from "../../bolt-card/address.js";
import { callbackAddress, type WithdrawRequest } from "../../bolt-card/withdraw.js";
import { utf8 } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import { shownMsat } from "../../common/languages/shown.js";
import { SENTENCES } from "../../common/languages/spoken.js";
import { sha256 } from "../../common/sha256.js";
import { BoltCardRefusal } from "../bolt-card/refusal.js";
import { askForOffer, type JudgedCallback, judgeCallback, type ServerRules } from "../bolt-card/server.js";
import type { SaleDisplay, SaleEnds, TerminalParts } from "./parts.js";
import type { Sale } from "./sale.js";

/** PINs of another form that are typed before the card is given up. */
const MAX_PINS = 3;

/** A sale that a Bolt Card is to pay. */
export interface BoltCardSale {
  readonly parts: Pick<TerminalParts, "store" | "offline">;
  readonly rules: ServerRules;
  readonly ends: SaleEnds;
  readonly sale: Sale;
  readonly display: SaleDisplay;
  readonly signal: AbortSignal;
}

/**
 * Has the server of a Bolt Card asked to pay a sale, once for each time that the card is read (specs/10 §6). That it was asked
 * is durable before. Its answer decides nothing.
 * @param address as it stands on the card
 * @returns true when the sale is paid: the own invoice is settled
 * @throws BoltCardRefusal: nothing was asked for
 */
export async function askBoltCard(
  { parts, rules, ends, sale, display, signal }: BoltCardSale,
  address: string,
): Promise<boolean> {
  const { store, offline } = parts;
  const started = ends.now();
  // The node does not see what is paid to a deputy.
  if (store.get(sale.number).invoiceOf === "deputy" || offline?.outages.ownNode)
    throw new BoltCardRefusal("offline");
  const offer = await askForOffer(cardAddress(address, rules), rules, signal);
  expectWithin(offer, sale);
  const pin = await pinFor(offer, sale, display, signal);
  const { invoice } = store.get(sale.number);
  const callback = await judgeCallback(offer, invoice, pin, rules);
  // Paid otherwise, expired or cancelled meanwhile: nothing may be asked for any more.
  if (signal.aborted) return false;
  if (!store.askBoltCard(sale.number, requestId(offer, invoice), Math.floor(ends.now() / 1000)))
    throw new BoltCardRefusal("same-request");
  display.onStep?.("tap", ends.now() - started);
  const said = await sentenceOf(callback, signal);
  if (await ends.settledBefore(store.get(sale.number))) {
    display.onStep?.("payment", ends.now() - started);
    return true;
  }
  if (!signal.aborted) display.onNotice?.(said.sentence, said.isRefusal ? "refused" : undefined);
  return false;
}

function cardAddress(address: string, { network }: ServerRules): URL {
  try {
    return readCardAddress(address, network === "bcrt");
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new BoltCardRefusal("not-a-bolt-card", error.message);
  }
}

function expectWithin({ min, max }: WithdrawRequest, { amount }: Sale): void {
  if (amount < min) throw new BoltCardRefusal("below-minimum", shownMsat(min));
  if (amount > max) throw new BoltCardRefusal("above-maximum", shownMsat(max));
}

/** The PIN where the amount needs it. @throws BoltCardRefusal `no-pin` */
async function pinFor(
  { pinLimit }: WithdrawRequest,
  { amount }: Sale,
  display: SaleDisplay,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (pinLimit === undefined || amount < pinLimit) return undefined;
  for (let typed = 0; typed < MAX_PINS; typed++) {
    const pin = await display.askPin?.(undefined, signal);
    if (pin === undefined) break;
    if (/^\d{4}$/.test(pin)) return pin;
    display.onNotice?.(SENTENCES.boltCard.pinForm);
  }
  throw new BoltCardRefusal("no-pin");
}

/** Names what is asked for, without the PIN: the same is never sent twice. */
const requestId = (offer: WithdrawRequest, invoice: string): Uint8Array =>
  sha256(utf8(callbackAddress(offer, invoice).href));

async function sentenceOf(
  callback: JudgedCallback,
  signal: AbortSignal,
): Promise<{ readonly sentence: string; readonly isRefusal: boolean }> {
  const { asked, said, saidNothing, unclear } = SENTENCES.boltCard;
  const answer = await callback.send(signal);
  if (answer === undefined) return { sentence: asked, isRefusal: false };
  if ("problem" in answer) return { sentence: unclear(answer.problem), isRefusal: false };
  return { sentence: answer.reason === "" ? saidNothing : said(answer.reason), isRefusal: true };
}
