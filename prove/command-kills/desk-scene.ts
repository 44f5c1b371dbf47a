import { readdirSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, sat } from "../../common/index.js";
import { placeOrder } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { type LedgerCard, makeCard } from "../../testing/cards/ledger-card.js";
import { SeededRandom } from "../../testing/random.js";
import { type LedgerPlace, ledgerKind } from "./ledger-kind.js";
import { leftovers, provenTotalOf, type Scene } from "./scene.js";

/** Orders of the issuer's desk. */
export const DESK_ORDERS = ["top-up", "cash-out", "replace", "reverse"] as const;
export type DeskOrder = (typeof DESK_ORDERS)[number];

const AMOUNT = sat(5_000);

/** Operations of the first card, before and after. */
const KINDS: Readonly<Record<DeskOrder, readonly [before: string, after: string]>> = {
  "top-up": ["fund fund", "fund fund fund"],
  "cash-out": ["fund fund", "fund fund cash-out"],
  replace: ["fund fund", "fund fund move-out"],
  reverse: ["fund fund", "fund fund reverse"],
};

/** One order of the desk: whatever is killed, and run again until it gets through, it is booked once. */
export function deskScene(where: LedgerPlace, order: DeskOrder): Scene {
  const kind = ledgerKind(where);
  let cards: readonly LedgerCard[] = [];
  const id = (index: number): string => bytesToHex(cards[index]?.cardId ?? new Uint8Array());
  const check = (folder: string, right: readonly string[]): Promise<string[]> =>
    kind.look(folder, async (store) => {
      await provenTotalOf(store);
      const found = await operationsOf(store, cards[0]);
      return right.includes(found) ? [] : [`booked: ${found}; expected ${right.join(" or ")}`];
    });
  return {
    name: `cards ${order}, ${kind.name}`,
    isCopied: kind.isCopied,
    async prepare(folder) {
      const random = new SeededRandom(3);
      const store = await kind.make(folder);
      cards = [await makeCard(store, random, 1), await makeCard(store, random, 2)];
      const [{ cardId } = { cardId: new Uint8Array() }] = cards;
      const topUp = { kind: "top-up", cardId, amount: AMOUNT, note: "" } as const;
      await placeOrder(store, "earlier", topUp, Date.now());
      await store.close();
    },
    command: (folder) => [
      ...["cards", order, id(0), "--yes", "--issuer", folder],
      ...(order === "top-up" ? ["--amount", "5000sat"] : []),
      ...(order === "replace" ? [id(1)] : []),
    ],
    between: (folder) => check(folder, KINDS[order]),
    isTold: ({ out }) => out.endsWith("}\n") && repeatedOf(out) !== undefined,
    async after(folder, end) {
      const left = readdirSync(join(folder, "orders")).filter((name) => name.endsWith(".json"));
      return [
        ...(await check(folder, KINDS[order].slice(1))),
        ...(repeatedOf(end.out) === undefined ? ["it was not told whether it was booked now"] : []),
        ...(left.length > 0 && !end.struck ? ["the order counts as unfinished"] : []),
        ...leftovers(folder),
      ];
    },
    ...(kind.close ? { close: kind.close } : {}),
  };
}

/** Whether an earlier run had booked it, as the command says. */
const repeatedOf = (out: string): boolean | undefined => (JSON.parse(out) as { repeated?: boolean }).repeated;

async function operationsOf(store: Store, card: LedgerCard | undefined): Promise<string> {
  const rows = await store.db
    .selectFrom("operations")
    .select("kind")
    .where("card", "=", cardKey(card?.cardId ?? new Uint8Array(8)))
    .orderBy("operation")
    .execute();
  return rows.map(({ kind }) => kind).join(" ");
}
