import { bytesToHex } from "../../common/index.js";
import type { SigningCard } from "../../testing/cards/signing-card.js";

export type CardState = "pending" | "active" | "blocked" | "retired";

/** What everybody outside of the ledger knows of a card: what was paid in and handed out, and which answers they got. */
export interface CardNotes {
  readonly card: SigningCard;
  /** Paid in and moved to it, less what was handed out and moved away: all of it confirmed by the ledger. */
  funded: bigint;
  /** Handed out. */
  paidOut: bigint;
  /** The states that it may be in after what was confirmed; several where two orders were confirmed at once. */
  states: ReadonlySet<CardState>;
}

/** A token that was signed, and what its merchant was last told. */
export interface TokenNotes {
  readonly card: SigningCard;
  readonly amount: bigint;
  readonly paymentHash: string;
  /** True: it was rejected. */
  isRejected: boolean;
}

/** The campaign's own book, written from answers alone, never from the ledger. */
export class Notebook {
  readonly cards = new Map<string, CardNotes>();
  readonly tokens: TokenNotes[] = [];
  /** What must not be. */
  readonly problems: string[] = [];
  /** Orders that were answered with an error, for the report. */
  refused = 0;
  #confirmed = new Map<CardNotes, Set<CardState>>();

  enter(card: SigningCard, state: CardState): CardNotes {
    const notes: CardNotes = { card, funded: card.credit, paidOut: 0n, states: new Set([state]) };
    this.cards.set(bytesToHex(card.cardId), notes);
    return notes;
  }

  of(card: SigningCard): CardNotes {
    const notes = this.cards.get(bytesToHex(card.cardId));
    if (!notes) throw new Error("a card without notes");
    return notes;
  }

  /** The ledger confirmed an order that leaves the card in this state. */
  confirm(card: SigningCard, state: CardState): void {
    const notes = this.of(card);
    const states = this.#confirmed.get(notes) ?? new Set<CardState>();
    this.#confirmed.set(notes, states.add(state));
    notes.states = states;
  }

  /** From here on orders come one after the other: the last one counts. */
  settleDown(): void {
    this.#confirmed = new Map();
  }
}
