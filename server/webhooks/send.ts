import { createHmac } from "node:crypto";
import { ChequecardError } from "../../common/errors.js";
import { errno } from "../../common/file-error.js";
import { askWeb, redirectProblem } from "../../lightning/web/ask.js";
import type { Resolve } from "../../lightning/web/resolve-host.js";
import { checkHookUrl, hookAddresses } from "./address.js";
import type { DueDelivery } from "./hooks.js";

/** Longest wait for an answer, in milliseconds. */
const ANSWER_MS = 10_000;

/**
 * The signature of a delivery: HMAC-SHA256 under the webhook's secret over the time, a point and the body. The time is
 * signed, so that a copy of an old delivery is known by its age.
 * @param time Unix seconds
 */
const signatureOf = (secret: string, time: number, body: string): string =>
  `t=${time},v1=${createHmac("sha256", secret).update(`${time}.${body}`).digest("hex")}`;

/**
 * Delivers an event to its webhook. The name is resolved and judged right before, and the judged address is the one that
 * is dialed; redirects are not followed.
 * @returns why it was not taken; undefined: it was
 */
export async function sendDelivery(
  due: Pick<DueDelivery, "url" | "secret" | "event" | "kind" | "body">,
  { now = Date.now, resolve }: { readonly now?: () => number; readonly resolve?: Resolve } = {},
): Promise<string | undefined> {
  try {
    const url = checkHookUrl(due.url);
    const status = await post(url, await hookAddresses(url, resolve), due, Math.floor(now() / 1000));
    if (status >= 200 && status < 300) return undefined;
    return ["it answered", [status, redirectProblem(status)].filter(Boolean).join("; ")].join(" ");
  } catch (error) {
    if (error instanceof ChequecardError) return error.message;
    return `it cannot be reached (${errno(error) ?? "no answer in time"})`;
  }
}

async function post(
  url: URL,
  addresses: readonly string[],
  { secret, event, kind, body }: Pick<DueDelivery, "secret" | "event" | "kind" | "body">,
  time: number,
): Promise<number> {
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "chequecard-event": kind,
    "chequecard-event-id": String(event),
    "chequecard-signature": signatureOf(secret, time, body),
    "user-agent": "chequecard",
  };
  const request = { method: "POST", headers, addresses, body, signal: AbortSignal.timeout(ANSWER_MS) };
  // What it says is nobody's concern, however long it is.
  return await askWeb(url, request, ({ statusCode = 0 }) => statusCode);
}
