import { bytesToHex, equalBytes, hexToBytes, secp256k1, utf8 } from "../../common/index.js";
import { type KeySource, kdf3, undiversified } from "../../keys/index.js";
import {
  type CardRegistry,
  type PendingCard,
  PersonalizationError,
  parseProfile,
  type RegisteredCard,
} from "../../personalize/index.js";

const ISSUER_SECRET = new Uint8Array(32).fill(0x21);
const MASTER = hexToBytes("d0d1d2d3d4d5d6d7d8d9dadbdcdddedf");
export const FACTORY = hexToBytes("e0e1e2e3e4e5e6e7e8e9eaebecedeeef");
export const KEY_SET_ID = hexToBytes("a1a2a3a4");
export const FACTORY_VERSION = 255;
export const OWN_VERSION = 0x20;
export const PASSPHRASE = utf8("letters");
export const CHEAP = { n: 2 ** 14, r: 8, p: 1 };

/** Fixed keys behind the port; KeyFile and the HSM have tests of their own. */
export const keys: KeySource = {
  keySets: () => [{ id: KEY_SET_ID, label: "festival", issuerPublicKey: secp256k1.publicKey(ISSUER_SECRET) }],
  sealKey: (id) => (equalBytes(id, KEY_SET_ID) ? new Uint8Array(16).fill(0x5e) : undefined),
  signUpdate: async (_id, digest) => secp256k1.sign(digest, ISSUER_SECRET),
  batchKeys: () => [],
  batchMac: async () => new Uint8Array(16),
  masterKeys: () => [
    { version: FACTORY_VERSION, diversification: "none", wellKnown: false },
    { version: OWN_VERSION, diversification: "kdf3", wellKnown: false },
  ],
  cardKeys: async (version, data) =>
    version === OWN_VERSION ? kdf3(version, MASTER, data) : undiversified(version, FACTORY),
  close: async () => {},
};

export const NODE_URI = `${bytesToHex(secp256k1.publicKey(ISSUER_SECRET))}@node.example:9735`;

export function profileText(changes: Record<string, unknown> = {}): string {
  return JSON.stringify({
    name: "festival",
    "node-uri": NODE_URI,
    limits: {
      credit: "50000sat",
      "max-per-transaction": "25000sat",
      "pin-threshold": "5000sat",
      "no-pin-budget": "20000sat",
    },
    pin: "random",
    ...changes,
  });
}
export const profileOf = (changes: Record<string, unknown> = {}) =>
  parseProfile(profileText(changes), "festival.yaml");
export const WITHOUT_PIN = { pin: "none", limits: { credit: "50000sat", "max-per-transaction": "25000sat" } };
export const ROTATING = {
  ...WITHOUT_PIN,
  "card-keys": { version: FACTORY_VERSION, "rotate-to": OWN_VERSION },
};

/** A registry that keeps its rules, and fails on demand. */
export class MemoryRegistry implements CardRegistry {
  readonly cards = new Map<string, { state: RegisteredCard["state"]; card: PendingCard }>();
  /** Calls that still succeed before every further one fails. */
  fuse = Number.POSITIVE_INFINITY;
  calls = 0;

  checkPolicy(policy: unknown): void {
    if ((policy as { bad?: unknown }).bad)
      throw new PersonalizationError("registry", "policy/bad: not known");
  }

  async register(card: PendingCard): Promise<void> {
    this.#call();
    const id = bytesToHex(card.cardId);
    const known = this.cards.get(id);
    if (known && (known.state !== "pending" || !equalBytes(known.card.publicKey, card.publicKey)))
      throw new PersonalizationError("registry", `card ${id} is in the registry already`);
    this.cards.set(id, { state: "pending", card });
  }

  async activate(cardId: Uint8Array): Promise<void> {
    this.#call();
    const known = this.cards.get(bytesToHex(cardId));
    if (!known || (known.state !== "pending" && known.state !== "active"))
      throw new PersonalizationError("registry", "no pending card of that id");
    known.state = "active";
  }

  async retire(cardId: Uint8Array): Promise<void> {
    this.#call();
    const known = this.cards.get(bytesToHex(cardId));
    if (known) known.state = "retired";
  }

  async lookup(cardId: Uint8Array): Promise<RegisteredCard | undefined> {
    this.#call();
    const known = this.cards.get(bytesToHex(cardId));
    return known && { state: known.state, publicKey: known.card.publicKey };
  }

  inState(state: RegisteredCard["state"]): PendingCard[] {
    return [...this.cards.values()].filter((entry) => entry.state === state).map(({ card }) => card);
  }

  #call(): void {
    this.calls++;
    if (--this.fuse < 0) throw new Error("connection refused");
  }
}
