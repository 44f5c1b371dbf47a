import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Reader } from "../../apdu/index.js";
import { ledgerRegistry } from "../../cli/card-registry.js";
import type { CommandContext } from "../../cli/command-context.js";
import { renewAtDesk } from "../../cli/issuer/new-pin.js";
import { renewalFolder } from "../../cli/issuer/renewals.js";
import { bytesToHex, secp256k1 } from "../../common/index.js";
import { withCard } from "../../host/index.js";
import {
  blockCard,
  type CardEntry,
  listCards,
  remaining,
  unblockCard,
  verifyLedger,
} from "../../issuer/ledger/index.js";
import { CardDesk } from "../../issuer/service/index.js";
import { bindStore, openSqlite, type Store, StoreError } from "../../issuer/store/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { PinLetters, personalizeOne, readPinLetters } from "../../personalize/index.js";
import type { SimulatedCard, TearPoint } from "../../simulator/index.js";
import { newFolder } from "../../testing/hooks.js";
import {
  CHEAP,
  factoryCard,
  keys,
  newJournal,
  PASSPHRASE,
  profileOf,
  readerWith,
  tearing,
  torn,
} from "../personalize/fixture.js";

/** Every n-th command is torn; the campaign `batches` tears each. */
const STRIDE = Number.parseInt(process.env.CHEQUECARD_NEW_PIN_STRIDE ?? "3", 10);
const profile = profileOf({ "card-keys": { version: 255, "rotate-to": 0x20 } });
const CREDIT = 50_000_000n;
const NODE_ID = parseNodeUri(profile.nodeUri).nodeId;

let folder: string;
let store: Store;
let letters: PinLetters;
let cards = 0;
beforeAll(async () => {
  folder = newFolder("memory");
  mkdirSync(renewalFolder(folder));
  store = await openSqlite({ path: join(folder, "ledger.db") });
  await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
  letters = await PinLetters.create(join(folder, "letters"), PASSPHRASE, { scrypt: CHEAP, durable: false });
});
afterAll(async () => {
  letters.close();
  await store.close();
});

/** A card in use with its money, on whose label `number` stands. */
async function cardInUse(number: string): Promise<SimulatedCard> {
  cards++;
  const card = factoryCard();
  const journal = newJournal(profile, [{ number, holder: "Anna Muster" }]);
  const batch = { profile, keys, registry: ledgerRegistry(store), journal, pinLetters: letters };
  await personalizeOne(readerWith(card), batch);
  journal.close();
  return card;
}

const context: CommandContext = {
  signal: new AbortController().signal,
  json: true,
  note: () => {},
  print: () => {},
  columns: undefined,
  trace: undefined,
  env: {},
};

function renew(reader: Reader, through: Store = store) {
  const desk = new CardDesk({
    store: through,
    keys,
    nodeId: NODE_ID,
    otherNodes: () => [],
    clock: Date.now,
    randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
    secp256k1,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    onStep: () => {},
  });
  return renewAtDesk(
    context,
    { store: through, folder, keys, desk, reader, profile, pinLetters: letters },
    true,
  );
}

const labelled = async (number: string): Promise<CardEntry[]> =>
  (await listCards(store.db)).filter(({ label }) => label.startsWith(`${number} `));

/** The card has its money once under one id, its other ids are retired and empty, and it takes its new PIN alone. */
async function expectRenewed(card: SimulatedCard, number: string): Promise<void> {
  const all = await labelled(number);
  const active = all.filter(({ state }) => state === "active");
  expect(active.map((one) => remaining(one))).toEqual([CREDIT]);
  for (const other of all.filter((one) => one !== active[0]))
    expect([other.state, remaining(other)]).toEqual(["retired", 0n]);
  const [now] = active;
  const id = bytesToHex(cardIdOf(now?.card ?? 0n));
  expect(all.some(({ card: old }) => old === now?.replaces)).toBe(true);
  const written = await readPinLetters(join(folder, "letters"), PASSPHRASE);
  const pin = written.find((letter) => letter.card === id)?.pin ?? "";
  await withCard(readerWith(card), (session) => session.verifyPin(pin));
}

