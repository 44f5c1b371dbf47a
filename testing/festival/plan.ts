/** How large a festival is, and how much goes wrong. */
export interface FestivalPlan {
  /** The command line as a JavaScript file. */
  readonly program: string;
  /** An empty folder. */
  readonly folder: string;
  /** Short commands: each in a process of its own, as on a shell, or sooner done in this one. */
  readonly commands: "processes" | "inline";
  /** `postgresql://` address of an empty database for the ledger; absent: a file. */
  readonly database?: string;
  /** In people's hands; there is a fresh one more for each that gets lost. */
  readonly cards: number;
  /** Bolt Cards beside them, the last of which is the fresh one for a lost one; then each card has a second face, too. */
  readonly chips?: number;
  readonly terminals: number;
  /** Sales at least that come to an end, paid or declined. */
  readonly taps: number;
  /** A visit is a card at a terminal. */
  readonly tapsPerVisit: number;
  /** Kills of the service, and of terminals, all in mid-sale. */
  readonly serviceKills: number;
  readonly terminalKills: number;
  /** Kills of the command that closes the event; it is run until it gets through. */
  readonly closingKills: number;
  readonly lostCards: number;
  readonly topUps: number;
  /** Sales that are refunded to the cards that paid, every other one in part; default none. */
  readonly refunds?: number;
  /** Everything random follows from it, but when a kill strikes. */
  readonly seed: number;
  readonly tell?: (text: string) => void;
}

/** What happened. Amounts in msat. */
export interface FestivalResult {
  readonly cards: number;
  readonly terminals: number;
  /** Sales that were begun: amounts typed at terminals with a card on the reader. */
  readonly asked: number;
  /** Sales that came to an end: {@link paid} and those that were declined. */
  readonly completed: number;
  readonly paid: number;
  /** Of these, those that a Bolt Card or a card's second face paid while somebody looked. */
  readonly paidByChips: number;
  readonly paidByFaces: number;
  /** How many were declined, by reason (specs/08 §5). */
  readonly declined: Readonly<Record<string, number>>;
  /** Sales whose terminal was killed before it held a token, and those that no Bolt Card paid in time: they were cancelled. */
  readonly givenUp: number;
  readonly serviceKills: number;
  readonly terminalKills: number;
  readonly closingKills: number;
  readonly replacedCards: number;
  readonly topUps: number;
  readonly refunds: number;
  readonly refunded: bigint;
  readonly paidIn: bigint;
  readonly settled: bigint;
  readonly paidOut: bigint;
  /** What does not fit; empty when everything is right to the msat. */
  readonly problems: readonly string[];
  readonly seconds: number;
}
