import { randomBytes, scrypt } from "node:crypto";
import { taggedHash, utf8, ValueError } from "../common/index.js";

/** Random bytes of the secret of a card's page: nobody finds one by trying. */
const SECRET_LENGTH = 16;
const SECRET_FORM = /^[A-Za-z0-9_-]{22}$/;

/** Digits of the code that opens a card's page. */
export const PAGE_CODE_LENGTH = 8;
const CODE_FORM = new RegExp(`^[0-9]{${PAGE_CODE_LENGTH}}$`);

/** 32 MiB and about a tenth of a second for one code. */
const SCRYPT = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 2 ** 20 } as const;
const HASH_LENGTH = 32;

/** What a ledger keeps of a page's secret and code (specs/04 §11.1): neither can be read from it. */
export interface PageHashes {
  /** 32 bytes: by which the page is found. */
  readonly secretHash: Uint8Array;
  /** 32 bytes: what a code is compared with. */
  readonly codeHash: Uint8Array;
}

/** The secret of a new page: 128 random bits in base64url. @param random the system's generator when absent */
export function newPageSecret(random: (length: number) => Uint8Array = randomBytes): string {
  const bytes = Buffer.from(random(SECRET_LENGTH));
  // A secret has one text: the last of its digits carries two bits.
  return bytes.toString("base64url");
}

/** Whether a text has the form of a secret; what has another is no page's. */
export const isPageSecret = (text: string): boolean =>
  SECRET_FORM.test(text) && Buffer.from(text, "base64url").toString("base64url") === text;

/** Whether a text has the form of a code. */
export const isPageCode = (text: string): boolean => CODE_FORM.test(text);

/** The address of a page: what stands behind `#` never reaches a server. @param base ends with `/` */
export const pageAddress = (base: string, secret: string): string => `${base}#${secret}`;

/** By what a page is found. @throws ValueError for what is no secret */
export function pageSecretHash(secret: string): Uint8Array {
  if (!isPageSecret(secret)) throw new ValueError("secret", "need 22 characters of base64url");
  return taggedHash("chequecard/card-page/secret", Buffer.from(secret, "base64url"));
}

/**
 * What a code is compared with: scrypt (RFC 7914), salted with the secret. The ledger has the secret only as a hash, so
 * that a stolen ledger gives no code away; who has it and the secret pays a tenth of a second for each of 10^8 codes.
 * @throws ValueError for what is no secret
 */
export function pageCodeHash(secret: string, code: string): Promise<Uint8Array> {
  if (!isPageSecret(secret)) throw new ValueError("secret", "need 22 characters of base64url");
  const salt = taggedHash("chequecard/card-page/code", Buffer.from(secret, "base64url"));
  return new Promise((resolve, reject) => {
    scrypt(utf8(code), salt, HASH_LENGTH, SCRYPT, (error, hash) =>
      error ? reject(error) : resolve(Uint8Array.from(hash)),
    );
  });
}

/** @throws ValueError for what is no secret */
export const pageHashes = async (secret: string, code: string): Promise<PageHashes> => ({
  secretHash: pageSecretHash(secret),
  codeHash: await pageCodeHash(secret, code),
});
