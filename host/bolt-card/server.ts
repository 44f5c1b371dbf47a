import {
  callbackAddress,
  readCallbackAnswer,
  readWithdrawRequest,
  type ServerError,
  type WithdrawRequest,
} from "../../bolt-card/withdraw.js";
import { ChequecardError } from "../../common/errors.js";
import { errno } from "../../common/file-error.js";
import type { Network } from "../../lightning/network.js";
import { untrustedWebAddresses } from "../../lightning/untrusted-uri.js";
import { askWeb, redirectProblem, textOf } from "../../lightning/web/ask.js";
import type { Resolve } from "../../lightning/web/resolve-host.js";
import { BoltCardRefusal } from "./refusal.js";

/** How the server of a stranger's card is asked (specs/10 §6.1). */
export interface ServerRules {
  /** Of the merchant's node: on regtest servers nearby are asked, without TLS, too. */
  readonly network: Network;
  readonly resolve?: Resolve;
  /** Longest wait for a whole answer in milliseconds. Default 10,000. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
const MAX_ANSWER = 64 * 1024;

/** What became of a request: the text of an answer, or what went wrong on the way. */
type Answer = { readonly text: string } | { readonly problem: string };

/**
 * Asks a card's server what it would pay.
 * @throws BoltCardRefusal
 */
export async function askForOffer(
  url: URL,
  rules: ServerRules,
  signal: AbortSignal,
): Promise<WithdrawRequest> {
  const answer = await ask(url, await judged(url, rules), rules, signal);
  if ("problem" in answer) throw new BoltCardRefusal("unreachable", answer.problem);
  const offer = read(() => readWithdrawRequest(answer.text, rules.network === "bcrt"));
  if ("problem" in offer) throw new BoltCardRefusal("no-offer", offer.problem);
  if ("reason" in offer) throw new BoltCardRefusal("server-refused", offer.reason);
  return offer;
}

/** A callback whose address was judged, and that was not sent yet. */
export interface JudgedCallback {
  /**
   * Hands the invoice over. Call it once: what it returns decides nothing (specs/10 §6.4). It never rejects.
   * @param signal the sale is over: the answer is not waited for
   * @returns undefined when the server says that it pays
   */
  send(signal: AbortSignal): Promise<ServerError | { readonly problem: string } | undefined>;
}

/**
 * Judges where the invoice goes, without sending it.
 * @param pin 4 digits, where the offer wants it
 * @throws BoltCardRefusal
 */
export async function judgeCallback(
  offer: WithdrawRequest,
  invoice: string,
  pin: string | undefined,
  rules: ServerRules,
): Promise<JudgedCallback> {
  const addresses = await judged(offer.callback, rules);
  return {
    async send(signal) {
      const answer = await ask(callbackAddress(offer, invoice, pin), addresses, rules, signal);
      return "problem" in answer ? answer : read(() => readCallbackAnswer(answer.text));
    },
  };
}

async function judged(url: URL, rules: ServerRules): Promise<readonly string[]> {
  try {
    return await untrustedWebAddresses(url.hostname, rules);
  } catch (cause) {
    if (!(cause instanceof ChequecardError)) throw cause;
    const code = cause.code === "unresolved" ? "unreachable" : "not-allowed";
    throw new BoltCardRefusal(code, cause.message, { cause });
  }
}

async function ask(
  url: URL,
  addresses: readonly string[],
  { timeoutMs = TIMEOUT_MS }: ServerRules,
  signal: AbortSignal,
): Promise<Answer> {
  const late = AbortSignal.timeout(timeoutMs);
  const headers = { accept: "application/json", "user-agent": "chequecard" };
  try {
    const request = { addresses, headers, signal: AbortSignal.any([late, signal]) };
    return await askWeb(url, request, async (answer) => {
      const problem = redirectProblem(answer.statusCode ?? 0);
      return problem === undefined ? { text: await textOf(answer, MAX_ANSWER) } : { problem };
    });
  } catch (error) {
    if (error instanceof ChequecardError) return { problem: error.message };
    // The message of a library may hold the address, which is worth money.
    return { problem: late.aborted ? "no answer in time" : problemOf(errno(error)) };
  }
}

/** Names of OpenSSL and Node.js for a certificate that is not taken. */
const problemOf = (name: string): string =>
  /CERT|LEAF_SIGNATURE/.test(name) ? `its certificate is not valid for its address, ${name}` : name;

function read<T>(parse: () => T): T | { readonly problem: string } {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ChequecardError)) throw error;
    return { problem: error.message };
  }
}
