import type { CardOnPage, OpenedPage } from "../../server/card-page/view.js";
import { problemIn } from "../shell/api.js";

/** A refusal, with how long it holds where the server says so. */
export interface Refusal {
  readonly code: string;
  readonly seconds: number | undefined;
}

/** The server's answer, or why there is none. */
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: Refusal };

async function ask<T>(path: string, body: object, session?: string): Promise<Answer<T>> {
  try {
    const answer = await fetch(path, {
      method: "POST",
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      headers: {
        "content-type": "application/json",
        ...(session === undefined ? {} : { authorization: `Bearer ${session}` }),
      },
      body: JSON.stringify(body),
    });
    if (answer.ok) return { ok: true, value: (await answer.json()) as T };
    const { code } = await problemIn(answer);
    const seconds = Number.parseInt(answer.headers.get("retry-after") ?? "", 10);
    return { ok: false, refusal: { code, seconds: Number.isNaN(seconds) ? undefined : seconds } };
  } catch {
    return { ok: false, refusal: { code: "unreachable", seconds: undefined } };
  }
}

/** Opens the page of a card. The secret goes in the body: no address that a server sees has it. */
export const openPage = (secret: string, code: string): Promise<Answer<OpenedPage>> =>
  ask("/v1/open", { secret, code });

export const readPage = (session: string): Promise<Answer<CardOnPage>> => ask("/v1/read", {}, session);

export const blockCard = (session: string): Promise<Answer<CardOnPage>> =>
  ask("/v1/block", { confirmed: true }, session);