async function expectBooks(): Promise<void> {
  expect((await verifyLedger(store)).violations).toEqual([]);
  const left = (await listCards(store.db)).reduce((sum, card) => sum + remaining(card), 0n);
  expect(left).toBe(BigInt(cards) * CREDIT);
}

/** A ledger whose n-th transaction fails, or is committed and its answer lost. */
function failingAt(
  nth: number,
  isCommitted: boolean,
): { readonly store: Store; readonly hasFailed: () => boolean } {
  let count = 0;
  const write: Store["write"] = async (work) => {
    if (++count !== nth) return store.write(work);
    if (isCommitted) await store.write(work);
    throw new StoreError("unavailable", "the database is gone");
  };
  const through = new Proxy(store, {
    get: (target, name) => {
      if (name === "write") return write;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { store: through, hasFailed: () => count >= nth };
}

describe("a card that gets a new PIN", () => {
  it("and is torn at any write or response has its money once when it is laid down again", async () => {
    let tried = 0;
    for (let nth = 1, isOver = false; !isOver; nth += STRIDE)
      for (let write = 0; ; write++) {
        const sides: TearPoint[] = ["before-command", "after-command"];
        const number = `T${nth}-${write}`;
        const card = await cardInUse(number);
        const first = renew(tearing(card, nth, sides[write] ?? { write: write - 1 }));
        const isTorn = await torn(first);
        const wasCut = isTorn || (await first).problem !== undefined;
        if (wasCut) await renew(readerWith(card));
        await expectRenewed(card, number);
        if (wasCut) tried++;
        else {
          isOver = write === 0;
          break;
        }
      }
    await expectBooks();
    expect(tried).toBeGreaterThan(10);
    console.log(`new PIN: ${tried} tear points`);
  });

  it("has its money once whichever transaction of the ledger fails, or loses its answer", async () => {
    let tried = 0;
    for (const isCommitted of [false, true])
      for (let nth = 1; ; nth++) {
        const number = `L${nth}-${isCommitted}`;
        const card = await cardInUse(number);
        const failing = failingAt(nth, isCommitted);
        await renew(readerWith(card), failing.store).catch((error: unknown) => {
          expect(String(error)).toMatch(/the database is gone/);
        });
        if (!failing.hasFailed()) break;
        await renew(readerWith(card));
        await expectRenewed(card, number);
        tried++;
      }
    await expectBooks();
    expect(tried).toBeGreaterThan(8);
  });

  it("pays nothing and keeps its money on the old id as long as it is half-done", async () => {
    const card = await cardInUse("H");
    const [before] = await labelled("H");
    expect(await torn(renew(tearing(card, 22, "after-command")))).toBe(true);
    const [now] = (await labelled("H")).filter((one) => one.card === before?.card);
    expect([now?.state, now && remaining(now)]).toEqual(["blocked", CREDIT]);
    await renew(readerWith(card));
    await expectRenewed(card, "H");
  });

  it("is refused while it is blocked, blank or another issuer's, and nothing changes", async () => {
    const card = await cardInUse("B");
    const [entry] = await labelled("B");
    await blockCard(store, cardIdOf(entry?.card ?? 0n), 1);
    await expect(renew(readerWith(card))).rejects.toThrow(/is blocked: need an active card/);
    await expect(renew(readerWith(factoryCard()))).rejects.toThrow(/blank, and no new PIN was begun/);
    expect(await labelled("B")).toMatchObject([{ card: entry?.card, state: "blocked" }]);
    await unblockCard(store, cardIdOf(entry?.card ?? 0n), 2);
    await renew(readerWith(card));
    await expectRenewed(card, "B");
  });

  it("may be forgotten again: the second new PIN is another renewal", async () => {
    const card = await cardInUse("A");
    (await renew(readerWith(card))).moved.told();
    (await renew(readerWith(card))).moved.told();
    await expectRenewed(card, "A");
    expect(await labelled("A")).toHaveLength(3);
  });
});
