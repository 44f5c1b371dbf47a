import { AUTHORIZATION_FLAG } from "../../apdu/constants.js";
import { type Msat, msat } from "../../common/msat.js";
import { REASON } from "../../lightning/api/reason-codes.js";
import type { Authorizer } from "../authorizer/authorizer.js";
import type { AuthorizerConfig } from "../authorizer/config.js";
import type { IssuerPorts } from "../authorizer/ports.js";
import type { Decision } from "../ledger/decision.js";
import type { PolicyCache } from "../ledger/policies.js";
import { countPinTry, forgetPinTries } from "../ledger/sun-cards.js";
import { blob, cardIdOf } from "../store/values.js";
import {
  type PayableInvoice,
  VerificationError,
  type VerifiedAuthorization,
  verifyInvoice,
} from "../verify.js";
import type { Batches } from "./batches.js";
import type { BoltCardsConfig } from "./config.js";
import type { BoltCardObserver } from "./figures.js";
import { isPin, PIN_FORM } from "./pin.js";
import { SAID, sentenceOf } from "./sentences.js";
import { readTicket, type Ticket } from "./ticket.js";

/** A callback as it came, parameters as text. */
export interface Withdrawal {
  readonly k1: string;
  readonly pr: string;
  readonly pin?: string | undefined;
}

/** Undefined: what was asked for is durably decided, and being paid. Else a sentence that says why not. */
export type WithdrawalAnswer = string | undefined;

interface Parts {
  readonly ports: IssuerPorts;
  readonly authorizer: Authorizer;
  readonly authorization: Pick<AuthorizerConfig, "maxExpirySeconds" | "statusSkewSeconds">;
  readonly config: BoltCardsConfig;
  readonly batches: Batches;
  readonly policies: PolicyCache;
  readonly onEnd: BoltCardObserver["onEnd"];
}

/** What the ledger knows of a reading when its invoice comes. */
interface Standing {
  /** Counter used already: what was decided counts, and nothing else is checked again. */
  readonly isDecided: boolean;
  readonly pinRequiredAbove: Msat | undefined;
  /** 4 bytes. */
  readonly batch: Buffer;
  /** `p` and `c`, 24 bytes; empty once the card was read again, since the newest one alone is kept. */
  readonly reading: Buffer;
}

/**
 * Pays an invoice for a reading (specs/10 §7.4): the first invoice under a k1 is the only one, and the same again gets
 * the same answer. Refusals before the ledger decides use nothing up.
 * @throws StoreError, KeyError
 */
export async function payReading(parts: Parts, { k1, pr, pin }: Withdrawal): Promise<WithdrawalAnswer> {
  const { ports, batches } = parts;
  const ticket = batches.list
    .map(({ ticketKeys }) => readTicket(ticketKeys, k1))
    .find((found) => found !== undefined);
  if (!ticket) return SAID.badK1;
  const invoice = await invoiceOf(parts, pr);
  if (typeof invoice === "string") return invoice;
  const { amount } = invoice.decoded;
  if (amount === undefined) return SAID.amountless;
  const standing = await standingOf(parts, ticket);
  if (!standing) return SAID.unknown;
  let isPinVerified = false;
  if (!standing.isDecided) {
    if (ports.clock() > 1000 * ticket.expiresAtSeconds) return SAID.expired;
    if (invoice.problem) return sentenceOf(invoice.problem.reason);
    if (standing.pinRequiredAbove !== undefined && amount > standing.pinRequiredAbove) {
      const problem = await pinProblem(parts, ticket, standing, pin);
      if (problem) return problem;
      isPinVerified = true;
    }
  }
  return answerTo(
    await parts.authorizer.withdraw(
      authorizationOf(ticket, standing, invoice, amount, isPinVerified),
      parts.onEnd,
    ),
  );
}

/** OK is said of what is reserved or paid; what a payment became that failed since is said, too. */
function answerTo(decision: Decision): WithdrawalAnswer {
  switch (decision.kind) {
    case "reserve":
      return undefined;
    case "known":
      return decision.known.state === "void"
        ? sentenceOf(Number.parseInt(`${decision.known.reason ?? REASON.PAYMENT_FAILED}`, 10))
        : undefined;
    default:
      return sentenceOf(decision.reason);
  }
}

async function invoiceOf({ ports, authorization }: Parts, pr: string): Promise<PayableInvoice | string> {
  const { signatures, network, nodeId, otherNodes, deputies, clock } = ports;
  try {
    return await verifyInvoice({
      // Code readers give it in upper case, and some wallets hand that on.
      invoice: /[a-z]/.test(pr) ? pr : pr.toLowerCase(),
      signatures,
      network,
      now: Math.floor(clock() / 1000),
      ownNodes: [nodeId, ...otherNodes(), ...deputies],
      maxExpirySeconds: authorization.maxExpirySeconds + authorization.statusSkewSeconds,
    });
  } catch (error) {
    if (error instanceof VerificationError) return sentenceOf(error.reason);
    throw error;
  }
}

async function standingOf({ ports, policies }: Parts, ticket: Ticket): Promise<Standing | undefined> {
  const { db } = ports.store;
  const row = await db
    .selectFrom("sun_cards")
    .innerJoin("accounts", "accounts.card", "sun_cards.card")
    .leftJoin("authorizations", (join) =>
      join
        .onRef("authorizations.card", "=", "sun_cards.card")
        .on("authorizations.counter", "=", ticket.counter),
    )
    .select(["sun_cards.batch", "sun_cards.reading", "accounts.policy", "authorizations.counter"])
    .select("sun_cards.counter as newest")
    .where("sun_cards.card", "=", ticket.card)
    .executeTakeFirst();
  if (!row) return undefined;
  const { pinRequiredAbove } = await policies.get(db, row.policy);
  return {
    isDecided: row.counter !== null,
    pinRequiredAbove,
    batch: row.batch,
    reading: row.newest === ticket.counter && row.reading ? row.reading : Buffer.alloc(0),
  };
}

/** Why an amount that needs the PIN is not paid; the try is counted before it is compared. */
async function pinProblem(
  { ports, batches, config }: Parts,
  { card }: Ticket,
  { batch }: Standing,
  pin: string | undefined,
): Promise<string | undefined> {
  const key = batches.find(batch)?.pinKey;
  if (pin === undefined || pin === "") return SAID.pinMissing;
  if (!PIN_FORM.test(pin)) return SAID.pinForm;
  const tried = await countPinTry(ports.store, card, config.maxPinTries);
  if (tried === "none") return SAID.noPin;
  if (tried === "blocked" || !key) return SAID.pinBlocked;
  if (!isPin(key, tried.check, pin)) return SAID.pinWrong;
  await forgetPinTries(ports.store, card, tried.check);
  return undefined;
}

/** The reading and its invoice as an authorization: nobody signed the amount, so it is the invoice's. */
function authorizationOf(
  { card, counter }: Ticket,
  { batch, reading }: Standing,
  invoice: PayableInvoice,
  amount: Msat,
  pinVerified: boolean,
): VerifiedAuthorization {
  return {
    kind: "sun",
    record: { cardId: cardIdOf(card), publicKey: new Uint8Array(0), keySetId: batch },
    card,
    counter,
    flags: pinVerified ? BigInt(AUTHORIZATION_FLAG.PIN_VERIFIED) : 0n,
    pinVerified,
    sequence: 0n,
    amount,
    total: msat(0n),
    signature: blob(reading.subarray(16)),
    message: reading,
    ...invoice,
  };
}
