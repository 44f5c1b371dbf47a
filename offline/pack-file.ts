import { randomBytes } from "node:crypto";
import { xchacha20poly1305 } from "@noble/ciphers/chacha.js";
import { concatBytes, equalBytes, readU32, u32, utf8 } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";
import { readBoundedFile } from "../common/read-file.js";
import { secp256k1 } from "../common/secp256k1/index.js";
import { taggedHash } from "../common/tagged-hash.js";
import { NETWORK_NAMES, type Network } from "../lightning/network.js";
import { FINGERPRINT_LENGTH, fingerprint, fingerprintBytes } from "./fingerprint.js";
import { type AcceptancePack, CLOCK_TOLERANCE, MAX_PACK_LENGTH } from "./pack.js";
import { decodePackContent, encodePackContent } from "./pack-content.js";
import { PackError } from "./pack-error.js";

const MAGIC = utf8("CQPK");
const VERSION = 1;
const LENGTH_AT = 5;
const TERMINAL_AT = 9;
const EPHEMERAL_AT = TERMINAL_AT + FINGERPRINT_LENGTH;
const NONCE_AT = EPHEMERAL_AT + 33;
const BOX_AT = NONCE_AT + 24;
const SIGNATURE_LENGTH = 64;
const MIN_LENGTH = BOX_AT + 16 + SIGNATURE_LENGTH;

/** What the issuer key signs: the whole clear content, 32 bytes (specs/09 §3.4). */
const packDigest = (content: Uint8Array): Uint8Array => taggedHash("chequecard/offline-pack", content);

/** The key of the box, from a secret key of one side and the point of the other, 32 bytes. */
const boxKey = (secret: Uint8Array, other: Uint8Array, ephemeral: Uint8Array, terminal: Uint8Array) =>
  taggedHash("chequecard/offline-pack-key", secp256k1.ecdh(secret, other), ephemeral, terminal);

/** What a writer draws at random, where vectors need it fixed. */
export interface PackRandomness {
  /** 32 bytes, a secret key that is used once. */
  readonly ephemeralKey: Uint8Array;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
}

function drawRandomness(): PackRandomness {
  let ephemeralKey = randomBytes(32);
  while (!secp256k1.isSecretKey(ephemeralKey)) ephemeralKey = randomBytes(32);
  return { ephemeralKey, nonce: randomBytes(24) };
}

/**
 * Signs a pack and encrypts it for its terminal (specs/09 §3.3).
 * @param sign ECDSA of the issuer key over 32 bytes: 64 bytes, r || s
 * @throws ValueError, ParseError naming the field; what `sign` throws
 */
export async function writePack(
  pack: AcceptancePack,
  sign: (digest: Uint8Array) => Uint8Array | Promise<Uint8Array>,
  { ephemeralKey, nonce }: PackRandomness = drawRandomness(),
): Promise<Uint8Array> {
  const content = encodePackContent(pack);
  const digest = packDigest(content);
  const signature = await sign(digest);
  if (!secp256k1.verify(signature, digest, pack.issuer))
    throw new ValueError("pack/issuer", "another key signed: the key source does not hold this issuer key");
  const ephemeral = secp256k1.publicKey(ephemeralKey);
  const length = BOX_AT + 16 + SIGNATURE_LENGTH + content.length;
  const head = concatBytes(
    MAGIC,
    Uint8Array.of(VERSION),
    u32(length),
    fingerprintBytes(pack.terminal),
    ephemeral,
    nonce,
  );
  const key = boxKey(ephemeralKey, pack.terminal, ephemeral, pack.terminal);
  const file = concatBytes(
    head,
    xchacha20poly1305(key, nonce, head).encrypt(concatBytes(signature, content)),
  );
  if (file.length > MAX_PACK_LENGTH)
    throw new ValueError("pack", `need at most ${MAX_PACK_LENGTH} bytes, have ${file.length}`);
  return file;
}

/** What a terminal holds a pack against before it takes it. */
export interface PackExpectations {
  /** The issuer key that this terminal trusts, 33 bytes. */
  readonly issuer: Uint8Array;
  readonly network: Network;
  /** Sequence of the pack that the terminal has from this issuer; absent when it has none. */
  readonly installed?: bigint | undefined;
  /** Unix seconds of the terminal's clock. */
  readonly now: number;
}

/**
 * Opens a pack with the terminal's secret key. Proves that the key named in it signed it, and no more: whether that key is to be
 * trusted says {@link checkPack}. Sizes come before cryptography.
 * @param terminalKey 32 bytes
 * @throws PackError
 */
