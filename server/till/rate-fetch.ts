import { ChequecardError, ValueError } from "../../common/errors.js";
import { errno } from "../../common/file-error.js";
import { askWeb, redirectProblem, textOf } from "../../lightning/web/ask.js";
import type { Resolve } from "../../lightning/web/resolve-host.js";
import { checkHookUrl, hookAddresses } from "../webhooks/address.js";
import { priceIn, type RateSource } from "./rate-sources.js";

/** Longest wait for a whole answer, in milliseconds. */
const ANSWER_MS = 10_000;
/** No price needs a longer answer, in bytes. */
const MAX_ANSWER = 64 * 1024;
const EXAMPLE = "https://rates.example/btc";

/** A source has no price now; `message` says why. */
export type FetchedRate = { readonly price: string } | { readonly problem: string };

/**
 * Asks a source for its price. The name is resolved and judged right before, and the judged address is dialed; redirects
 * are not followed, and an answer that is long or slow is cut off.
 */
export async function fetchRate(
  { url: text, path }: Pick<RateSource, "url" | "path">,
  {
    resolve,
    signal,
    answerMs = ANSWER_MS,
  }: { readonly resolve?: Resolve; readonly signal?: AbortSignal; readonly answerMs?: number } = {},
): Promise<FetchedRate> {
  const ends = AbortSignal.any([AbortSignal.timeout(answerMs), ...(signal ? [signal] : [])]);
  try {
    const url = checkHookUrl(text, EXAMPLE);
    const addresses = await hookAddresses(url, resolve);
    return { price: priceIn(await get(url, addresses, ends), path) };
  } catch (error) {
    if (error instanceof ChequecardError) return { problem: error.message };
    return {
      problem: `it cannot be reached (${(ends.aborted ? undefined : errno(error)) ?? "no answer in time"})`,
    };
  }
}

async function get(url: URL, addresses: readonly string[], signal: AbortSignal): Promise<string> {
  const headers = { accept: "application/json", "user-agent": "chequecard" };
  return await askWeb(url, { headers, addresses, signal }, async (answer) => {
    const { statusCode: status = 0 } = answer;
    if (status === 200) return await textOf(answer, MAX_ANSWER);
    const found = [status, redirectProblem(status)].filter(Boolean).join("; ");
    throw new ValueError("answer", `need status 200, have ${found}`);
  });
}
