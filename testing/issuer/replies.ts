import type { CardStatus, InitiatePayment, PaymentAuthorizer } from "../../lightning/api/index.js";

/** The answers to one request to pay. */
export interface Answered {
  readonly outcome: "accepted" | "rejected";
  readonly reason?: number;
  /** The newest of those that came. */
  readonly cardUpdate?: Uint8Array;
  /** What is left, where the issuer tells. */
  readonly left?: bigint;
}

/**
 * Presents a token with an invoice.
 * @param onUpdate called with each update as it comes, before the answer
 */
export async function initiate(
  authorizer: Pick<PaymentAuthorizer, "initiatePayment">,
  request: InitiatePayment,
  onUpdate: (update: Uint8Array) => Promise<void> = async () => {},
): Promise<Answered> {
  let answered: Answered = { outcome: "accepted" };
  await authorizer.initiatePayment(request, {
    async update(cardUpdate) {
      answered = { ...answered, cardUpdate };
      await onUpdate(cardUpdate);
    },
    async balance(left) {
      if (left !== undefined) answered = { ...answered, left };
    },
    async reject(reason) {
      answered = { ...answered, outcome: "rejected", reason };
    },
  });
  return answered;
}

/** Sends a card's status. @param onBalance called with what is said of the balance @returns the update that came */
export async function askStatus(
  authorizer: Pick<PaymentAuthorizer, "cardStatus">,
  status: CardStatus,
  onBalance: (left: bigint | undefined) => void = () => {},
): Promise<Uint8Array | undefined> {
  let found: Uint8Array | undefined;
  await authorizer.cardStatus(status, {
    async update(update) {
      found = update;
    },
    async balance(left) {
      onBalance(left);
    },
  });
  return found;
}
