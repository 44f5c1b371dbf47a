import { randomBytes } from "node:crypto";
import { authorizationMessage, MESSAGE_TYPE, NO_LIMIT, seal, signMessage } from "../../apdu/index.js";
import { bytesToHex, concatBytes, type Msat, msat, readU32, readU64, secp256k1 } from "../../common/index.js";
import { type TapOptions, takeToken, withCard } from "../../host/index.js";
import { showCard } from "../../issuer/ledger/index.js";
import { statusChallenge } from "../../lightning/api/status-challenge.js";
import { decodeInvoice, type InvoiceContent, invoiceHash } from "../../lightning/bolt11/index.js";
import { type CardLimits, makeCard, type SimulatedCard } from "../../simulator/index.js";
import { FESTIVAL_LIMITS, testCard } from "../../testing/cards/test-card.js";
import type { TestCard } from "../../testing/issuer/desk.js";
import { issueCard } from "../../testing/issuer/issue-card.js";
import { askStatus } from "../../testing/issuer/replies.js";
import { type Bench, NODE_ID, type Service, startService } from "../../testing/issuer/service.js";

/** What a merchant made: an invoice that the issuer's node can pay. */
export interface Sale {
  readonly invoice: string;
  readonly amount: Msat;
  readonly hash: Uint8Array;
  readonly serial: number;
}

interface Issued {
  readonly limits?: Partial<CardLimits>;
  readonly policy?: unknown;
  readonly nodeUri?: string;
}

/** The attacker's share of the story, and the books: real cards, the real issuer, a node in memory. */
export interface Town extends AsyncDisposable {
  readonly service: Service;
  issue(options?: Issued): Promise<TestCard>;
  sale(amount: Msat, content?: Partial<InvoiceContent> & { readonly payeeSecret?: Uint8Array }): Sale;
  /** SELECT and AUTHORIZE on the card's own reader. @returns the token */
  tap(card: TestCard, sale: Pick<Sale, "amount" | "hash">, options?: TapOptions): Promise<Uint8Array>;
  /** What the issuer decides about a token; the update that comes back is not delivered. */
  present(token: Uint8Array, sale: Sale): ReturnType<Service["present"]>;
  /** Tap and presentation, as an honest terminal does both. */
  pay(card: TestCard, sale: Sale, options?: TapOptions): ReturnType<Service["present"]>;
  update(card: TestCard, sealed: Uint8Array): Promise<void>;
  /** IDENTIFY, shown to the issuer; the update that comes back is given to the card. */
  identify(card: TestCard): Promise<Uint8Array | undefined>;
  account(card: TestCard): Promise<{
    readonly state: string;
    readonly funded: bigint;
    readonly spent: bigint;
    readonly voided: bigint;
  }>;
  /** Everything that left the issuer's node for merchants, in msat. */
  paidOut(): bigint;
}

