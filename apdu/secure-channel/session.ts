import { randomBytes } from "node:crypto";
import { concatBytes, equalBytes, requireLength, ValueError } from "../../common/index.js";
import { CardStatusError } from "../card-status-error.js";
import {
  type CommandApdu,
  command,
  decodeCommandApdu,
  decodeResponseApdu,
  encodeCommandApdu,
  encodeResponseApdu,
  type ResponseApdu,
} from "../command-apdu.js";
import { CLA, INS } from "../constants.js";
import { formatSw, SW } from "../status-words.js";
import type { Transport } from "../transport.js";
import { SecureChannelError } from "./errors.js";
import {
  decodeInitializeUpdateResponse,
  encodeInitializeUpdate,
  type InitializeUpdateResponse,
  type Scp03Mode,
} from "./initialize-update.js";
import { MessageProtection, maxCommandData } from "./message-protection.js";
import {
  cryptogram,
  DERIVE,
  isSecurityLevel,
  LEVEL,
  SCP03_I,
  type StaticKeys,
  sessionKeys,
} from "./primitives.js";

const DEFAULT_LEVEL = LEVEL.C_MAC | LEVEL.C_DECRYPTION;

/** Everything that a card with this parameter "i" offers. */
const bestLevel = (i: number): number =>
  DEFAULT_LEVEL |
  (i & SCP03_I.R_MAC ? LEVEL.R_MAC : 0) |
  (i & SCP03_I.R_MAC && i & SCP03_I.R_ENCRYPTION ? LEVEL.R_ENCRYPTION : 0);

/** Status words with which cards say that too many attempts failed. */
const LOCKED: readonly number[] = [SW.SECURITY_NOT_SATISFIED, SW.PIN_BLOCKED];
/** Status words of cards that have no keys of a version: P1 names it. */
const UNKNOWN_VERSION: readonly number[] = [SW.REFERENCE_NOT_FOUND, SW.WRONG_P1P2];
/** Status words of cards that do not know INITIALIZE UPDATE, or not in this form. */
const NO_CHANNELS: readonly number[] = [
  SW.INS_NOT_SUPPORTED,
  SW.CLA_NOT_SUPPORTED,
  SW.CHANNEL_NOT_SUPPORTED,
  SW.WRONG_DATA,
  SW.WRONG_LENGTH,
];
/** Status words with which a card ends the channel (Amendment D §5.6). */
const ABORTED: readonly number[] = [
  SW.SECURITY_NOT_SATISFIED,
  SW.SECURE_MESSAGING_MISSING,
  SW.SECURE_MESSAGING_WRONG,
];

export interface SecureChannelOptions {
  /** Version of the keys, 1..255; 0 lets the card choose. */
  readonly keyVersion: number;
  /** The card's static keys. Asked once, after the card has said who it is; the channel does not keep them. */
  readonly staticKeys: (card: InitializeUpdateResponse) => StaticKeys | Promise<StaticKeys>;
  /**
   * P1 of EXTERNAL AUTHENTICATE: a sum of {@link LEVEL}, or `best` for all that the card can do. Default C-MAC and
   * C-DECRYPTION.
   */
  readonly level?: number | "best";
  /**
   * Bits of {@link LEVEL} that a channel must have. "i" comes in clear: who stands between can clear what the card offers,
   * and a channel of level `best` would then be weaker than the card's.
   */
  readonly required?: number;
  /** Bits of {@link LEVEL} that `best` leaves out though the card offers them: some cards encrypt responses wrongly. */
  readonly avoid?: number;
  /** Absent: S8, and S16 when the card finds 8 bytes too short. */
  readonly mode?: Scp03Mode;
  /** The system's generator when absent. */
  readonly random?: (length: number) => Uint8Array;
}

/**
 * An open SCP03 channel (specs/04 §4). It is a Transport: commands go in clear and come out protected. It ends at
 * the first wrong MAC, the first failure of the transport, and when the card says that it ended; then it sends
 * nothing more.
 */
