import type { Msat } from "../../common/msat.js";
import type { Reply } from "../../lightning/api/authorizer.js";
import { reasonForLog } from "../../lightning/api/reason-codes.js";
import { cardName } from "../ledger/accounts.js";
import type { LimitsRow } from "../ledger/limits.js";
import type { VerifiedAuthorization } from "../verify.js";
import { sealUpdate } from "./card-updates.js";
import { nameOf } from "./payments.js";
import type { IssuerPorts } from "./ports.js";

/** What is said to one peer about one authorization: each update of the card once, then what is left, or a reject. */
export class Answer {
  readonly #ports: Pick<IssuerPorts, "keys" | "randomBytes" | "secp256k1" | "log">;
  readonly #authorization: VerifiedAuthorization;
  readonly #reply: Reply;
  /** Sequence of the update that was sent last. */
  #sent: bigint | undefined;
  #isTold = false;

  constructor(ports: IssuerPorts, authorization: VerifiedAuthorization, reply: Reply) {
    this.#ports = ports;
    this.#authorization = authorization;
    this.#reply = reply;
  }

  /** Without its keys the issuer still answers; the update waits for the next tap. */
  async update(pending: LimitsRow): Promise<void> {
    if (pending.sequence === this.#sent) return;
    try {
      await this.#reply.update(await sealUpdate(this.#ports, this.#authorization.record, pending));
      this.#sent = pending.sequence;
    } catch (error) {
      this.#ports.log.error({ event: "keys", error: nameOf(error) }, "an update could not be signed");
    }
  }

  /** What is left after the payment; once, and only where the policy allows it. */
  async balance(left: Msat): Promise<void> {
    if (this.#isTold) return;
    this.#isTold = true;
    await this.#reply.balance(left);
  }

  async reject(reason: number): Promise<void> {
    const { card, counter } = this.#authorization;
    await reject(this.#ports, this.#reply, reason, { card: cardName(card), counter: `${counter}` });
  }
}

/** Tells the peer that nothing will be paid, and the log of what. */
export async function reject(
  { log }: Pick<IssuerPorts, "log">,
  reply: Reply,
  reason: number,
  about: object = {},
): Promise<void> {
  const { name, log: sentence } = reasonForLog(reason);
  log.info({ event: "rejected", reason, name, ...about }, sentence);
  await reply.reject(reason);
}
