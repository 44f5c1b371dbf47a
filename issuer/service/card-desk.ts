import { type CardStatus, type OpenedMessage, STATUS_FLAG } from "../../apdu/index.js";
import { CodedError, type Msat } from "../../common/index.js";
import { statusChallenge } from "../../lightning/api/index.js";
import { CardLookup } from "../authorizer/card-lookup.js";
import { sealUpdate } from "../authorizer/card-updates.js";
import { CardStatusDesk, type DeskPorts } from "../authorizer/status.js";
import type { LimitsRow } from "../ledger/limits.js";
import type { CardRecord } from "../verify.js";

/** A card that lies on the issuer's own reader. */
export interface DeskCard {
  /** @param challenge 32 bytes @returns sealed status, 149 bytes */
  identify(challenge: Uint8Array): Promise<Uint8Array>;
  /** @param sealedUpdate 149 bytes */
  update(sealedUpdate: Uint8Array): Promise<void>;
}

/** What a card said of itself, and what it has yet to get. */
export interface Presence {
  readonly card: CardRecord;
  readonly counter: number;
  readonly credit: Msat;
  readonly authorizedTotal: Msat;
  readonly blocked: boolean;
  readonly pinTriesUsedUp: boolean;
  readonly pending: LimitsRow | undefined;
}

/** The card on the reader is not one of this issuer's, or did not carry out a command. */
class DeskError extends CodedError<"not-ours" | "not-taken"> {}

const ONE_STATUS = 1;
/** A card whose status cannot be true is blocked by the first update; that one is delivered too. */
const MAX_DELIVERIES = 3;

/** Serves cards on the issuer's own reader, beside the ledger and without a node. */
export class CardDesk {
  readonly #ports: DeskPorts;
  readonly #desk: CardStatusDesk;
  readonly #cards: CardLookup;

  constructor(ports: DeskPorts) {
    this.#ports = ports;
    this.#desk = new CardStatusDesk(ports);
    this.#cards = new CardLookup(ports.store, ONE_STATUS);
  }

  /**
   * Has the card say who it is and how it stands; what it shows is recorded, as from a terminal.
   * @throws DeskError `not-ours`; CardStatusError, TransportError; StoreError
   */
  async identify(card: DeskCard): Promise<Presence> {
    const time = BigInt(Math.floor(this.#ports.clock() / 1000));
    const nonce = this.#ports.randomBytes(24);
    const status = await card.identify(statusChallenge(this.#ports.nodeId, time, nonce));
    const opened = this.#desk.read({ status, time, nonce });
    const record = opened && (await this.#cards.find(opened.fields.cardId));
    if (!opened || !this.#desk.isGenuine(opened, record) || !record)
      throw new DeskError("not-ours", "The card on the reader is not a card of this ledger.", {
        hint: "Check the card, and that this is the issuer's own folder and key file.",
      });
    return presence(record, opened, (await this.#desk.record(opened)).pending);
  }

  /**
   * Hands the card everything that it has yet to get: sealed again, given with UPDATE, confirmed by the card's next
   * status. A card that is taken away too early gets it with its next tap.
   * @returns how the card stands then
   * @throws DeskError; CardStatusError, TransportError; StoreError; KeyError
   */
  async deliver(card: DeskCard, before?: Presence): Promise<Presence> {
    let found = before ?? (await this.identify(card));
    for (let delivery = 0; found.pending; delivery++) {
      if (delivery === MAX_DELIVERIES)
        throw new DeskError("not-taken", "The card does not take the update.", {
          hint: "Its status was recorded; see it with: chequecard cards show",
        });
      await card.update(await sealUpdate(this.#ports, found.card, found.pending));
      found = await this.identify(card);
    }
    return found;
  }
}

const presence = (
  card: CardRecord,
  { fields }: OpenedMessage<CardStatus>,
  pending: LimitsRow | undefined,
): Presence => ({
  card,
  counter: fields.counter,
  credit: fields.credit,
  authorizedTotal: fields.authorizedTotal,
  blocked: (fields.flags & STATUS_FLAG.BLOCKED) !== 0,
  pinTriesUsedUp: (fields.flags & STATUS_FLAG.PIN_BLOCKED) !== 0,
  pending,
});