export class SecureChannel implements Transport {
  /** What the card said of itself. */
  readonly card: InitializeUpdateResponse;
  /** What was agreed: a sum of {@link LEVEL}. */
  readonly level: number;
  /** Most bytes of data that a command can carry. */
  readonly maxData: number;
  readonly #transport: Transport;
  readonly #protection: MessageProtection;
  #open = true;

  /** Use {@link openSecureChannel}. */
  constructor(
    transport: Transport,
    card: InitializeUpdateResponse,
    level: number,
    protection: MessageProtection,
    maxData: number,
  ) {
    this.#transport = transport;
    this.card = card;
    this.level = level;
    this.maxData = maxData;
    this.#protection = protection;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  async transmit(bytes: Uint8Array): Promise<Uint8Array> {
    return encodeResponseApdu(await this.send(decodeCommandApdu(bytes)));
  }

  /**
   * Sends one command.
   * @throws SecureChannelError `integrity`, `closed`, `too-long`; TransportError
   */
  async send(plain: CommandApdu): Promise<ResponseApdu> {
    if (!this.#open) throw new SecureChannelError("closed", "the secure channel was closed");
    const wrapped = encodeCommandApdu(this.#protection.wrap(plain, true));
    let response: ResponseApdu;
    try {
      response = decodeResponseApdu(await this.#transport.transmit(wrapped));
      if (ABORTED.includes(response.sw)) this.close();
      else response = this.#protection.unwrap(response);
    } catch (error) {
      this.close();
      throw error;
    }
    return response;
  }

  /** Forgets the session keys. The card forgets its own at the next SELECT or reset. A second call does nothing. */
  close(): void {
    this.#open = false;
    this.#protection.wipe();
  }
}

async function initialize(
  transport: Transport,
  options: SecureChannelOptions,
  mode: Scp03Mode,
): Promise<{ challenge: Uint8Array; response: ResponseApdu }> {
  const random = options.random ?? randomBytes;
  const challenge = Uint8Array.from(random(mode === "S16" ? 16 : 8));
  const apdu = encodeCommandApdu(encodeInitializeUpdate(options.keyVersion, challenge));
  return { challenge, response: decodeResponseApdu(await transport.transmit(apdu)) };
}

/** INITIALIZE UPDATE with everything that can be checked before a key is needed. */
async function introduce(
  transport: Transport,
  options: SecureChannelOptions,
): Promise<{ challenge: Uint8Array; card: InitializeUpdateResponse; level: number }> {
  let { challenge, response } = await initialize(transport, options, options.mode ?? "S8");
  if (response.sw === SW.WRONG_LENGTH && options.mode === undefined)
    ({ challenge, response } = await initialize(transport, options, "S16"));
  if (UNKNOWN_VERSION.includes(response.sw))
    throw new SecureChannelError(
      "unknown-key-version",
      `the card has no keys of version ${options.keyVersion}`,
      { hint: "Name the version of the card's keys; nothing was tried on it." },
    );
  if (LOCKED.includes(response.sw))
    throw new SecureChannelError(
      "locked",
      `the card refuses secure channels (${formatSw(response.sw)}): too many attempts failed before`,
      { hint: "Put the card aside. More attempts make it worse." },
    );
  if (response.sw === SW.CONDITIONS_NOT_SATISFIED)
    throw new SecureChannelError(
      "used-up",
      `the sequence counter of the card's keys of version ${options.keyVersion} is used up (${formatSw(response.sw)})`,
      { hint: "Put the card aside: these keys open no channel any more. Nothing is wrong with them." },
    );
  if (NO_CHANNELS.includes(response.sw))
    throw new SecureChannelError(
      "unsupported",
      `the card opens no secure channel: it answered ${formatSw(response.sw)} to INITIALIZE UPDATE`,
      { hint: "Put the card aside and use cards whose security domain has AES-128 keys (SCP03)." },
    );
  if (response.sw !== SW.OK) throw new CardStatusError("INITIALIZE UPDATE", response.sw);
  const card = decodeInitializeUpdateResponse(response.data);
  if (card.cardChallenge.length !== challenge.length)
    throw new SecureChannelError("unsupported", `the card answered in ${card.mode}, which was not asked for`);
  if (options.keyVersion !== 0 && card.keyVersion !== options.keyVersion)
    throw new SecureChannelError(
      "unknown-key-version",
      `the card answered with keys of version ${card.keyVersion}, need ${options.keyVersion}`,
    );
  const level =
    options.level === "best" ? bestLevel(card.i) & ~(options.avoid ?? 0) : (options.level ?? DEFAULT_LEVEL);
  const missing =
    (level & LEVEL.R_MAC && !(card.i & SCP03_I.R_MAC)) ||
    (level & LEVEL.R_ENCRYPTION && !(card.i & SCP03_I.R_ENCRYPTION));
  if (missing)
    throw new SecureChannelError("unsupported", "the card cannot protect its responses as asked for");
  const required = options.required ?? 0;
  if ((level & required) !== required)
    throw new SecureChannelError(
      "unprotected-responses",
      `responses would ${level & LEVEL.R_MAC ? "not be encrypted" : "come in clear"} (i = ${card.i.toString(16).padStart(2, "0")}), and the profile requires more`,
      {
        hint: "Try the card on another reader: this one, or what stands between, may hide what the card offers. If cards of this kind offer no more, say card-keys/responses: as-offered.",
      },
    );
  return { challenge, card, level };
}

/**
 * Opens a channel to the selected application or security domain: INITIALIZE UPDATE, the card's cryptogram is
 * verified, and only when it is right EXTERNAL AUTHENTICATE. One attempt; cards count failures and lock for good,
 * so the caller must not repeat it with the same keys.
 * @throws SecureChannelError, CardStatusError, ParseError, TransportError, ValueError
 */
export async function openSecureChannel(
  transport: Transport,
  options: SecureChannelOptions,
): Promise<SecureChannel> {
  if (typeof options.level === "number" && !isSecurityLevel(options.level))
    throw new ValueError("level", `need 00, 01, 03, 11, 13 or 33, have ${options.level.toString(16)}`);
  const { challenge, card, level } = await introduce(transport, options);
  const size = card.mode === "S16" ? 16 : 8;
  const context = concatBytes(challenge, card.cardChallenge);
  const keys = await options.staticKeys(card);
  requireLength(keys.enc, 16, "Key-ENC");
  requireLength(keys.mac, 16, "Key-MAC");
  const session = sessionKeys(keys, context);
  const protection = new MessageProtection(session, size);
  if (!equalBytes(cryptogram(session, DERIVE.CARD_CRYPTOGRAM, context, size), card.cardCryptogram)) {
    protection.wipe();
    throw new SecureChannelError(
      "wrong-keys",
      `the card's keys of version ${card.keyVersion} are not ours; nothing was sent that it could count`,
      { hint: "Check that these cards belong to this master key. Do not try again with the same keys." },
    );
  }
  const authenticate = command(CLA.SECURE, INS.EXTERNAL_AUTHENTICATE, {
    p1: level,
    data: cryptogram(session, DERIVE.HOST_CRYPTOGRAM, context, size),
  });
  const wrapped = encodeCommandApdu(protection.wrap(authenticate, false));
  const { sw } = decodeResponseApdu(await transport.transmit(wrapped));
  if (sw !== SW.OK) {
    protection.wipe();
    throw new SecureChannelError(
      "not-authenticated",
      `EXTERNAL AUTHENTICATE: the card answered ${formatSw(sw)}`,
      { hint: "The connection may be disturbed. Put the card aside and inspect it alone." },
    );
  }
  protection.setLevel(level);
  return new SecureChannel(transport, card, level, protection, maxCommandData(level, size));
}
