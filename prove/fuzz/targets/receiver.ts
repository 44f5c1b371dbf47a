import { sha256 } from "@noble/hashes/sha2.js";
import { authorizationMessage, MESSAGE_TYPE, seal, signMessage, statusMessage } from "../../../apdu/index.js";
import { bytesToHex, ChequecardError, type Msat, msat, sat, secp256k1, utf8 } from "../../../common/index.js";
import {
  Authorizer,
  authorizerConfigSchema,
  issuerPorts,
  RefundDesk,
} from "../../../issuer/authorizer/index.js";
import { activateCard, registerCard } from "../../../issuer/ledger/index.js";
import { bindStore, openSqlite, type Store } from "../../../issuer/store/index.js";
import { cardKey } from "../../../issuer/store/values.js";
import {
  decodeCardBalance,
  decodeCardUpdate,
  decodeRefundAnswer,
  decodeRejectPayment,
  encodeCardStatus,
  encodeInitiatePayment,
  encodeRefundRequest,
  PaymentReceiver,
  PEER_MESSAGE,
  type ReceiverEvent,
  statusChallenge,
} from "../../../lightning/api/index.js";
import { decodeInvoice, invoiceHash } from "../../../lightning/bolt11/index.js";
import { KEY_SET_ID, SigningCard } from "../../../testing/cards/signing-card.js";
import { FakeNetwork } from "../../../testing/nodes/fake-node.js";
import { preimageOf, ScriptedNode, testInvoice } from "../../../testing/nodes/scripted-node.js";
import { hashOf, ISSUER_SECRET, SEAL_KEY } from "../../card/material.js";
import { placeFile, removeFile } from "../shelf.js";
import { chunksOf, type FuzzTarget, joinChunks } from "../target.js";
import { bytesIn, vectorFile } from "../vectors.js";

/** The issuer did what it must not, whatever a peer sends. */
class IssuerRuleError extends Error {}

/** 2027-01-15 08:00:00 UTC. */
const NOW = 1_800_000_000_000;
const CREDIT = sat(100);
const MAX_MESSAGES = 8;
/** A message whose kind has this bit is not waited for before the next one. */
const AT_ONCE = 0x80;
/** Errors of the database that no input may bring about. */
const OWN_FAULTS: readonly string[] = ["constraint", "internal"];
const CONFIG = authorizerConfigSchema.parse({
  peerRate: { perSecond: 1e6, burst: 1e6 },
  cardRate: { perSecond: 1e6, burst: 1e6 },
  payTimeoutMs: 10,
});

/** A node, the issuer's service beside it, and a peer. */
class Stage {
  readonly network = new FakeNetwork();
  readonly peer = this.network.node("peer");
  readonly node = this.network.node("issuer", () => NOW);
  readonly paying = new ScriptedNode(() => NOW);
  readonly store: Store;
  readonly authorizer: Authorizer;
  readonly refunds: RefundDesk;
  readonly faults: string[] = [];
  #serial = 0;
  #cards = 0;

