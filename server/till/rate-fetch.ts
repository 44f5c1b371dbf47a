import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import { ChequecardError, ValueError } from "../../common/errors.js";
import { errno } from "../../common/file-error.js";
import { checkHookUrl, hookAddresses, judgedLookup, type Resolve } from "../webhooks/address.js";
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
    const [address = ""] = await hookAddresses(url, resolve);
    return { price: priceIn(await get(url, address, ends), path) };
  } catch (error) {
    if (error instanceof ChequecardError) return { problem: error.message };
    return {
      problem: `it cannot be reached (${(ends.aborted ? undefined : errno(error)) ?? "no answer in time"})`,
    };
  }
}

function get(url: URL, address: string, signal: AbortSignal): Promise<string> {
  const send = url.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = send(
      url,
      {
        agent: false,
        lookup: judgedLookup(address),
        signal,
        headers: { accept: "application/json", "user-agent": "chequecard" },
      },
      (response) => {
        const { statusCode: status = 0 } = response;
        const refuse = (problem: string): void => {
          reject(new ValueError("answer", problem));
          response.destroy();
        };
        if (status !== 200)
          return refuse(
            `need status 200, have ${status}${status >= 300 && status < 400 ? "; redirects are not followed" : ""}`,
          );
        const chunks: Buffer[] = [];
        let length = 0;
        response.on("data", (chunk: Buffer) => {
          length += chunk.length;
          if (length > MAX_ANSWER) refuse(`need at most ${MAX_ANSWER} bytes`);
          else chunks.push(chunk);
        });
        response.on("end", () => resolve(Buffer.concat(chunks).toString("utf8")));
        response.on("error", reject);
      },
    );
    request.on("error", reject);
    request.end();
  });
}
