import { randomBytes } from "node:crypto";
import {
  type Authorization,
  authorizationMessage,
  type CardStatus,
  decodeResponseApdu,
  formatSw,
  getCertificate,
  INVOICE_HASH_LENGTH,
  type OpenedMessage,
  openBody,
  type ResponseApdu,
  readFrame,
  type SealedMessageCodec,
  statusMessage,
  verifySignature,
  withResponseChaining,
} from "../../apdu/index.js";
import {
  bytesToHex,
  concatBytes,
  equalBytes,
  hexToBytes,
  type Msat,
  ParseError,
  secp256k1,
  u64,
} from "../../common/index.js";
import { Nonconformance } from "./result.js";
import type { CardSettings, CardUnderTest, ConformanceTarget } from "./target.js";

/** Limits and texts of a card; the suite adds identities and keys. */
export type CardShape = Omit<CardSettings, "cardId" | "keySetId" | "sealKey" | "issuerPublicKey">;

/** A provisioned card and everything that its issuer knows. */
export interface TestCard {
  readonly settings: CardSettings;
  /** The issuer's key, 32 bytes, made for this card alone. */
  readonly issuerSecretKey: Uint8Array;
  /** The card's point, 65 bytes. */
  readonly publicKey: Uint8Array;
  reset(): Promise<void>;
  release(): Promise<void>;
  /** Sends any bytes; follows 61xx and 6Cxx. */
  send(command: Uint8Array): Promise<ResponseApdu>;
  /** Sends a command and holds its status word to `sw`. @throws Nonconformance */
  expect(step: string, command: Uint8Array, sw: number): Promise<Uint8Array>;
  /** Opens and verifies what AUTHORIZE answered. @throws Nonconformance */
  authorization(step: string, data: Uint8Array): OpenedMessage<Authorization>;
  /** Opens and verifies what IDENTIFY answered. @throws Nonconformance */
  status(step: string, data: Uint8Array): OpenedMessage<CardStatus>;
  /** Opens what GET DATA C2 answered; its signature is not verified. @returns 128 bytes @throws Nonconformance */
  certificate(step: string, data: Uint8Array): Uint8Array;
}

/** What a case works with. */
export interface CaseContext {
  readonly target: ConformanceTarget;
  /** A personalized card with fresh keys and a card id that was never used. */
  personalized(shape: CardShape): Promise<TestCard>;
  /** Two identities of one batch: key set, seal key and issuer key in common. The second card is made after the first is released. */
  sameBatch(shape: CardShape): { readonly next: (change?: Partial<CardShape>) => Promise<TestCard> };
  blank(): Promise<CardUnderTest>;
  /** A card whose keys and state the case does not know. */
  asItIs(shape: CardShape): Promise<CardUnderTest>;
}

const POINT_LENGTH = 65;

/** @param random the source of keys and ids; default the system's */
export function caseContext(
  target: ConformanceTarget,
  random: (length: number) => Uint8Array = randomBytes,
): CaseContext {
  const sameBatch = (shape: CardShape) => {
    const issuerSecretKey = random(32);
    const batch = {
      keySetId: random(4),
      sealKey: random(16),
      issuerPublicKey: secp256k1.publicKey(issuerSecretKey, false),
    };
    return {
      next: (change: Partial<CardShape> = {}) =>
        provision(target, { ...shape, ...change, ...batch, cardId: random(8) }, issuerSecretKey),
    };
  };
  return {
    target,
    sameBatch,
    personalized: (shape) => sameBatch(shape).next(),
    blank: () => target.provision("blank"),
    async asItIs(shape) {
      if (target.asItIs) return target.asItIs();
      const publicKeyOfNobody = secp256k1.publicKey(random(32), false);
      const keys = { cardId: random(8), keySetId: random(4), sealKey: random(16) };
      return target.provision({ ...shape, ...keys, issuerPublicKey: publicKeyOfNobody });
    },
  };
}

async function provision(
  target: ConformanceTarget,
  settings: CardSettings,
  issuerSecretKey: Uint8Array,
): Promise<TestCard> {
  const card = await target.provision(settings);
  const { publicKey } = card;
  if (publicKey?.length !== POINT_LENGTH) {
    await card.release();
    throw new ParseError("card under test/public key", `need ${POINT_LENGTH} bytes of a personalized card`);
  }
  const transport = withResponseChaining(card.transport);
  const send = async (command: Uint8Array) => decodeResponseApdu(await transport.transmit(command));
  return {
    settings,
    issuerSecretKey,
    publicKey,
    reset: () => card.reset(),
    release: () => card.release(),
    send,
    async expect(step, command, sw) {
      const response = await send(command);
      if (response.sw !== sw) throw new Nonconformance(step, formatSw(sw), formatSw(response.sw));
      return response.data;
    },
    authorization: (step, data) => openGenuine(step, authorizationMessage, data, settings, publicKey),
    status: (step, data) => openGenuine(step, statusMessage, data, settings, publicKey),
    certificate: (step, data) => openCertificate(step, data, settings),
  };
}

/** Opens a message of the card, which must be of this type, under this key set, of this card, and rightly signed. */
function openGenuine<T extends { readonly cardId: Uint8Array }>(
  step: string,
  codec: SealedMessageCodec<T>,
  data: Uint8Array,
  { keySetId, sealKey, cardId }: CardSettings,
  publicKey: Uint8Array,
): OpenedMessage<T> {
  const wanted = "a sealed message signed by the card";
  try {
    const opened = codec.open(data, (id) => (equalBytes(id, keySetId) ? sealKey : undefined));
    if (!verifySignature(opened, publicKey))
      throw new Nonconformance(step, wanted, "one with a wrong signature");
    if (!equalBytes(opened.fields.cardId, cardId))
      throw new Nonconformance(step, `card id ${bytesToHex(cardId)}`, bytesToHex(opened.fields.cardId));
    return opened;
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new Nonconformance(step, wanted, error.message);
  }
}

function openCertificate(step: string, data: Uint8Array, { keySetId, sealKey }: CardSettings): Uint8Array {
  try {
    const frame = readFrame(getCertificate.decodeResponse(data), step);
    if (!equalBytes(frame.keySetId, keySetId))
      throw new Nonconformance(step, `key set ${bytesToHex(keySetId)}`, bytesToHex(frame.keySetId));
    return openBody(sealKey, frame.iv, frame.sealed);
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    throw new Nonconformance(step, "C2 with a sealed certificate", error.message);
  }
}

/** Commands that cases send, byte by byte as specs/01 §6 has them. */
export const COMMAND = {
  SELECT: hexToBytes("00a4040008f04348455155450100"),
  PIN_STATE: hexToBytes("00200080"),
  PROFILE: hexToBytes("80ca00c100"),
  NODE_URI: hexToBytes("80ca5f5000"),
  CERTIFICATE: hexToBytes("80ca00c200"),
  verify: (pin: string) => hexToBytes(`0020008008${`2${pin.length.toString(16)}${pin}`.padEnd(16, "f")}`),
  authorize: (amount: Msat | bigint, invoiceHash: Uint8Array) =>
    concatBytes(hexToBytes("8030000028"), u64(amount), invoiceHash, Uint8Array.of(0)),
  identify: (challenge: Uint8Array) => concatBytes(hexToBytes("8032000020"), challenge, Uint8Array.of(0)),
  update: (message: Uint8Array) =>
    concatBytes(hexToBytes("80340000"), Uint8Array.of(message.length), message),
} as const;

/** An invoice hash that differs from case to case by its number. */
export const invoiceHash = (n: number): Uint8Array => new Uint8Array(INVOICE_HASH_LENGTH).fill(n);
