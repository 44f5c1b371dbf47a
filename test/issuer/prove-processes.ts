import { expect } from "vitest";
import { type Msat, msat } from "../../common/index.js";
import { cashOutCard, fundCard, unblockCard } from "../../issuer/ledger/index.js";
import type { StoreKind } from "../../issuer/store/index.js";
import { REASON } from "../../lightning/api/reasons.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";
import { type Bench, type Service, startService } from "../../testing/issuer/service.js";
import { IssuerChild } from "../../testing/processes/issuer-child.js";

const PER_CARD = 10;
const AMOUNT = msat(1000n);
const CREDIT = msat(AMOUNT * BigInt(PER_CARD));

interface Presentation {
  readonly card: number;
  readonly invoice: string;
  readonly token: Uint8Array;
}

/**
 * Several service processes on one database and one node get the same tokens at the same time, each two or three
 * times. Every fourth card believes in twice the money that is there. In the end every payment was made once, all
 * answers about one token are the same, and no card spent more than was paid in.
 */
export async function proveProcesses(
  bench: Bench,
  kind: StoreKind,
  options: { readonly program: string; readonly processes: number; readonly authorizations: number },
): Promise<void> {
  const location = await bench.location(kind);
  const service = await startService(bench, kind, {}, {}, location);
  const { path: keyFile } = await bench.keys();
  const children = await Promise.all(
    Array.from({ length: options.processes }, () =>
      IssuerChild.start(options.program, { kind, location, keyFile }, service.node),
    ),
  );
  try {
    const count = Math.ceil(options.authorizations / PER_CARD);
    const cards: SigningCard[] = [];
    for (let i = 0; i < count; i++) cards.push(await makeCard(service, i));
    const presentations = cards.flatMap((card, i) =>
      Array.from({ length: PER_CARD }, (_, n): Presentation => {
        const invoice = service.invoice(i * PER_CARD + n, AMOUNT);
        return { card: i, invoice, token: card.authorize(invoice, AMOUNT) };
      }),
    );
    const outcomes = await Promise.all(presentations.map((each, i) => presentEverywhere(children, each, i)));
    expect(outcomes.filter((reasons) => new Set(reasons).size > 1)).toEqual([]);
    await checkMoney(
      service,
      presentations,
      outcomes.map(([reason]) => reason),
    );
  } finally {
    for (const child of children) await child.stop();
    await service.close();
  }
}

async function makeCard(service: Service, i: number): Promise<SigningCard> {
  const card = await service.card(i + 1, CREDIT);
  if (i % 4 !== 0) return card;
  const half = msat(CREDIT / 2n) as Msat;
  await cashOutCard(service.store, card.cardId, "", service.clock.now);
  await fundCard(service.store, card.cardId, half, "", service.clock.now);
  await unblockCard(service.store, card.cardId, service.clock.now);
  return card;
}

/** Presents one token to two or three processes at once. @returns the reason of each answer */
async function presentEverywhere(
  children: readonly IssuerChild[],
  { token, invoice }: Presentation,
  i: number,
): Promise<(number | undefined)[]> {
  const times = 2 + (i % 2);
  const chosen = Array.from({ length: times }, (_, n) => children[(i * 7 + n * 3) % children.length]);
  const answers = await Promise.all(chosen.map((child) => (child as IssuerChild).present(token, invoice)));
  return answers.map(({ reason }) => reason);
}

async function checkMoney(
  service: Service,
  presentations: readonly Presentation[],
  reasons: readonly (number | undefined)[],
): Promise<void> {
  expect(await service.violations()).toEqual([]);
  expect([...service.node.sent.values()].filter((times) => times !== 1)).toEqual([]);
  const paid = presentations.filter((_, i) => reasons[i] === undefined);
  expect(service.node.sent.size).toBe(paid.length);
  expect(new Set(reasons.filter((reason) => reason !== undefined))).toEqual(new Set([REASON.NOT_FUNDED]));
  const accounts = await service.store.db.selectFrom("accounts").select(["funded", "spent"]).execute();
  // Every card got everything that was there for it, and nothing more.
  expect(accounts.filter(({ funded, spent }) => funded !== spent)).toEqual([]);
}
