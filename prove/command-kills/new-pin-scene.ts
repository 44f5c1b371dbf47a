import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatCardId } from "../../apdu/card-id.js";
import { ledgerRegistry } from "../../cli/card-registry.js";
import { bytesToHex, secp256k1, utf8 } from "../../common/index.js";
import { type CardEntry, listCards, remaining } from "../../issuer/ledger/index.js";
import { bindStore } from "../../issuer/store/index.js";
import { cardIdOf } from "../../issuer/store/values.js";
import { KeyFile, type KeySource, wellKnownCardKeys, withWellKnownKey } from "../../keys/index.js";
import {
  inspectCard,
  Journal,
  keySetOf,
  PinLetters,
  parseProfile,
  personalizeOne,
  profileFingerprint,
  readPinLetters,
} from "../../personalize/index.js";
import {
  blankCard,
  connectCard,
  createCardFile,
  openCardFile,
  SimulatedReader,
} from "../../simulator/index.js";
import { ledgerKind } from "./ledger-kind.js";
import { inCopy, leftovers, provenTotalOf, type Scene } from "./scene.js";
import { PASSPHRASE } from "./victim.js";

const CREDIT = 20_000_000n;
const CHEAP = { scrypt: { n: 2 ** 14, r: 8, p: 1 } };
const NODE_ID = secp256k1.publicKey(new Uint8Array(32).fill(1));
const PROFILE = `name: killed
node-uri: ${bytesToHex(NODE_ID)}@127.0.0.1:9735
limits: { credit: 20000sat, pin-threshold: 5000sat }
pin: random
card-keys: { version: 255, rotate-to: 48 }
`;

const lettersOf = (folder: string): string => join(folder, "new-pins", "letters");

async function withKeysOf<T>(folder: string, use: (keys: KeySource) => Promise<T>): Promise<T> {
  const keys = await KeyFile.open(join(folder, "issuer.keys"), utf8(PASSPHRASE));
  return use(withWellKnownKey(keys)).finally(() => keys.close());
}

/** `cards new-pin`: the money is on one id that can pay, or on none, and in the end the card has it under its new id. */
export function newPinScene(): Scene {
  const kind = ledgerKind("in a file");
  const cardsIn = (folder: string): Promise<CardEntry[]> =>
    kind.look(folder, async (store) => {
      await provenTotalOf(store);
      return await listCards(store.db);
    });
  return {
    name: "cards new-pin",
    isCopied: true,
    async prepare(folder) {
      const store = await kind.make(folder);
      await bindStore(store, { network: "bcrt", nodeId: NODE_ID });
      writeFileSync(join(folder, "profile.yaml"), PROFILE);
      await (await KeyFile.create(join(folder, "issuer.keys"), utf8(PASSPHRASE), "killed", CHEAP)).close();
      const serial = Uint8Array.of(1, 2, 3, 4, 5, 6);
      const card = blankCard({ serial, keys: () => wellKnownCardKeys(255) });
      const profile = parseProfile(PROFILE, "profile.yaml");
      const letters = await PinLetters.create(join(folder, "first-letters"), utf8(PASSPHRASE), CHEAP);
      await withKeysOf(folder, async (keys) => {
        const journal = Journal.create(join(folder, "first.journal"), {
          batchId: new Uint8Array(8),
          profile: profile.name,
          fingerprint: profileFingerprint(profile, keySetOf(profile, keys)),
          cards: [{ number: "0001", holder: "Anna" }],
        });
        const reader = new SimulatedReader("desk");
        reader.insert(card);
        const registry = ledgerRegistry(store);
        await personalizeOne(reader, { profile, keys, registry, journal, pinLetters: letters });
        journal.close();
      });
      letters.close();
      createCardFile(join(folder, "card.json"), card);
      await store.close();
    },
    command: (folder) => [
      ...["cards", "new-pin", "--yes", "--test-key", "--issuer", folder],
      ...["--card", join(folder, "card.json")],
    ],
    between: async (folder) => moneyProblems(await cardsIn(folder)),
    isTold: ({ out }) => out.endsWith("}\n") && out.includes('"delivered"'),
    async after(folder) {
      const cards = await cardsIn(folder);
      const active = cards.filter(({ state }) => state === "active");
      const retired = cards.filter(({ state }) => state === "retired");
      return [
        ...moneyProblems(cards),
        ...(active.length === 1 && active[0] && remaining(active[0]) === CREDIT
          ? await cardProblems(folder, cardIdOf(active[0].card))
          : ["not exactly one active card with the money"]),
        ...(active.length + retired.length === cards.length ? [] : ["an id is neither active nor retired"]),
        ...leftovers(folder),
      ];
    },
  };
}

/** All ids together have the credit, and at most one of those that can pay. */
function moneyProblems(cards: readonly CardEntry[]): string[] {
  const left = cards.reduce((sum, card) => sum + remaining(card), 0n);
  const able = cards.filter((card) => card.state === "active" && remaining(card) > 0n);
  return [
    ...(left === CREDIT ? [] : [`${left} msat on all ids`]),
    ...(able.length > 1 ? ["two ids can pay"] : []),
  ];
}

/** The card says that it is the active id, and a letter has its PIN. */
const cardProblems = (folder: string, id: Uint8Array): Promise<string[]> =>
  inCopy(folder, (copy) =>
    withKeysOf(copy, async (keys) => {
      const file = openCardFile(join(copy, "card.json"));
      try {
        const lookup = async () => undefined;
        const never = async () => {};
        const registry = { checkPolicy: () => {}, register: never, activate: never, retire: never, lookup };
        const { cardId } = await inspectCard(connectCard(file.card), keys, registry);
        const letters = await readPinLetters(lettersOf(copy), utf8(PASSPHRASE), (letter) =>
          Buffer.from(letter).equals(id),
        );
        return [
          ...(cardId === formatCardId(id)
            ? []
            : [`the card is ${cardId}, the active id ${formatCardId(id)}`]),
          ...(letters.length === 1 ? [] : [`${letters.length} letters for it`]),
        ];
      } finally {
        file.close();
      }
    }),
  );
