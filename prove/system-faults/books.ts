import { bytesToHex } from "../../common/index.js";
import { listUnmatched, type UnmatchedPayment, verifyLedger } from "../../issuer/ledger/index.js";
import type { OperationKind } from "../../issuer/store/schema.js";
import { cardKey } from "../../issuer/store/values.js";
import { REASON } from "../../lightning/api/reasons.js";
import type { FieldCard } from "./cards.js";
import { ISSUER_FEES } from "./issuer-process.js";
import { CARD_FEES, type World } from "./world.js";

/** What happened in a run, for the report. */
export interface Books {
  /** What must not be; empty in every good run. */
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<string, number>>;
}

type Row = Awaited<ReturnType<typeof authorizations>>[number];

const authorizations = (world: World) =>
  world.store.read((tx) => tx.selectFrom("authorizations").selectAll().orderBy("counter").execute());

/** Holds the books of all parties against each other, when everything is resolved. */
export async function checkBooks(world: World, isAllGivenBack: boolean): Promise<Books> {
  const rows = await authorizations(world);
  const counts: Record<string, number> = { "authorizations settled": 0, "authorizations void": 0 };
  const count = (what: string) => {
    counts[what] = (counts[what] ?? 0) + 1;
  };
  for (const { state, reason } of rows) {
    count(`authorizations ${state}`);
    if (reason === BigInt(REASON.NOT_FUNDED)) count("authorizations not funded");
  }
  const all = await world.store.read((tx) => listUnmatched(tx));
  const open = all.filter(({ state }) => state !== "matched");
  if (isAllGivenBack) counts["forgotten payments left unmatched"] = open.length;
  const problems = [
    ...unexplainedPayments(world, all),
    ...unmatchedProblems(open, rows, isAllGivenBack),
    ...world.complaints.map((words) => `the service: ${words}`),
    ...(await ledgerProblems(world)),
    ...(await cashProblems(world, open)),
    ...paymentProblems(world, rows, open),
    ...feeProblems(world, rows, all),
    ...saleProblems(world, counts),
  ];
  for (const card of world.cards)
    problems.push(...(await cardProblems(world, card, rows, isAllGivenBack, counts)));
  return { problems, counts };
}

async function ledgerProblems(world: World): Promise<string[]> {
  const { violations } = await verifyLedger(world.store);
  return violations.map(({ invariant, found }) => `ledger: ${invariant}: ${found.join("; ")}`);
}

/** What was paid in and handed out, as the people at the desk know it; with what was paid it is never too much. */
async function cashProblems(world: World, open: readonly UnmatchedPayment[]): Promise<string[]> {
  const problems: string[] = [];
  const orders = await world.store.read((tx) =>
    tx.selectFrom("operations").select(["kind", "amount"]).execute(),
  );
  const of = (kind: OperationKind) =>
    orders.filter((order) => order.kind === kind).map(({ amount }) => amount);
  const [paidIn, paidOut] = [sum(of("fund")), sum(of("cash-out"))];
  const initial = sum(world.cards.map(({ limits }) => limits.credit));
  const { sure, atMost } = world.topUps;
  if (paidIn - initial < sure || paidIn - initial > atMost)
    problems.push(`paid in: need ${sure} to ${atMost} msat, the ledger has ${paidIn - initial}`);
  const known = world.payOuts.filter((amount) => amount !== undefined);
  const unheard = world.payOuts.length - known.length;
  const more = of("cash-out").length - known.length;
  if (more < 0 || more > unheard || paidOut < sum(known) || (more === 0 && paidOut !== sum(known)))
    problems.push(`handed out: ${sum(known)} msat and ${unheard} unheard, the ledger has ${paidOut}`);
  const received = sum(
    [...world.merchant.invoices.values()].map(({ state }) =>
      state.state === "settled" ? state.received : 0n,
    ),
  );
  // What the ledger forgot was paid out a second time at worst; it is in an account of its own.
  if (received - sum(open.map(({ amount }) => amount)) + paidOut > paidIn)
    problems.push(`${received} msat were paid and ${paidOut} handed out of ${paidIn} that were paid in`);
  return problems;
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);

