import { REASON } from "../../lightning/api/reasons.js";

/** An accepted sale as those who stood at the stall, and the terminal's own file in the end, know it. */
export interface AcceptedSale {
  readonly stall: string;
  readonly number: number;
  /** Of the invoice, hex. */
  readonly hash: string;
  /** Msat. */
  readonly amount: bigint;
  /** Hex. */
  readonly card: string;
  /** Serial numbers of events: when it was accepted, and when it was paid or refused; undefined: never. */
  readonly from: number;
  readonly until: number | undefined;
  /** In the terminal's file; undefined: it is not there, or not as an accepted one. */
  readonly state: string | undefined;
  readonly received: bigint | undefined;
  /** Its invoice is the node's own, which no pack names: the connection was lost in mid-sale. */
  readonly isNodes: boolean;
  /** Why it is refused or open; undefined: nobody can say. */
  readonly reason: string | undefined;
}

/** What one merchant may lose at a stall, msat. */
export interface LossLimits {
  readonly perCard: bigint;
  readonly perTerminal: bigint;
  readonly maxSales: number;
}

/** Everything that the books of one run are held against each other by. */
export interface FestivalFacts {
  readonly sales: readonly AcceptedSale[];
  readonly limits: LossLimits;
  /** By payment hash: how often the merchant's node gave a preimage out, and what it received, msat. */
  readonly claims: ReadonlyMap<string, { readonly times: number; readonly received: bigint }>;
  /** By payment hash: how often money left the issuer's node. */
  readonly sent: ReadonlyMap<string, number>;
  /** Payment hashes of all sales that the terminals' files have as paid. */
  readonly paidSales: readonly string[];
  /** By payment hash, of the issuer's ledger: state and amount, msat. */
  readonly authorizations: ReadonlyMap<string, { readonly state: string; readonly amount: bigint }>;
  /** Of the ledger, msat: what cards have, have spent and owe, what each guarantee is, and its total. */
  readonly ledger: {
    readonly funded: bigint;
    readonly spent: bigint;
    readonly owed: bigint;
    readonly guaranteeTotal: bigint;
    readonly guaranteeLimit: bigint;
    /** Debts of the cards that owe the most. */
    readonly highestDebt: bigint;
    readonly cardGuaranteeLimit: bigint;
    /** Payment hashes for which the issuer lent, with the amount. */
    readonly lent: ReadonlyMap<string, bigint>;
  };
  /** As the people at the desk know it, msat. */
  readonly desk: { readonly paidIn: bigint; readonly paidOut: bigint };
  readonly violations: readonly string[];
  /** What went wrong on the way. */
  readonly complaints: readonly string[];
}

/** Why a token may be refused that a terminal accepted by the rules: what the card, its holder or the time did since. */
const BEARABLE: ReadonlySet<number> = new Set([
  REASON.CARD_BLOCKED,
  REASON.CARD_CONTRADICTS,
  REASON.NOT_FUNDED,
  REASON.INVOICE_EXPIRED,
  REASON.TOKEN_VOID,
]);

const sum = (amounts: Iterable<bigint>): bigint => [...amounts].reduce((total, one) => total + one, 0n);

/** Holds every book against every other. @returns what must not be; empty after every good run */
export function festivalProblems(facts: FestivalFacts): string[] {
  return [
    ...facts.complaints,
    ...facts.violations.map((words) => `ledger: ${words}`),
    ...facts.sales.flatMap((sale) => endProblems(sale, facts)),
    ...lossProblems(facts.sales, facts.limits),
    ...doublePayments(facts),
    ...moneyProblems(facts),
  ];
}