/** @param bench gives directories and the database; the service's proof of the ledger runs when the town ends */
export async function openTown(
  bench: Bench,
  config: Parameters<typeof startService>[2] = {},
  ports: Parameters<typeof startService>[3] = {},
): Promise<Town> {
  const known: TestCard[] = [];
  const amounts = new Map<string, bigint>();
  let serial = 0;
  const service = await startService(bench, "sqlite", config, {
    keys: {
      sealKey: (id) => known[0]?.sealKeys(id),
      signUpdate: async (_, digest) => secp256k1.sign(digest, issuerSecret(known)),
    },
    ...ports,
  });
  const town: Town = {
    service,
    async issue({ limits = {}, policy = {}, nodeUri } = {}) {
      const all = { ...FESTIVAL_LIMITS, ...limits };
      const cardId = concatBytes(Uint8Array.of(0xca, 0xfe, 0, 0, 0, 0, 0), Uint8Array.of(known.length + 1));
      const card = testCard({ limits: all, cardId, ...(nodeUri === undefined ? {} : { nodeUri }) });
      known.push(card);
      // What an attack costs is tested to the msat.
      const rules = { minPerTransaction: "1msat", ...(policy as object) };
      const entry = { ...card.record, label: `card ${known.length}`, limits: all, policy: rules };
      await issueCard(service.store, entry, service.clock.now);
      return card;
    },
    sale(amount, content = {}) {
      serial++;
      const invoice = service.invoice(serial, amount, { expirySeconds: 7 * 86_400, ...content });
      amounts.set(bytesToHex(decodeInvoice(invoice).paymentHash), amount);
      return { invoice, amount, hash: invoiceHash(invoice), serial };
    },
    async tap(card, { amount, hash }, options) {
      return (await takeToken(card.reader, { amount, invoiceHash: hash }, options)).token;
    },
    present: (token, { invoice }) => service.present(token, invoice),
    async pay(card, sale, options) {
      return await town.present(await town.tap(card, sale, options), sale);
    },
    update: (card, sealed) => withCard(card.reader, (session) => session.update(sealed)),
    async identify(card) {
      const time = BigInt(Math.floor(service.clock.now / 1000));
      const nonce = Uint8Array.from(randomBytes(24));
      return await withCard(card.reader, async (session) => {
        const status = await session.identify(statusChallenge(NODE_ID, time, nonce));
        const update = await askStatus(service.authorizer, { status, time, nonce });
        if (update) await session.update(update);
        return update;
      });
    },
    account: (card) => service.store.read((db) => showCard(db, card.record.cardId)),
    paidOut: () =>
      [...service.node.sent].reduce(
        (sum, [hash, times]) => sum + (amounts.get(hash) ?? 0n) * BigInt(times),
        0n,
      ),
    async [Symbol.asyncDispose]() {
      const violations = await service.violations();
      await service.close();
      if (violations.length > 0) throw new Error(`the ledger's proof found ${JSON.stringify(violations)}`);
    },
  };
  return town;
}

function issuerSecret([first]: readonly TestCard[]): Uint8Array {
  if (!first) throw new Error("an update was signed before there was a card");
  return first.issuerSecret;
}

/** One of the card's own values, as its memory holds it. */
const cell = ({ card }: Pick<TestCard, "card">, name: string): Uint8Array => {
  const found = card.image().cells[`card-application/${name}`];
  if (!found) throw new Error(`no cell ${name}`);
  return found;
};

/** How the card itself stands: what no terminal can read. */
export const insideCard = (card: Pick<TestCard, "card">) => ({
  credit: readU64(cell(card, "credit")),
  authorized: readU64(cell(card, "authorized")),
  available: readU64(cell(card, "credit")) - readU64(cell(card, "authorized")),
  counter: readU32(cell(card, "counter")),
  sequence: readU32(cell(card, "sequence")),
});

/** A second card with everything that the first one holds at this moment: its key, its counters, its PIN. */
export function cloneOf(original: TestCard): TestCard {
  return onOwnReader(original, makeCard({ image: original.card.image() }));
}

/** Another chip in the place of a card, known to the issuer as that card. */
export function onOwnReader(original: TestCard, card: SimulatedCard): TestCard {
  const { reader } = testCard();
  reader.remove();
  reader.insert(card);
  return { ...original, card, reader };
}

/** A token that the card's key signs over any counter and total: what only a forged card makes. */
export function forgedToken(
  card: TestCard,
  sale: Pick<Sale, "amount" | "hash">,
  fields: { readonly counter: number; readonly authorizedTotal: bigint; readonly sequence?: number },
): Uint8Array {
  const body = signMessage(
    authorizationMessage,
    {
      cardId: card.record.cardId,
      updateSequence: fields.sequence ?? 0,
      amount: sale.amount,
      invoiceHash: sale.hash,
      counter: fields.counter,
      flags: 0,
      authorizedTotal: msat(fields.authorizedTotal),
    },
    card.record.keySetId,
    cell(card, "secret-key"),
    { entropy: Uint8Array.from(randomBytes(32)) },
  );
  const iv = Uint8Array.from(randomBytes(16));
  return seal(MESSAGE_TYPE.AUTHORIZATION, card.record.keySetId, card.sealKey, iv, body);
}

/** Limits of a card that asks for a PIN never. */
export const WITHOUT_PIN_LIMITS: Partial<CardLimits> = {
  maxPerTransaction: NO_LIMIT,
  pinThreshold: NO_LIMIT,
  noPinBudget: NO_LIMIT,
};