/** Every payment hash: what left the payer's node, what came to the merchant's, and what the ledger says. */
function paymentProblems(
  { merchant, payer }: World,
  rows: readonly Row[],
  open: readonly UnmatchedPayment[],
): string[] {
  const problems: string[] = [];
  const settled = new Map(
    [...rows.filter(({ state }) => state === "settled"), ...open].map((row) => [
      row.payment_hash.toString("hex"),
      row.amount,
    ]),
  );
  let [received, spent] = [0n, 0n];
  for (const [hash, { state }] of merchant.invoices) {
    if (state.state !== "settled") continue;
    received += state.received;
    if (settled.get(hash) !== state.received)
      problems.push(
        `the merchant has ${state.received} msat for ${hash}, the ledger ${settled.get(hash) ?? "none"}`,
      );
  }
  for (const [hash, amount] of settled) {
    spent += amount;
    if (merchant.invoices.get(hash)?.state.state !== "settled")
      problems.push(`the ledger settled ${hash}, the merchant got nothing`);
  }
  if (received !== spent) problems.push(`the merchant got ${received} msat, the issuer spent ${spent}`);
  for (const [hash, times] of payer.sent) if (times !== 1) problems.push(`${hash} was paid ${times} times`);
  if (payer.sent.size !== settled.size)
    problems.push(`the payer's node paid ${payer.sent.size} invoices, the ledger ${settled.size}`);
  for (const { state, card, counter } of rows)
    if (state === "reserved") problems.push(`card ${card} counter ${counter} is still reserved`);
  return problems;
}

const DAY_MS = 24n * 3_600_000n;

/** Fees are those that the node paid, and in no period more than the budgets allow, by the clock of the decisions. */
function feeProblems(
  { payer, cards, forgotten }: World,
  rows: readonly Row[],
  unmatched: readonly UnmatchedPayment[],
): string[] {
  const problems: string[] = [];
  const settled = rows.filter(({ state }) => state === "settled");
  for (const row of settled) {
    const hash = row.payment_hash.toString("hex");
    const paid = payer.payments.get(hash)?.state;
    const fee = paid?.state === "settled" ? paid.fee : undefined;
    if (row.fee !== fee)
      problems.push(`${hash}: the node paid ${fee} msat of fees, the ledger has ${row.fee}`);
  }
  const within = (name: string, some: readonly Row[], budget: { day: bigint; month: bigint }) => {
    for (const { decided_at: end } of some)
      for (const [length, most] of [
        [DAY_MS, budget.day],
        [30n * DAY_MS, budget.month],
      ] as const) {
        const fees = sum(
          some.filter(({ decided_at: at }) => at > end - length && at <= end).map(({ fee }) => fee ?? 0n),
        );
        if (fees > most) problems.push(`${name} cost ${fees} msat of fees, ${most} were allowed`);
      }
  };
  // What the ledger forgot was in no budget when it was paid, and may be above what was left when it was reserved again.
  const uncounted = new Set(forgotten);
  for (const { payment_hash } of unmatched) uncounted.add(payment_hash.toString("hex"));
  const known = settled.filter(({ payment_hash }) => !uncounted.has(payment_hash.toString("hex")));
  within("all cards", known, ISSUER_FEES);
  for (const { cardId } of cards) {
    const key = cardKey(cardId);
    const own = known.filter(({ card }) => card === key);
    within(`card ${bytesToHex(cardId)}`, own, CARD_FEES);
  }
  return problems;
}

/** A payment is unmatched only where the world made the ledger forget its reservation: none is sent before it is kept. */
const unexplainedPayments = ({ forgotten }: World, all: readonly UnmatchedPayment[]): string[] =>
  all
    .map(({ payment_hash }) => payment_hash.toString("hex"))
    .filter((hash) => !forgotten.has(hash))
    .map((hash) => `${hash} was paid, and the ledger had not kept its reservation`);

/**
 * In the end every payment that the ledger forgot has its authorization: its token came again. Left is at most what the
 * holder was paid out meanwhile, and what was refused for good while the forgotten order was still on its way to the node.
 */
