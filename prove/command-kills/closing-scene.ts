import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { formatCardId } from "../../apdu/card-id.js";
import { bytesToHex } from "../../common/index.js";
import { cashOutCard, listCards } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import { type LedgerCard, makeCard } from "../../testing/cards/ledger-card.js";
import { SeededRandom } from "../../testing/random.js";
import { type LedgerPlace, ledgerKind } from "./ledger-kind.js";
import { leftovers, provenTotalOf, type Scene } from "./scene.js";
import type { VictimEnd } from "./victim.js";

/** Every so manieth card was paid out at the desk before the event is closed. */
const AT_DESK_EVERY = 12;
const NOTE = "event closed";

/**
 * `issuer close-event --cash-out-all` over many cards: whatever is killed, every card is paid out once, and the last
 * run's list has all of them.
 */
export function closingScene(where: LedgerPlace, cards: number): Scene {
  const kind = ledgerKind(where);
  let made: readonly LedgerCard[] = [];
  const list = (folder: string): string => join(folder, "due.csv");
  const check = (folder: string, isDone: boolean): Promise<string[]> =>
    kind.look(folder, async (store) => {
      await provenTotalOf(store);
      return [...(await eachPaidOnce(store, made, isDone)), ...wholeCsv(list(folder))];
    });
  return {
    name: `issuer close-event, ${kind.name}`,
    isCopied: kind.isCopied,
    isLong: true,
    async prepare(folder) {
      const random = new SeededRandom(2);
      const store = await kind.make(folder);
      const all: LedgerCard[] = [];
      for (let number = 1; number <= cards; number++) {
        const card = await makeCard(store, random, number);
        if (number % AT_DESK_EVERY === 0) await cashOutCard(store, card.cardId, "desk", Date.now());
        else all.push(card);
      }
      await store.close();
      made = all;
    },
    command: (folder) => [
      ...["issuer", "close-event", folder, "--cash-out-all", "--yes"],
      ...["--note", NOTE, "--csv", list(folder)],
    ],
    between: (folder) => check(folder, false),
    after: async (folder, end) => [
      ...(await check(folder, true)),
      ...wholeList(end, made),
      ...wholeRows(list(folder), made),
      ...leftovers(folder),
    ],
    ...(kind.close ? { close: kind.close } : {}),
  };
}

async function eachPaidOnce(store: Store, made: readonly LedgerCard[], isDone: boolean): Promise<string[]> {
  const left = new Map(
    (await listCards(store.db)).map(({ card, funded, spent, state }) => [
      bytesToHex(cardIdOf(card)),
      { left: funded - spent, state },
    ]),
  );
  const paid = new Map<string, bigint[]>();
  const operations = await store.db
    .selectFrom("operations")
    .select(["card", "amount"])
    .where("kind", "=", "cash-out")
    .where("note", "=", NOTE)
    .execute();
  for (const { card, amount } of operations) {
    const id = bytesToHex(cardIdOf(card));
    paid.set(id, [...(paid.get(id) ?? []), amount]);
  }
  return made.flatMap(({ cardId, label, paidIn }) => {
    const found = left.get(bytesToHex(cardId));
    const amounts = paid.get(bytesToHex(cardId)) ?? [];
    const isPaid = amounts.length === 1 && amounts[0] === paidIn && found?.left === 0n;
    const isDue = amounts.length === 0 && found?.left === paidIn;
    if (isPaid ? found?.state === "blocked" : isDue && !isDone) return [];
    return [`card ${label}: ${found?.left} msat left, ${found?.state}, paid out ${amounts.join(" and ")}`];
  });
}

/** A list is there whole or not at all. */
function wholeCsv(path: string): string[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  return text.startsWith("card,label,") && text.endsWith("\r\n") ? [] : ["half a list was written"];
}

function wholeRows(path: string, made: readonly LedgerCard[]): string[] {
  const rows = new Set(
    readFileSync(path, "utf8")
      .split("\r\n")
      .slice(1, -1)
      .map((row) => row.split(",").slice(1, 3).join(",")),
  );
  const missing = made.filter(({ label, paidIn }) => !rows.has(`${label},${paidIn}`));
  return rows.size === made.length && missing.length === 0
    ? []
    : [`the list has ${rows.size} rows for ${made.length} cards, and lacks ${missing.length}`];
}

function wholeList(end: VictimEnd, made: readonly LedgerCard[]): string[] {
  const { payouts, paidOut } = JSON.parse(end.out) as {
    payouts: readonly { card: string; amount: string }[];
    paidOut: string;
  };
  const amounts = new Map(payouts.map(({ card, amount }) => [card, amount]));
  const wrong = made.filter(({ cardId, paidIn }) => amounts.get(formatCardId(cardId)) !== String(paidIn));
  const total = made.reduce((sum, { paidIn }) => sum + paidIn, 0n);
  return [
    ...(payouts.length === made.length && wrong.length === 0
      ? []
      : [`${payouts.length} pay-outs told of ${made.length} cards, ${wrong.length} of them wrong`]),
    ...(paidOut === String(total) ? [] : [`${paidOut} msat told as paid out, expected ${total}`]),
  ];
}
