import { z } from "zod";
import {
  bytesToHex,
  equalBytes,
  FileError,
  hexToBytes,
  mistakes,
  mistakeText,
  ParseError,
  readTextFile,
  schemaMistakes,
  secp256k1,
  writeDurableFile,
} from "../common/index.js";
import { checkerOf } from "../issuer/authorizer/signatures/checker.js";
import type { CardRecord } from "../issuer/verify.js";
import { InputError } from "./error-report.js";

/**
 * What the issuer of a simulated card knows of it, in a file beside the card's: for development. Real issuers
 * keep this in their registry and key store.
 */
export interface IssuerRecord extends CardRecord {
  /** 16 bytes. */
  readonly sealKey: Uint8Array;
  /** Signs updates for the card, 32 bytes. */
  readonly issuerSecretKey: Uint8Array;
}

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `need ${bytes} bytes of hex`);

const SCHEMA = z.strictObject({
  format: z.literal("chequecard-issuer-record"),
  version: z.literal(1),
  cardId: hex(8),
  publicKey: hex(33),
  keySetId: hex(4),
  sealKey: hex(16),
  issuerSecretKey: hex(32),
});

const MAX_LENGTH = 4096;

/** Where the record of a card file lies: `card.json` has `card.issuer.json`. */
export const issuerRecordPath = (cardFile: string): string =>
  `${cardFile.replace(/\.json$/, "")}.issuer.json`;

/** @throws InputError when it cannot be read; ParseError naming the field that is wrong */
export function readIssuerRecord(path: string): IssuerRecord {
  let text: string;
  try {
    text = readTextFile(path, MAX_LENGTH);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new InputError(cause.message, {
      cause,
      hint: "An issuer record is written beside the card by: chequecard simulate new",
    });
  }
  const value = parseJson(text, path);
  const parsed = SCHEMA.safeParse(value);
  if (!parsed.success)
    throw mistakes(
      path,
      schemaMistakes(parsed.error, SCHEMA, value).map((mistake) => mistakeText(mistake, "record")),
      "Use the issuer record as it was written.",
    );
  const { cardId, publicKey, keySetId, sealKey, issuerSecretKey } = parsed.data;
  const record = {
    cardId: hexToBytes(cardId),
    publicKey: hexToBytes(publicKey),
    keySetId: hexToBytes(keySetId),
    sealKey: hexToBytes(sealKey),
    issuerSecretKey: hexToBytes(issuerSecretKey),
  };
  if (!secp256k1.isPublicKey(record.publicKey))
    throw new ParseError(`${path}/publicKey`, "not a point of secp256k1");
  return record;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ParseError(path, "not JSON", { cause });
  }
}

/** Writes a record in one step, mode 600. */
export function writeIssuerRecord(path: string, record: IssuerRecord): void {
  const text = JSON.stringify(
    {
      format: "chequecard-issuer-record",
      version: 1,
      cardId: bytesToHex(record.cardId),
      publicKey: bytesToHex(secp256k1.convert(record.publicKey, true)),
      keySetId: bytesToHex(record.keySetId),
      sealKey: bytesToHex(record.sealKey),
      issuerSecretKey: bytesToHex(record.issuerSecretKey),
    },
    null,
    2,
  );
  writeDurableFile(path, `${text}\n`);
}

/** Lookups over one record, as the verifier wants them. */
export const recordLookups = (record: IssuerRecord) => ({
  signatures: checkerOf(secp256k1),
  sealKeys: (id: Uint8Array) => (equalBytes(id, record.keySetId) ? record.sealKey : undefined),
  findCard: (id: Uint8Array) => (equalBytes(id, record.cardId) ? record : undefined),
});
