import { bytesToHex, sat } from "../../common/index.js";
import { showCard, verifyLedger } from "../../issuer/ledger/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { REASON } from "../../lightning/api/reasons.js";
import type { CardNotes } from "./notebook.js";
import type { Stage } from "./stage.js";

const HOUR_MS = 3_600_000;
const MAX_HOURS = 6;
/** Connections of a service: each is asked to work again. */
const CONNECTIONS = 5;

/** In peace again: every order and token again, then everything reserved is resolved, by both services. */
export async function finish(stage: Stage): Promise<void> {
  stage.node.finish();
  await stage.placeAgain();
  await stage.chips.askAgain();
  for (const made of [...stage.made]) await stage.present(stage.other, made);
  for (let hour = 0; hour < MAX_HOURS; hour++) {
    for (const service of stage.services) await service.reconciler.run();
    for (const service of stage.services) await service.refunds.resolve();
    const leases = await stage.other.store.db.selectFrom("leases").select("counter").execute();
    if (leases.length === 0) return;
    stage.pass(HOUR_MS);
    stage.node.finish();
  }
  stage.notebook.problems.push("something is still reserved");
}

/** What was really paid for a card. */
const paidFor = ({ notebook, node }: Stage, { card }: CardNotes): bigint =>
  notebook.tokens
    .filter((token) => token.card === card && node.sent.has(token.paymentHash))
    .reduce((sum, { amount }) => sum + amount, 0n);

/** Holds the ledger to the notebook and to what the node really paid. */
export async function checkBooks(stage: Stage): Promise<void> {
  const { notebook, node } = stage;
  const { db } = stage.other.store;
  const wrong = (words: string) => void notebook.problems.push(words);
  for (const { invariant, found } of (await verifyLedger(stage.other.store)).violations)
    wrong(`ledger verify: ${invariant}: ${found.join("; ")}`);
  const entries = await db.selectFrom("accounts").selectAll().execute();
  const entered = notebook.cards.size + stage.chips.count;
  if (entries.length !== entered) wrong(`${entered} cards were entered, the ledger has ${entries.length}`);
  await stage.chips.check(wrong);
  for (const { paymentHash, isRejected } of notebook.tokens) {
    const times = node.sent.get(paymentHash) ?? 0;
    if (times > 1) wrong(`a token was paid ${times} times`);
    if (times > 0 && isRejected) wrong("a token is paid whose merchant got a reject");
  }
  for (const notes of notebook.cards.values()) {
    const account = entries.find(({ card }) => card === cardKey(notes.card.cardId));
    if (!account) wrong("a card that was entered is not in the ledger");
    else await checkCard(stage, notes, account, wrong);
  }
}

async function checkCard(
  stage: Stage,
  notes: CardNotes,
  account: { readonly card: bigint; readonly funded: bigint; readonly spent: bigint; readonly state: string },
  wrong: (words: string) => void,
): Promise<void> {
  const { db } = stage.other.store;
  const paid = paidFor(stage, notes);
  const expect = (what: string, told: bigint, found: bigint) => {
    if (told !== found) wrong(`${what}: ${told} msat by all answers and payments, the ledger has ${found}`);
  };
  expect("funded", notes.funded, account.funded);
  expect("spent", paid, account.spent);
  const of = await db
    .selectFrom("authorizations")
    .select(["state", "amount"])
    .where("card", "=", account.card)
    .execute();
  const settled = of.filter(({ state }) => state === "settled").reduce((sum, { amount }) => sum + amount, 0n);
  expect("settled", paid, settled);
  const payOuts = await db
    .selectFrom("operations")
    .select("amount")
    .where("card", "=", account.card)
    .where("kind", "=", "cash-out")
    .execute();
  expect(
    "paid out",
    notes.paidOut,
    payOuts.reduce((sum, { amount }) => sum + amount, 0n),
  );
  if (![...notes.states].some((state) => state === account.state))
    wrong(`the card is ${account.state}, by what was confirmed it is ${[...notes.states].join(" or ")}`);
  const { card } = notes;
  const signed = await db
    .selectFrom("limits")
    .select("credit")
    .where("card", "=", account.card)
    .where("sequence", "=", BigInt(card.sequence))
    .executeTakeFirst();
  if (signed?.credit !== card.credit)
    wrong(`the card has a credit of ${card.credit}, the ledger signed ${signed?.credit ?? "none"}`);
}

/** Every connection still works, and everything can still be done with every card. */
export async function goOn(stage: Stage): Promise<void> {
  const { notebook } = stage;
  const before = notebook.refused;
  notebook.settleDown();
  const { store } = stage.struck;
  await Promise.all(
    Array.from({ length: CONNECTIONS }, () =>
      stage.order(() => store.write((tx) => tx.selectFrom("accounts").select("card").execute())),
    ),
  );
  for (const notes of [...notebook.cards.values()]) await goOnWith(stage, notes);
  const refused = notebook.refused - before;
  if (refused > 0) notebook.problems.push(`in peace again, ${refused} orders were refused`);
}

async function goOnWith(stage: Stage, notes: CardNotes): Promise<void> {
  const { struck, other, notebook, node } = stage;
  const { card } = notes;
  const { state } = await showCard(other.store.db, card.cardId);
  if (state === "pending" || state === "retired") return;
  const wrong = (words: string) => void notebook.problems.push(`in peace again, ${words}`);
  if (state === "blocked") {
    const refused = stage.sign(card, sat(1));
    const { reason } = await stage.present(struck, refused);
    if (reason !== REASON.CARD_ON_HOLD) wrong(`a blocked card's token is answered with ${reason}`);
    if (node.sent.has(refused.notes.paymentHash)) wrong("a blocked card pays");
  }
  await stage.block(struck, card);
  await stage.unblock(other, card);
  await stage.fund(struck, card, sat(100));
  await stage.identify(struck, card);
  if ((await showCard(other.store.db, card.cardId)).state !== "active")
    wrong("a genuine status blocks the card");
  if (card.total + sat(50) <= card.credit) {
    const tap = stage.sign(card, sat(50));
    const { reason } = await stage.present(other, tap);
    if (node.sent.get(tap.notes.paymentHash) !== 1)
      wrong(`a tap of 50 sat is not paid (${reason}), card ${bytesToHex(card.cardId)}`);
  }
  // In one step: what is handed out is all that was paid in and not paid.
  const left = notes.funded - paidFor(stage, notes);
  const out = notes.paidOut;
  await stage.cashOut(other, card);
  if (notes.paidOut - out !== left)
    wrong(`${notes.paidOut - out} msat are handed out, ${left} are left of what was paid in`);
}
