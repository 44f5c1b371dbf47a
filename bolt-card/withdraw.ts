import { ParseError, ValueError } from "../common/errors.js";
import { MAX_MSAT, type Msat, msat } from "../common/msat.js";
import { visible } from "../common/visible.js";
import { webAddress } from "./address.js";

/** What a card's server offers (LUD-03 `withdrawRequest`; specs/10 §6). */
export interface WithdrawRequest {
  /** Where the invoice goes: `https:`, or as {@link webAddress} lets it. */
  readonly callback: URL;
  /** Of this request, 1..512 characters. */
  readonly k1: string;
  readonly min: Msat;
  readonly max: Msat;
  /** From this amount on the PIN is needed; undefined: never (lnurl/luds pull request 290). */
  readonly pinLimit: Msat | undefined;
}

/** What a server said instead: for people, of a stranger. */
export interface ServerError {
  /** Visible characters, at most 160. */
  readonly reason: string;
}

const MAX_K1 = 512;
/** Longest text of a server that is shown. */
const MAX_REASON = 160;
/** Above it a number of JSON is not exact any more; no sum of money is that large. */
const MAX_EXACT = Number.MAX_SAFE_INTEGER;

/**
 * Reads the answer to a card's address.
 * @throws ParseError for anything that is neither a withdrawRequest nor an error
 */
export function readWithdrawRequest(text: string, isRegtest = false): WithdrawRequest | ServerError {
  const answer = readAnswer(text);
  if ("reason" in answer) return answer;
  const { fields } = answer;
  if (fields.tag !== "withdrawRequest")
    throw new ParseError("answer/tag", 'need "withdrawRequest", have another kind of request');
  const { callback, k1 } = fields;
  if (typeof callback !== "string") throw new ParseError("answer/callback", "need a text, have none");
  if (typeof k1 !== "string" || k1.length === 0 || k1.length > MAX_K1 || !/^[\x21-\x7e]+$/.test(k1))
    throw new ParseError("answer/k1", `need 1 to ${MAX_K1} printable characters`);
  const min = amountOf(fields, "minWithdrawable");
  const max = amountOf(fields, "maxWithdrawable");
  if (min > max) throw new ParseError("answer/minWithdrawable", "need at most maxWithdrawable, have more");
  const asksForPin = fields.pinLimit !== undefined && fields.pinLimit !== null;
  return {
    callback: webAddress(callback, isRegtest, "answer/callback"),
    k1,
    min,
    max,
    pinLimit: asksForPin ? amountOf(fields, "pinLimit") : undefined,
  };
}

/**
 * Reads the answer to a callback, which decides nothing: paid is what arrives at the own node.
 * @returns undefined for `OK`
 * @throws ParseError for anything else that is no error
 */
export function readCallbackAnswer(text: string): ServerError | undefined {
  const answer = readAnswer(text);
  if ("reason" in answer) return answer;
  if (answer.fields.status === "OK") return undefined;
  throw new ParseError("answer/status", "need OK or ERROR, have something else");
}

/** The address that hands an invoice over. @param pin 4 digits, where the offer wants it @throws ValueError */
export function callbackAddress({ callback, k1 }: WithdrawRequest, invoice: string, pin?: string): URL {
  if (pin !== undefined && !/^\d{4}$/.test(pin)) throw new ValueError("pin", "need 4 digits");
  const query = [`k1=${encodeURIComponent(k1)}`, `pr=${encodeURIComponent(invoice)}`];
  if (pin !== undefined) query.push(`pin=${pin}`);
  // What stands in the callback stays as its server wrote it.
  const { href } = callback;
  const sign = href.endsWith("?") ? "" : href.includes("?") ? "&" : "?";
  return new URL(`${href}${sign}${query.join("&")}`);
}

function readAnswer(text: string): ServerError | { readonly fields: Readonly<Record<string, unknown>> } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ParseError("answer", "need JSON, have something else", { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ParseError("answer", "need fields in JSON, have something else");
  const fields = value as Record<string, unknown>;
  if (typeof fields.status !== "string" || fields.status.toUpperCase() !== "ERROR") return { fields };
  const { reason } = fields;
  const said = typeof reason === "string" ? visible(reason).trim() : "";
  return { reason: said.length > MAX_REASON ? `${said.slice(0, MAX_REASON)}…` : said };
}

function amountOf(fields: Readonly<Record<string, unknown>>, name: string): Msat {
  const value = fields[name];
  const path = `answer/${name}`;
  if (typeof value !== "number" || !Number.isFinite(value) || value < 0 || !Number.isInteger(value))
    throw new ParseError(path, "need a whole number of millisatoshi");
  return value > MAX_EXACT ? MAX_MSAT : msat(BigInt(value), path);
}