export function openPack(file: Uint8Array, terminalKey: Uint8Array): AcceptancePack {
  checkFrame(file);
  const terminal = secp256k1.publicKey(terminalKey);
  if (!equalBytes(file.subarray(TERMINAL_AT, EPHEMERAL_AT), fingerprintBytes(terminal)))
    throw new PackError("other-terminal", "The pack was made for another terminal.", {
      hint: `Ask the issuer for a pack for this terminal's key, ${fingerprint(terminal)}.`,
    });
  const opened = openBox(file, terminalKey, terminal);
  const content = opened?.subarray(SIGNATURE_LENGTH);
  if (!opened || !content) throw damaged();
  const pack = readContent(content);
  if (!secp256k1.verify(opened.subarray(0, SIGNATURE_LENGTH), packDigest(content), pack.issuer))
    throw new PackError(
      "not-genuine",
      "The pack was signed by another key than the issuer's that it names.",
      {
        hint: "Do not use it. Ask the issuer where it comes from.",
      },
    );
  // The issuer signs for one terminal: nobody can encrypt its pack again for another.
  if (!equalBytes(pack.terminal, terminal))
    throw new PackError(
      "other-terminal",
      "The issuer made this pack for another terminal; somebody passed it on.",
    );
  return pack;
}

function checkFrame(file: Uint8Array): void {
  if (file.length > MAX_PACK_LENGTH)
    throw new PackError(
      "not-a-pack",
      `This is not an acceptance pack: need at most ${MAX_PACK_LENGTH} bytes, have ${file.length}.`,
    );
  if (!equalBytes(file.subarray(0, MAGIC.length), MAGIC))
    throw new PackError("not-a-pack", "This is not an acceptance pack.", {
      hint: "A pack is the file that `chequecard issuer pack make` wrote.",
    });
  const version = file[MAGIC.length] ?? VERSION;
  if (version > VERSION)
    throw new PackError("newer-version", `The pack has version ${version}, this release reads ${VERSION}.`, {
      hint: "Update the terminal.",
    });
  const said = file.length < TERMINAL_AT ? MIN_LENGTH : readU32(file, LENGTH_AT);
  if (file.length !== said || file.length < MIN_LENGTH)
    throw new PackError("cut", `The pack is not whole: need ${said} bytes, have ${file.length}.`, {
      hint: "Copy it again from where it was written.",
    });
  if (version !== VERSION) throw damaged();
}

const damaged = (cause?: unknown): PackError =>
  new PackError("damaged", "The pack was changed since it was made.", {
    cause,
    hint: "Copy it again from where it was written, or ask the issuer for another.",
  });

function openBox(file: Uint8Array, secret: Uint8Array, terminal: Uint8Array): Uint8Array | undefined {
  const ephemeral = file.subarray(EPHEMERAL_AT, NONCE_AT);
  if (!secp256k1.isPublicKey(ephemeral)) return undefined;
  const head = file.subarray(0, BOX_AT);
  const key = boxKey(secret, ephemeral, ephemeral, terminal);
  try {
    return xchacha20poly1305(key, file.subarray(NONCE_AT, BOX_AT), head).decrypt(file.subarray(BOX_AT));
  } catch {
    return undefined;
  }
}

function readContent(content: Uint8Array): AcceptancePack {
  try {
    return decodePackContent(content);
  } catch (cause) {
    if (!(cause instanceof ParseError)) throw cause;
    throw new PackError("damaged", `The pack cannot be read: ${cause.message}.`, { cause });
  }
}

/** Opens a pack in a file, of which no more than the longest pack is read. @throws FileError, PackError */
export const openPackFile = (path: string, terminalKey: Uint8Array): AcceptancePack =>
  openPack(readBoundedFile(path, MAX_PACK_LENGTH), terminalKey);

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/:\d\d\.\d+Z$/, "Z");

/**
 * Whether a terminal may install a pack that was opened (specs/09 §3.5).
 * @throws PackError
 */
export function checkPack(pack: AcceptancePack, { issuer, network, installed, now }: PackExpectations): void {
  if (!equalBytes(pack.issuer, issuer))
    throw new PackError(
      "other-issuer",
      `The pack is of another issuer, ${fingerprint(pack.issuer)}; this terminal trusts ${fingerprint(issuer)}.`,
      { hint: "Compare both with the issuer before you trust another." },
    );
  if (pack.network !== network)
    throw new PackError(
      "other-network",
      `The pack is for ${NETWORK_NAMES[pack.network]}, this terminal is on ${NETWORK_NAMES[network]}.`,
    );
  if (installed !== undefined && pack.sequence <= installed)
    throw new PackError(
      "older",
      pack.sequence === installed
        ? `The pack is installed already (sequence ${installed}).`
        : `The pack is older (sequence ${pack.sequence}) than the one installed (sequence ${installed}).`,
      { hint: "Ask the issuer for a new pack." },
    );
  checkPackTime(pack, now);
}

/**
 * Whether a pack is in use at this time of the terminal's clock, Unix seconds.
 * @throws PackError `expired`, `from-the-future`
 */
export function checkPackTime(pack: Pick<AcceptancePack, "madeAt" | "validUntil">, now: number): void {
  const clock = `this terminal's clock says ${day(now)}`;
  if (pack.madeAt > now + CLOCK_TOLERANCE)
    throw new PackError("from-the-future", `The pack was made at ${day(pack.madeAt)}, but ${clock}.`, {
      hint: "Set the terminal's clock.",
    });
  if (pack.validUntil <= now)
    throw new PackError("expired", `The pack was valid until ${day(pack.validUntil)}, and ${clock}.`, {
      hint: "Ask the issuer for a new pack, unless the clock is wrong.",
    });
}
