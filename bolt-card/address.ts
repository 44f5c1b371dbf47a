import { bech32 } from "@scure/base";
import { ParseError } from "../common/errors.js";

/** Longest address, encoded or not. */
const MAX_ADDRESS = 2048;

/** Whether only machines nearby are meant by a host, by its form alone. */
const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || /^127\.\d+\.\d+\.\d+$/.test(host);
const isOnion = (host: string): boolean => host.endsWith(".onion");

/**
 * The web address behind what a card or a code shows (specs/10 §5): `lnurlw://` (LUD-17), `LNURL1…` with or without
 * `lightning:` (LUD-01), `https://`, alone or with `lightning=LNURL1…` in it.
 * @param isRegtest there alone `http://` is read, and `lnurlw://` of this machine leads to it
 * @returns with `https:`, or `http:` for onion addresses
 * @throws ParseError
 */
export function readCardAddress(text: string, isRegtest = false): URL {
  const path = "address";
  if (text.length > MAX_ADDRESS)
    throw new ParseError(path, `need at most ${MAX_ADDRESS} characters, have ${text.length}`);
  if (!/^[\x21-\x7e]+$/.test(text))
    throw new ParseError(path, "need printable ASCII without spaces, have another character");
  const bare = text.replace(/^lightning:(\/\/)?/i, "");
  if (/^lnurl1/i.test(bare)) return webAddress(decoded(bare), isRegtest);
  if (/^lnurlw:/i.test(bare)) {
    const url = parsed(bare.replace(/^lnurlw:(\/\/)?/i, "https://"));
    if (isOnion(url.hostname) || (isRegtest && isLoopback(url.hostname)))
      return webAddress(url.href.replace(/^https:/, "http:"), isRegtest);
    return webAddress(url.href, isRegtest);
  }
  const url = webAddress(bare, isRegtest);
  const inside = url.searchParams.get("lightning");
  return inside !== null && /^lnurl1/i.test(inside) ? webAddress(decoded(inside), isRegtest) : url;
}

/**
 * Holds the rules that are the same for a card's address and for its server's callback: TLS, or an onion service.
 * @throws ParseError
 */
export function webAddress(text: string, isRegtest: boolean, path = "address"): URL {
  if (text.length > MAX_ADDRESS)
    throw new ParseError(path, `need at most ${MAX_ADDRESS} characters, have ${text.length}`);
  const url = parsed(text, path);
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new ParseError(path, "need lnurlw://, LNURL1… or https://, have another kind of address");
  if (url.protocol === "http:" && !isOnion(url.hostname) && !isRegtest)
    throw new ParseError(path, "need https://, have http://");
  if (url.username !== "" || url.password !== "")
    throw new ParseError(path, "need an address without user and password");
  url.hash = "";
  return url;
}

function parsed(text: string, path = "address"): URL {
  if (!/^[\x21-\x7e]+$/.test(text) || text.includes("\\") || !URL.canParse(text))
    throw new ParseError(path, "need an address such as lnurlw://cards.example/ln, have something else");
  return new URL(text);
}

/** @throws ParseError */
function decoded(text: string): string {
  const isOneCase = text === text.toLowerCase() || text === text.toUpperCase();
  if (!isOneCase) throw new ParseError("address", "need LNURL1… in one case, have both");
  try {
    const { prefix, words } = bech32.decode(text.toLowerCase() as `${string}1${string}`, MAX_ADDRESS);
    if (prefix !== "lnurl") throw new RangeError("prefix");
    return Buffer.from(bech32.fromWords(words)).toString("latin1");
  } catch (cause) {
    throw new ParseError("address", "not bech32 of LUD-01: a character is wrong or missing", { cause });
  }
}

/** The address as codes and links carry it, in capitals (LUD-01). */
export const encodeLnurl = (address: string): string =>
  bech32.encode("lnurl", bech32.toWords(Buffer.from(address, "latin1")), false).toUpperCase();
