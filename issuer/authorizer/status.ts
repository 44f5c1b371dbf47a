import type { OpenedMessage } from "../../apdu/sealed/message.js";
import { type CardStatus, statusMessage } from "../../apdu/sealed/status.js";
import { equalBytes } from "../../common/bytes.js";
import { ParseError } from "../../common/errors.js";
import type { Msat } from "../../common/msat.js";
import type { CardStatus as StatusRequest } from "../../lightning/api/card-status.js";
import { statusChallenge } from "../../lightning/api/status-challenge.js";
import { type AccountRow, cardName, lockAccount, remaining, saveAccount } from "../ledger/accounts.js";
import { keepEvidence } from "../ledger/evidence.js";
import { fullSequence, type Gap, loadPending } from "../ledger/facts.js";
import { type LimitsRow, queueUpdate } from "../ledger/limits.js";
import { openedGap } from "../ledger/place.js";
import { PolicyCache } from "../ledger/policies.js";
import type { Tx } from "../store/types.js";
import { blob, cardKey } from "../store/values.js";
import { type CardRecord, NOBODY } from "../verify.js";
import type { IssuerPorts } from "./ports.js";

/** What a desk needs: no node, since nothing is paid there. */
export type DeskPorts = Pick<
  IssuerPorts,
  "store" | "keys" | "nodeId" | "otherNodes" | "clock" | "randomBytes" | "secp256k1" | "log" | "onStep"
>;

/** Handles a card's own word on its counters (specs/03 §4): it closes the last gap and acknowledges updates. */
export class CardStatusDesk {
  readonly #ports: DeskPorts;
  readonly #policies = new PolicyCache();

  constructor(ports: DeskPorts) {
    this.#ports = ports;
  }

  /**
   * Opens a status whose challenge is that of one of the issuer's nodes, this time and nonce.
   * @returns undefined: not one of those
   */
  read({ status, time, nonce }: StatusRequest): OpenedMessage<CardStatus> | undefined {
    try {
      const opened = statusMessage.open(status, (id) => this.#ports.keys.sealKey(id));
      const isFor = (nodeId: Uint8Array) =>
        equalBytes(opened.fields.challenge, statusChallenge(nodeId, time, nonce));
      const { nodeId, otherNodes } = this.#ports;
      return [nodeId, ...otherNodes()].some(isFor) ? opened : undefined;
    } catch (error) {
      if (error instanceof ParseError) return undefined;
      throw error;
    }
  }

  /** One signature verification, whether the card is known or not. */
  isGenuine(opened: OpenedMessage<CardStatus>, card: CardRecord | undefined): boolean {
    const { signature, digest } = opened;
    const signed = this.#ports.secp256k1.verify(signature, digest, card?.publicKey ?? NOBODY);
    return signed && card !== undefined && equalBytes(card.keySetId, opened.keySetId);
  }

  /**
   * Records what a genuine status shows.
   * @returns the update that the card still has to get, and what is left where its policy tells
   * @throws StoreError
   */
  async record(
    opened: OpenedMessage<CardStatus>,
  ): Promise<{ readonly pending: LimitsRow | undefined; readonly left: Msat | undefined }> {
    const { store, log } = this.#ports;
    const { alert, ...standing } = await store.write(async (tx) => {
      const account = await lockAccount(store, tx, cardKey(opened.fields.cardId));
      const before = JSON.stringify(Object.values(account).map(String));
      const words = await this.#contradiction(tx, account, opened.fields);
      const isNews = words !== undefined && (await this.#block(tx, account, opened, words));
      if (!words) await this.#accept(tx, account, opened);
      if (JSON.stringify(Object.values(account).map(String)) !== before) await saveAccount(tx, account);
      this.#ports.onStep("in-status");
      const [pending] = await loadPending(store, tx, [account]);
      const { tellsBalance } = await this.#policies.get(tx, account.policy);
      const left = tellsBalance && account.state === "active" ? remaining(account) : undefined;
      return { pending, left, alert: isNews ? { card: cardName(account.card), words } : undefined };
    });
    if (alert) log.error({ event: "clone", alert: true, card: alert.card }, `card blocked: ${alert.words}`);
    return standing;
  }

  async #contradiction(tx: Tx, account: AccountRow, status: CardStatus): Promise<string | undefined> {
    const sequence = fullSequence(account.sequence, BigInt(status.updateSequence));
    if (sequence === undefined) return "its status acknowledges an update that was never made";
    const limits = await tx
      .selectFrom("limits")
      .select("credit")
      .where("card", "=", account.card)
      .where("sequence", "=", sequence)
      .executeTakeFirst();
    if (limits?.credit !== status.credit) return "its status shows a credit that was never signed";
    const [counter, total] = [BigInt(status.counter), status.authorizedTotal];
    const span = await knownSpan(tx, account, counter);
    const [after, left] = [counter - span.first + 1n, total - span.before];
    if (after === 0n ? left !== 0n : left < after) return "its status contradicts what it signed before";
    if (span.last === undefined) return undefined;
    const [rest, most] = [span.last.counter - counter, span.last.total - total];
    return (rest === 0n ? most === 0n : most >= rest)
      ? undefined
      : "its status contradicts what it signed before";
  }

  /** @returns whether the contradiction is a new one, or the card was blocked for it now */
  async #block(
    tx: Tx,
    account: AccountRow,
    opened: OpenedMessage<CardStatus>,
    words: string,
  ): Promise<boolean> {
    const { store, clock } = this.#ports;
    const now = BigInt(clock());
    const message = blob(opened.clear);
    const kept = await keepEvidence(tx, { card: account.card, at: now, contradiction: words, message });
    if (account.state !== "active" || kept === "repeat") return kept === "new";
    account.state = "blocked";
    await queueUpdate(store, tx, account, "clone", now);
    return true;
  }

