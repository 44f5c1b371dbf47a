import { isIP } from "node:net";
import { newPageSecret, PAGE_CODE_LENGTH, type PageHashes, pageAddress, pageHashes } from "../keys/index.js";
import { type LetterPage, randomPin } from "./pin-letters.js";

/** A new page: what is printed of it, and what the ledger keeps. */
export interface NewPage {
  readonly letter: LetterPage;
  readonly hashes: PageHashes;
}

/** An address of more characters makes a QR code that is hard to read on a card. */
const MAX_BASE_LENGTH = 128;

/** Why a text cannot be where the pages of cards are; undefined for a good one. */
export function pageBaseProblem(text: string): string | undefined {
  const form = "need an address such as https://card.festival.example/";
  if (!URL.canParse(text) || /[^!-~]/.test(text)) return form;
  const { protocol, username, password, search, hash, hostname, href } = new URL(text);
  const isLocal = hostname === "localhost" || hostname === "127.0.0.1" || hostname === "[::1]";
  if (protocol !== "https:" && !(protocol === "http:" && isLocal))
    return `${form}: codes must not travel in the clear`;
  if (username !== "" || password !== "" || search !== "" || hash !== "" || text.includes("#"))
    return `${form}, without user, ? and #`;
  if (!href.endsWith("/") || href !== text) return `${form}, written as ${href.slice(0, MAX_BASE_LENGTH)}`;
  if (text.length > MAX_BASE_LENGTH) return `need at most ${MAX_BASE_LENGTH} characters, have ${text.length}`;
  if (protocol === "https:" && isIP(hostname) !== 0)
    return `${form}, by a name: cards keep it for good, and browsers want a certificate for it`;
  return undefined;
}

/**
 * Makes secret and code of a page.
 * @param base where the pages of cards are; @param random the system's generator when absent
 */
export async function makeCardPage(base: string, random?: (length: number) => Uint8Array): Promise<NewPage> {
  const secret = newPageSecret(random);
  const code = randomPin(PAGE_CODE_LENGTH, random);
  return { letter: { address: pageAddress(base, secret), code }, hashes: await pageHashes(secret, code) };
}
