import { type Api, ApiProblem, newRequestKey } from "../shell/api.js";

/** Something that moves money: under its key it is carried out once, however often it is sent. */
export interface Order {
  readonly key: string;
  readonly path: string;
  readonly body: object;
  /** In words, for who is asked about it later. */
  readonly what: string;
}

const PLACE = "chequecard.order";

export const newOrder = (path: string, body: object, what: string): Order => ({
  key: newRequestKey(),
  path,
  body,
  what,
});

/** The order whose answer this tab has not seen. */
export function unanswered(): Order | undefined {
  try {
    const text = sessionStorage.getItem(PLACE);
    return text === null ? undefined : (JSON.parse(text) as Order);
  } catch {
    return undefined;
  }
}

function keep(order: Order | undefined): void {
  try {
    if (order) sessionStorage.setItem(PLACE, JSON.stringify(order));
    else sessionStorage.removeItem(PLACE);
  } catch {
    // Without storage the order lasts as long as the page.
  }
}

/** Sends an order. It is kept in this tab until its answer is certain, also over a reload. @throws ApiProblem */
export async function send<Answer>(api: Api, order: Order): Promise<Answer> {
  keep(order);
  try {
    const answer = await api.move<Answer>(order.path, order.body, { key: order.key });
    keep(undefined);
    return answer;
  } catch (error) {
    if (error instanceof ApiProblem && !error.isUncertain) keep(undefined);
    throw error;
  }
}