function unmatchedProblems(
  open: readonly UnmatchedPayment[],
  rows: readonly Row[],
  isAllGivenBack: boolean,
): string[] {
  if (!isAllGivenBack) return [];
  const isExcused = ({ payment_hash, found_at }: UnmatchedPayment): boolean =>
    rows.some(
      (row) =>
        row.state === "void" &&
        row.payment_hash.equals(payment_hash) &&
        (row.reason === BigInt(REASON.NOT_FUNDED) || row.decided_at < found_at),
    );
  return open
    .filter((payment) => !isExcused(payment))
    .map(
      ({ payment_hash }) =>
        `${payment_hash.toString("hex")} was paid, its token came again, and no authorization has it`,
    );
}

/** Every sale is final, and what it says is what the merchant's node says. */
function saleProblems({ counters, merchant }: World, counts: Record<string, number>): string[] {
  const problems: string[] = [];
  for (const { process, name } of counters)
    for (const sale of process?.store.between(0, Number.MAX_SAFE_INTEGER) ?? []) {
      counts[`sales ${sale.state}`] = (counts[`sales ${sale.state}`] ?? 0) + 1;
      const own = merchant.invoices.get(bytesToHex(sale.paymentHash))?.state;
      const need = own?.state === "settled" ? "paid" : "cancelled";
      if (sale.state !== need)
        problems.push(`${name}: sale ${sale.number} is ${sale.state}, its invoice ${own?.state}`);
      if (own?.state === "settled" && sale.received !== own.received)
        problems.push(`${name}: sale ${sale.number} has ${sale.received} msat, the node ${own.received}`);
    }
  return problems;
}

/** Every counter of a card: settled, void, released, or not yet seen; and not one msat between. */
async function cardProblems(
  world: World,
  field: FieldCard,
  rows: readonly Row[],
  isAllGivenBack: boolean,
  counts: Record<string, number>,
): Promise<string[]> {
  const problems: string[] = [];
  const key = cardKey(field.cardId);
  const name = `card ${bytesToHex(field.cardId)}`;
  const [account, gaps, paidOut] = await world.store.read(async (tx) => [
    await tx.selectFrom("accounts").selectAll().where("card", "=", key).executeTakeFirstOrThrow(),
    await tx.selectFrom("gaps").selectAll().where("card", "=", key).execute(),
    await tx
      .selectFrom("operations")
      .select("amount")
      .where("card", "=", key)
      .where("kind", "=", "cash-out")
      .execute(),
  ]);
  const { counter: last, authorized, credit } = field.state;
  if (authorized < account.top_total || last < account.top_counter)
    problems.push(`${name} authorized ${authorized} msat, less than the ${account.top_total} of the ledger`);
  const own = new Map(rows.filter(({ card }) => card === key).map((row) => [row.counter, row]));
  let unseen = 0n;
  for (let counter = 1n; counter <= last; counter++) {
    const signed = field.authorized.get(counter);
    const row = own.get(counter);
    const gap = gaps.find(({ first, last: end }) => first <= counter && counter <= end);
    if (!signed) problems.push(`${name}: counter ${counter} was never seen on the card`);
    else if (row) {
      if (row.amount !== signed.amount || row.invoice_hash.toString("hex") !== signed.invoiceHash)
        problems.push(`${name}: counter ${counter} is another payment in the ledger`);
    } else if (!gap || gap.voided_at === null) unseen += signed.amount;
    if (!row) counts["counters never presented"] = (counts["counters never presented"] ?? 0) + 1;
  }
  if (account.state !== "active") problems.push(`${name} is ${account.state}`);
  const free = account.funded + account.voided - authorized;
  if (free + unseen !== account.funded - account.spent)
    problems.push(
      `${name}: ${free} msat to spend and ${unseen} unseen, the account has ${account.funded - account.spent}`,
    );
  // A card keeps the credit that it had when it was paid out, or bore a fee, and spends none of it.
  const kept = credit - authorized - (account.funded - account.spent);
  const fees = sum([...own.values()].map(({ fee }) => fee ?? 0n));
  const handedOut = sum(paidOut.map(({ amount }) => amount)) + (field.bearsFees ? fees : 0n);
  if (isAllGivenBack && (unseen !== 0n || kept < 0n || kept > handedOut))
    problems.push(
      `${name}: healed, it may spend ${credit - authorized} msat and ${unseen} are unseen, the account has ${account.funded - account.spent} and ${handedOut} were handed out or borne as fees`,
    );
  return problems;
}
