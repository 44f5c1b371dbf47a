import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as tlsRequest } from "node:https";
import { isIPv6, type LookupFunction } from "node:net";
import { ValueError } from "../../common/errors.js";

/** Of one request to a web server that was judged before. */
export interface WebRequest extends Pick<RequestOptions, "method" | "headers"> {
  /** Addresses that were judged, never empty: the connection goes to one of them, whatever the name means by then. */
  readonly addresses: readonly string[];
  readonly signal: AbortSignal;
  readonly body?: string;
}

/**
 * Sends one request, once, on a connection of its own. Redirects are not followed.
 * @param use gets the answer; it is destroyed when that returns
 */
export function askWeb<T>(
  url: URL,
  { addresses, body, ...options }: WebRequest,
  use: (answer: IncomingMessage) => Promise<T> | T,
): Promise<T> {
  const send = url.protocol === "https:" ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const request = send(url, { ...options, agent: false, lookup: judgedLookup(addresses) }, (answer) => {
      answer.on("error", reject);
      Promise.resolve(use(answer))
        .then(resolve, reject)
        .finally(() => answer.destroy());
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** The text of an answer. @param maxBytes a longer one is cut off as it arrives @throws ValueError */
export async function textOf(answer: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    length += chunk.length;
    if (length > maxBytes) throw new ValueError("answer", `need at most ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** Why a status of 3xx is not gone after; undefined for others. */
export const redirectProblem = (status: number): string | undefined =>
  status >= 300 && status < 400 ? "redirects are not followed" : undefined;

const judgedLookup =
  (addresses: readonly string[]): LookupFunction =>
  (_host, options, done) => {
    const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
    const [{ address, family } = { address: "", family: 4 }] = found;
    if (options.all) done(null, found);
    else done(null, address, family);
  };
