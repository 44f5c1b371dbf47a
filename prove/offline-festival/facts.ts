import { bytesToHex, equalBytes } from "../../common/index.js";
import { verifyLedger } from "../../issuer/ledger/index.js";
import { listPacks } from "../../issuer/ledger/packs.js";
import { cardKey } from "../../issuer/store/values.js";
import type { AcceptedSale, FestivalFacts } from "./books.js";
import { type Field, GUARANTEE, LIMITS } from "./field.js";
import type { SeenSale } from "./people.js";

/** Reads every book of a field. */
export async function factsOf(field: Field, seen: readonly SeenSale[]): Promise<FestivalFacts> {
  const { store } = field.issuer;
  const rows = await store.read(async (tx) => ({
    accounts: await tx.selectFrom("accounts").selectAll().execute(),
    authorizations: await tx
      .selectFrom("authorizations")
      .select(["card", "counter", "state", "amount", "payment_hash"])
      .execute(),
    guarantees: await tx.selectFrom("guarantees").selectAll().execute(),
    total: await tx.selectFrom("guarantee_total").select("owed").executeTakeFirstOrThrow(),
  }));
  const authorizations = new Map<string, { state: string; amount: bigint }>();
  for (const { payment_hash, state, amount } of rows.authorizations) {
    const hash = payment_hash.toString("hex");
    if (authorizations.get(hash)?.state !== "settled") authorizations.set(hash, { state, amount });
  }
  const lent = new Map<string, bigint>();
  for (const { card, counter, amount } of rows.guarantees) {
    const of = rows.authorizations.find((one) => one.card === card && one.counter === counter);
    const hash = of?.payment_hash.toString("hex") ?? `card ${card}, counter ${counter}`;
    lent.set(hash, (lent.get(hash) ?? 0n) + amount);
  }
  const claims = new Map<string, { times: number; received: bigint }>();
  for (const [hash, times] of field.merchant.claims) {
    const state = field.merchant.invoices.get(hash)?.state;
    claims.set(hash, { times, received: state?.state === "settled" ? state.received : 0n });
  }
  const sum = (of: (row: (typeof rows.accounts)[number]) => bigint) =>
    rows.accounts.reduce((total, row) => total + of(row), 0n);
  const highestDebt = rows.accounts.reduce((most, { owed }) => (owed > most ? owed : most), 0n);
  const stateOf = (card: string) =>
    rows.accounts.find((row) => row.card === cardKey(Uint8Array.from(Buffer.from(card, "hex"))))?.state;
  const guarantee = field.isGuaranteed ? GUARANTEE : { perCard: 0n, total: 0n };
  return {
    sales: seen.map((one) => acceptedSale(field, one, stateOf(one.card), authorizations)),
    limits: LIMITS,
    claims,
    sent: field.payer.sent,
    paidSales: field.stalls.flatMap(({ life }) =>
      life.store
        .between(0, Number.MAX_SAFE_INTEGER)
        .filter(({ state }) => state === "paid")
        .map(({ paymentHash }) => bytesToHex(paymentHash)),
    ),
    authorizations,
    ledger: {
      funded: sum(({ funded }) => funded),
      spent: sum(({ spent }) => spent),
      owed: sum(({ owed }) => owed),
      guaranteeTotal: rows.total.owed,
      guaranteeLimit: guarantee.total,
      highestDebt,
      cardGuaranteeLimit: guarantee.perCard,
      lent,
    },
    desk: field.desk,
    violations: (await verifyLedger(store)).violations.map(
      ({ invariant, found }) => `${invariant}: ${found.join("; ")}`,
    ),
    complaints: await forgottenSales(field, seen),
  };
}

/** Whatever a file has as accepted somebody saw accepted, and no card signed offline for nothing. */
async function forgottenSales(field: Field, seen: readonly SeenSale[]): Promise<string[]> {
  const packs = await listPacks(field.issuer.store.db);
  const strangers = packs.filter(
    ({ terminal }) => !field.stalls.some(({ key }) => equalBytes(key, Uint8Array.from(terminal))),
  );
  return [
    ...strangers.map(({ label }) => `a pack for ${label} is for no terminal here`),
    ...field.stalls
      .filter(({ maySignInVain }) => !maySignInVain)
      .flatMap((stall) =>
        stall.life.store
          .between(0, Number.MAX_SAFE_INTEGER)
          .filter(({ state, invoiceOf, token }) => state === "cancelled" && invoiceOf === "deputy" && token)
          .map(({ number }) => `${stall.name}: sale ${number}: a card signed for it, and it is cancelled`),
      ),
    ...field.stalls.flatMap((stall) =>
      stall.life.store
        .between(0, Number.MAX_SAFE_INTEGER)
        .filter(({ acceptedAt }) => acceptedAt !== undefined)
        .filter(({ number }) => !seen.some((one) => one.stall === stall && one.number === number))
        .map(({ number }) => `${stall.name}: sale ${number} is accepted, and nobody saw it`),
    ),
  ];
}

function acceptedSale(
  field: Field,
  { stall, number, card, amount, from }: SeenSale,
  cardState: string | undefined,
  authorizations: FestivalFacts["authorizations"],
): AcceptedSale {
  const sale = stall.life.store.get(number);
  const hash = bytesToHex(sale.paymentHash);
  const isAccepted = sale.acceptedAt !== undefined;
  const reason =
    sale.state === "refused"
      ? sale.reasonCode?.toString()
      : cardState !== "active"
        ? `the card is ${cardState}`
        : authorizations.get(hash)?.state === "reserved"
          ? "the payment is on its way"
          : sale.invoiceUntil * 1000 <= field.now()
            ? "its invoice has expired, and is given up a day later"
            : undefined;
  return {
    ...{ stall: stall.name, number, hash, amount, card, from, reason },
    until: field.ends.get(`${stall.name}/${number}`),
    state: isAccepted ? sale.state : undefined,
    received: sale.received,
    isNodes: sale.invoiceOf === "node",
  };
}