/** Every accepted sale ends paid, refused or open, and both other books say the same. */
function endProblems(sale: AcceptedSale, { claims, authorizations }: FestivalFacts): string[] {
  const name = `${sale.stall}: sale ${sale.number}`;
  const claimed = claims.get(sale.hash)?.received;
  const issuers = authorizations.get(sale.hash)?.state;
  const problems: string[] = [];
  const hold = (good: boolean, what: string) => void (good || problems.push(`${name} ${what}`));
  if (sale.state === "paid") {
    hold(
      sale.received === claimed,
      `says ${sale.received} msat came, the node received ${claimed ?? "none"}`,
    );
    hold((claimed ?? 0n) >= sale.amount, `is paid with less than ${sale.amount} msat`);
  } else if (sale.state === "refused" || sale.state === "accepted") {
    hold(claimed === undefined, `is ${sale.state}, and the node received ${claimed} msat`);
    hold(issuers !== "settled", `is ${sale.state}, and the issuer's ledger has it settled`);
    hold(sale.state !== "refused" || issuers !== "reserved", "is refused, and the issuer may still pay it");
    hold(sale.reason !== undefined, `is ${sale.state === "refused" ? "refused" : "open"} without a reason`);
    const isBearable =
      BEARABLE.has(Number(sale.reason)) || (sale.isNodes && Number(sale.reason) === REASON.PAYMENT_FAILED);
    const isOwnFault = sale.state === "refused" && !isBearable;
    hold(!isOwnFault, `was accepted by the rules and refused for reason ${sale.reason}`);
  } else hold(false, `was accepted and is ${sale.state ?? "gone"}`);
  return problems;
}

/** At no moment a stall had more at stake than its limits allow; what it lost of that is no more. */
function lossProblems(sales: readonly AcceptedSale[], limits: LossLimits): string[] {
  const problems: string[] = [];
  for (const last of sales) {
    const held = sales.filter(
      ({ stall, from, until }) =>
        stall === last.stall && from <= last.from && (until === undefined || until > last.from),
    );
    const ofCard = sum(held.filter(({ card }) => card === last.card).map(({ amount }) => amount));
    const all = sum(held.map(({ amount }) => amount));
    const where = `${last.stall}: with sale ${last.number}`;
    if (ofCard > limits.perCard)
      problems.push(`${where} ${ofCard} msat of one card are at stake, ${limits.perCard} are allowed`);
    if (all > limits.perTerminal)
      problems.push(`${where} ${all} msat are at stake, ${limits.perTerminal} are allowed`);
    if (held.length > limits.maxSales)
      problems.push(`${where} ${held.length} sales are at stake, ${limits.maxSales} are allowed`);
  }
  return problems;
}

function doublePayments({ claims, sent, paidSales, authorizations }: FestivalFacts): string[] {
  const problems: string[] = [];
  for (const [hash, { times, received }] of claims) {
    if (times !== 1) problems.push(`${hash} was claimed ${times} times`);
    const authorized = authorizations.get(hash);
    if (authorized?.state !== "settled" || authorized.amount !== received)
      problems.push(
        `${hash} brought ${received} msat, the ledger has ${authorized?.amount} ${authorized?.state}`,
      );
    const sales = paidSales.filter((paid) => paid === hash).length;
    if (sales !== 1) problems.push(`${hash} brought money, and ${sales} sales are paid by it`);
  }
  for (const [hash, times] of sent) if (times !== 1) problems.push(`${hash} was paid ${times} times`);
  for (const hash of paidSales)
    if (!claims.has(hash)) problems.push(`a sale is paid by ${hash}, and nothing came`);
  return problems;
}

/** Every msat that was paid in, lent, paid out or received by a merchant is in the ledger. */
function moneyProblems({ claims, ledger, desk, authorizations }: FestivalFacts): string[] {
  const problems: string[] = [];
  const received = sum([...claims.values()].map(({ times, received: each }) => BigInt(times) * each));
  if (received !== ledger.spent)
    problems.push(`merchants received ${received} msat, the cards spent ${ledger.spent}`);
  if (ledger.funded !== desk.paidIn - desk.paidOut + ledger.owed)
    problems.push(
      `cards have ${ledger.funded} msat; ${desk.paidIn} were paid in, ${desk.paidOut} out, and they owe ${ledger.owed}`,
    );
  if (ledger.owed !== ledger.guaranteeTotal)
    problems.push(`cards owe ${ledger.owed} msat, the guarantee has ${ledger.guaranteeTotal}`);
  if (ledger.owed > ledger.guaranteeLimit)
    problems.push(`cards owe ${ledger.owed} msat, the guarantee is ${ledger.guaranteeLimit} in all`);
  if (ledger.highestDebt > ledger.cardGuaranteeLimit)
    problems.push(
      `a card owes ${ledger.highestDebt} msat, the guarantee is ${ledger.cardGuaranteeLimit} for one`,
    );
  for (const [hash, amount] of ledger.lent)
    if (authorizations.get(hash)?.amount !== amount)
      problems.push(
        `${amount} msat were lent for ${hash}, and ${authorizations.get(hash)?.amount} authorized`,
      );
  return problems;
}