  constructor(store: Store) {
    this.store = store;
    const ports = issuerPorts({
      store,
      node: this.paying,
      network: "bcrt",
      nodeId: this.node.nodeId,
      clock: () => NOW,
      keys: {
        sealKey: () => SEAL_KEY,
        signUpdate: async (_, digest) => secp256k1.sign(digest, ISSUER_SECRET),
      },
      log: { info: () => {}, warn: () => {}, error: (fields) => this.#hear(fields) },
    });
    this.authorizer = new Authorizer(ports, CONFIG);
    this.refunds = new RefundDesk({ ...ports, node: this.node, onStep: () => {} });
  }

  /** A card that was never used, so that every input finds the same. */
  async card(): Promise<SigningCard> {
    const card = new SigningCard(++this.#cards, SEAL_KEY, CREDIT);
    await registerCard(this.store, card.registration(), NOW);
    await activateCard(this.store, card.cardId);
    return card;
  }

  /** An invoice of the peer, which the node can pay. */
  invoice(amount: Msat | undefined): string {
    this.paying.learn([++this.#serial]);
    return testInvoice(this.#serial, amount, NOW / 1000 - 10, { payeeSecret: sha256(utf8("peer")) });
  }

  /** Payment hash and preimage of an invoice that was made so many before the newest. */
  sale(before: number): { readonly paymentHash: Uint8Array; readonly preimage: Uint8Array } {
    const preimage = preimageOf(Math.max(0, this.#serial - before));
    return { paymentHash: sha256(preimage), preimage };
  }

  #hear(fields: object): void {
    const { event, code } = { event: "", code: "", ...fields };
    if (event === "internal" && OWN_FAULTS.includes(code)) this.faults.push(`internal: ${code}`);
  }
}

let stage: Promise<Stage> | undefined;
const theStage = (): Promise<Stage> => {
  stage ??= (async () => {
    const path = placeFile("receiver.db", new Uint8Array(0));
    removeFile(path);
    const made = new Stage(await openSqlite({ path }));
    await bindStore(made.store, { network: "bcrt", nodeId: made.node.nodeId });
    await made.node.connect({ nodeId: made.peer.nodeId, host: "127.0.0.1", port: 9735 });
    return made;
  })();
  return stage;
};

/** What a genuine token or status of the card says, as the input has it. */
interface Statement {
  readonly counter: number;
  readonly flags: number;
  readonly sequence: number;
  readonly amount: Msat;
  readonly total: Msat;
  /** 0: an invoice of that amount; 1: another one; 2: one without an amount. */
  readonly invoice: number;
}

const STATEMENT = 10;
const u16s = (...values: readonly number[]): number[] =>
  values.flatMap((value) => [value >> 8, value & 0xff]);

/** As in an input; amounts in satoshi, so that all of the credit is near. */
function statement(
  fields: Partial<Record<"counter" | "flags" | "sequence" | "amount" | "total" | "invoice", number>>,
): number[] {
  const { counter = 1, flags = 0, sequence = 0, amount = 1, total = amount, invoice = 0 } = fields;
  return [...u16s(counter, sequence, amount, total), flags, invoice];
}

function readStatement(input: Uint8Array): Statement {
  const bytes = Buffer.alloc(STATEMENT);
  bytes.set(input.subarray(0, STATEMENT));
  return {
    counter: bytes.readUInt16BE(0),
    sequence: bytes.readUInt16BE(2),
    amount: sat(BigInt(Math.max(1, bytes.readUInt16BE(4)))),
    total: sat(BigInt(bytes.readUInt16BE(6))),
    flags: bytes.readUInt8(8) % 2,
    invoice: bytes.readUInt8(9),
  };
}

/** One message of an input: a byte for its kind, and the rest. */
function messageOf(on: Stage, card: SigningCard, chunk: Uint8Array): { type: number; payload: Uint8Array } {
  const [kind = 0] = chunk;
  const rest = chunk.subarray(1);
  const entropy = hashOf("prove/fuzz entropy");
  const iv = entropy.slice(0, 16);
  switch ((kind % AT_ONCE) % 6) {
    case 0:
      return { type: PEER_MESSAGE.INITIATE_PAYMENT, payload: rest };
    case 1:
      return { type: PEER_MESSAGE.CARD_STATUS, payload: rest };
    case 2: {
      const { counter, flags, sequence, amount, total, invoice: which } = readStatement(rest);
      const invoice = on.invoice([amount, sat(1), undefined][which % 3]);
      const fields = {
        cardId: card.cardId,
        counter,
        flags,
        updateSequence: sequence,
        amount,
        authorizedTotal: total,
      };
      const body = signMessage(
        authorizationMessage,
        { ...fields, invoiceHash: invoiceHash(invoice) },
        KEY_SET_ID,
        card.secretKey,
        { entropy },
      );
      const token = seal(MESSAGE_TYPE.AUTHORIZATION, KEY_SET_ID, SEAL_KEY, iv, body);
      return {
        type: PEER_MESSAGE.INITIATE_PAYMENT,
        payload: encodeInitiatePayment({ token, invoice: utf8(invoice) }),
      };
    }
    case 3: {
      const { counter, flags, sequence, amount: credit, total } = readStatement(rest);
      const time = BigInt(NOW / 1000);
      const nonce = entropy.slice(0, 24);
      const challenge = statusChallenge(on.node.nodeId, time, nonce);
      const fields = {
        cardId: card.cardId,
        counter,
        flags,
        updateSequence: sequence,
        credit,
        authorizedTotal: total,
      };
      const body = signMessage(statusMessage, { ...fields, challenge }, KEY_SET_ID, card.secretKey, {
        entropy,
      });
      const status = seal(MESSAGE_TYPE.STATUS, KEY_SET_ID, SEAL_KEY, iv, body);
      return { type: PEER_MESSAGE.CARD_STATUS, payload: encodeCardStatus({ status, time, nonce }) };
    }
    case 4:
      return { type: 45_001 + ((rest[0] ?? 0) % 12), payload: rest.subarray(1) };
    default: {
      const [before = 0, amount = 0, id = 0] = rest;
      const refund = {
        ...on.sale(before % 4),
        amount: sat(amount + 1),
        refundId: new Uint8Array(16).fill(id),
      };
      return { type: PEER_MESSAGE.REFUND_REQUEST, payload: encodeRefundRequest(refund) };
    }
  }
}

/** The peer pays the invoice of a refund, every other one unheard. */
function pay(on: Stage, invoice: Uint8Array | undefined): void {
  if (!invoice) return;
  const { paymentHash, amount } = decodeInvoice(new TextDecoder().decode(invoice));
  on.node.settle(bytesToHex(paymentHash), amount ?? msat(0n), (paymentHash[0] ?? 0) % 2 === 0);
}

/** Answers can be read, and the money is where it must be. */
async function check(on: Stage, card: SigningCard, events: readonly ReceiverEvent[]): Promise<void> {
  for (const { type, payload } of on.node.messages.splice(0))
    if (type === PEER_MESSAGE.REJECT_PAYMENT) decodeRejectPayment(payload);
    else if (type === PEER_MESSAGE.CARD_UPDATE) decodeCardUpdate(payload);
    else if (type === PEER_MESSAGE.REFUND_ANSWER) pay(on, decodeRefundAnswer(payload).invoice);
    else if (type === PEER_MESSAGE.CARD_BALANCE) decodeCardBalance(payload);
    else throw new IssuerRuleError(`answered with type ${type}`);
  await on.refunds.resolve();
  for (const event of events)
    if (event.event === "failed" && !(event.error instanceof ChequecardError)) throw event.error;
  if (on.faults.length > 0) throw new IssuerRuleError(on.faults.splice(0).join("; "));
  const account = await on.store.db
    .selectFrom("accounts")
    .selectAll()
    .where("card", "=", cardKey(card.cardId))
    .executeTakeFirstOrThrow();
  if (account.funded > CREDIT + account.spent)
    throw new IssuerRuleError(`refunded ${account.funded - CREDIT} of ${account.spent} msat`);
  if (account.spent > account.funded)
    throw new IssuerRuleError(`spent ${account.spent} of ${account.funded} msat`);
  for (const [hash, times] of on.paying.sent)
    if (times !== 1) throw new IssuerRuleError(`paid ${hash} ${times} times`);
}

/**
 * Messages of a peer to a node beside which the issuer's service runs, each behind its length: as they come, and
 * statements that a genuine card signed for whatever they say.
 */
export const receiverTarget: FuzzTarget = {
  name: "messages to an issuer's node",
  weight: 3,
  limitMs: 500,
  corpus() {
    const raw = bytesIn(vectorFile("api"), ["hex"])
      .slice(0, 40)
      .flatMap((payload) => [0, 1, 4].map((kind) => [Uint8Array.of(kind, ...payload)]));
    const token = (fields: Parameters<typeof statement>[0]) => Uint8Array.of(2, ...statement(fields));
    const status = (fields: Parameters<typeof statement>[0]) => Uint8Array.of(3, ...statement(fields));
    const refund = (...fields: number[]) => Uint8Array.of(5, ...fields);
    const stories = [
      [token({ amount: 50 }), refund(0, 19, 1), refund(0, 29, 2), refund(0, 0, 3), refund(0, 19, 1)],
      [token({ amount: 50 }), refund(0, 50, 1), refund(1, 9, 1), refund(0, 9, 1), refund(0, 8, 1)],
      [token({ amount: 5 })],
      [
        token({ amount: 5 }),
        token({ counter: 2, amount: 7, total: 12 }),
        status({ counter: 2, amount: 100, total: 12 }),
      ],
      [
        token({ counter: 3, amount: 7, total: 30 }),
        token({ counter: 1, amount: 9 }),
        token({ counter: 2, amount: 14, total: 23 }),
      ],
      [
        status({ counter: 2, amount: 100, total: 40 }),
        token({ counter: 2, amount: 30, total: 40 }),
        token({ counter: 3, amount: 60, total: 100 }),
      ],
      [token({ amount: 90 }), token({ counter: 2, amount: 11, total: 101 })],
      [
        token({ amount: 5, invoice: 1 }),
        token({ counter: 2, amount: 1, total: 6 }),
        status({ counter: 2, sequence: 1, amount: 105, total: 6 }),
      ],
      [token({ amount: 5, invoice: 2 }), token({ amount: 5 }), token({ amount: 6 })],
    ];
    const atOnce = stories.map((chunks) =>
      chunks.map((chunk) => Uint8Array.of(AT_ONCE + (chunk[0] ?? 0), ...chunk.subarray(1))),
    );
    return [...raw, ...stories, ...atOnce].map(joinChunks);
  },
  async run(input) {
    const on = await theStage();
    const card = await on.card();
    const { peer, node } = on;
    // Whatever cannot be sent is found out before anybody listens.
    const messages = [...chunksOf(input)]
      .slice(0, MAX_MESSAGES)
      .map((chunk) => ({ message: messageOf(on, card, chunk), isAtOnce: (chunk[0] ?? 0) >= AT_ONCE }));
    const events: ReceiverEvent[] = [];
    const listen = () =>
      new PaymentReceiver(node, on.authorizer, {
        refunds: on.refunds,
        now: () => NOW,
        onEvent: (event) => void events.push(event),
      });
    let receiver = listen();
    for (const { message, isAtOnce } of messages) {
      node.receive({ peer: peer.nodeId, ...message });
      if (isAtOnce) continue;
      await receiver.close();
      receiver = listen();
    }
    await receiver.close();
    await check(on, card, events);
    return events
      .map((event) =>
        [event.event, "cause" in event ? event.cause : "", "reason" in event ? event.reason : ""].join(" "),
      )
      .join(", ");
  },
};