  async #accept(tx: Tx, account: AccountRow, opened: OpenedMessage<CardStatus>): Promise<void> {
    const status = opened.fields;
    const sequence = fullSequence(account.sequence, BigInt(status.updateSequence)) ?? 0n;
    if (sequence > account.acknowledged) account.acknowledged = sequence;
    const [counter, total] = [BigInt(status.counter), status.authorizedTotal];
    const at = BigInt(this.#ports.clock());
    const gap = openedGap(account, counter, total, at);
    const parts = gap ? [gap] : await this.#split(tx, account, counter, total);
    if (parts.length === 0) return;
    const message = blob(opened.clear);
    await tx.insertInto("statuses").values({ card: account.card, counter, total, at, message }).execute();
    await tx
      .insertInto("gaps")
      .values(parts.map((part) => ({ ...part, card: account.card })))
      .execute();
    if (!gap) return;
    account.top_counter = counter;
    account.top_total = total;
  }

  /**
   * Takes away the open gap that an older status lies in. Its total is a known point from then on, which late tokens
   * on either side must fit (specs/03 §9).
   * @returns the two gaps that come in its place; none when the status lies in none
   */
  async #split(tx: Tx, account: AccountRow, counter: bigint, total: bigint): Promise<Gap[]> {
    const gap = await tx
      .deleteFrom("gaps")
      .where("card", "=", account.card)
      .where("first", "<=", counter)
      .where("last", ">", counter)
      .where("voided_at", "is", null)
      .returningAll()
      .executeTakeFirst();
    if (!gap) return [];
    const below = total - gap.total_before;
    return [
      { ...gap, last: counter, amount: below },
      { ...gap, first: counter + 1n, total_before: total, amount: gap.amount - below },
    ];
  }
}

/** The counters around a point, whose totals are known: those skipped, or those above the highest seen. */
interface KnownSpan {
  readonly first: bigint;
  /** The card's total before `first`. */
  readonly before: bigint;
  /** Absent above the highest seen. */
  readonly last: { readonly counter: bigint; readonly total: bigint } | undefined;
}

async function knownSpan(tx: Tx, account: AccountRow, counter: bigint): Promise<KnownSpan> {
  if (counter >= account.top_counter)
    return { first: account.top_counter + 1n, before: account.top_total, last: undefined };
  const gap = await tx
    .selectFrom("gaps")
    .selectAll()
    .where("card", "=", account.card)
    .where("first", "<=", counter)
    .where("last", ">=", counter)
    .executeTakeFirst();
  if (gap)
    return {
      first: gap.first,
      before: gap.total_before,
      last: { counter: gap.last, total: gap.total_before + gap.amount },
    };
  if (counter === 0n) return { first: 1n, before: 0n, last: undefined };
  const { total_after: total } = await tx
    .selectFrom("authorizations")
    .select("total_after")
    .where("card", "=", account.card)
    .where("counter", "=", counter)
    .executeTakeFirstOrThrow();
  return { first: counter + 1n, before: total, last: undefined };
}
