import { randomBytes } from "node:crypto";
import { LIFECYCLE } from "../../apdu/index.js";
import { ChequecardError, equalBytes, formatMsat, msat } from "../../common/index.js";
import { withCard } from "../../host/index.js";
import { blockCard, facesOf, LedgerError, showCard } from "../../issuer/ledger/index.js";
import { printPolicy } from "../../issuer/policy/index.js";
import { cardDetails } from "../../issuer/reports/index.js";
import type { Presence } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey, loadLimit } from "../../issuer/store/values.js";
import {
  type CardOrder,
  checkBatch,
  FACTORY_KEYS_KEPT,
  Journal,
  keySetOf,
  PersonalizationError,
  type PinLetters,
  type Profile,
  profileFingerprint,
  type RenewedCard,
  recogniseChip,
  renewCard,
} from "../../personalize/index.js";
import { ledgerRegistry } from "../card-registry.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { ledgerFaces } from "../face-registry.js";
import { agree } from "../prompt/confirm.js";
import { tracedReader } from "../traced-reader.js";
import { cardInQuestion } from "./agree.js";
import type { OpenDesk } from "./at-desk.js";
import { handOver } from "./hand-over.js";
import { bookOrder, type PlacedOrder } from "./orders.js";
import { type CardToRenew, findRenewal, moveOrder, moveReference, type RenewalFile } from "./renewals.js";

/** The desk, and what a card is made with again. */
export interface RenewalDesk extends OpenDesk {
  readonly profile: Profile;
  readonly pinLetters: PinLetters;
  /** The card that is meant, 8 bytes; undefined: whichever lies there. */
  readonly meant?: Uint8Array | undefined;
}

/** A card with a new id and a new PIN, and what moved to it. */
export interface CardWithNewPin extends RenewedCard {
  readonly moved: PlacedOrder;
  /** Of the renewal. */
  readonly journal: string;
  /** How the card stands; undefined where it was taken away before it had its money. */
  readonly presence: Presence | undefined;
  readonly problem: string | undefined;
}

/**
 * Resets the card on the reader and makes it again with a new PIN, a new id and its money (specs/04 §8.7), or goes on
 * with what an earlier run began.
 * @param yes whether it was agreed to beforehand
 * @throws InputError; PersonalizationError; TransportError; JournalError; StoreError; KeyError
 */
export async function renewAtDesk(
  context: CommandContext,
  desk: RenewalDesk,
  yes: boolean | undefined,
): Promise<CardWithNewPin> {
  const seen = await lookAt(context, desk);
  if (desk.meant && seen.cardId && !equalBytes(seen.cardId, desk.meant))
    throw new InputError("another card lies on the reader; nothing was changed");
  const file = await findRenewal(desk.store, desk.folder, seen);
  if (file.isBegun) context.note("A new PIN was begun for this card before: going on with it.");
  else await expectRenewable(context, desk.store, seen.cardId, yes);
  const { card, old } = await make(context, desk, seen, file);
  const order = moveOrder(old, card.cardId);
  const moved = await bookOrder(desk.store, desk.folder, order, moveReference(card.cardId));
  return { card, old, moved, journal: file.path, ...(await giveMoney(context, desk)) };
}

/** The update with the card's credit; one that is taken away gets it with its next tap, and the rest is done. */
async function giveMoney(
  context: CommandContext,
  { reader, desk }: RenewalDesk,
): Promise<Pick<CardWithNewPin, "presence" | "problem">> {
  const { signal, trace } = context;
  try {
    const { presence, problem } = await withCard(reader, (card) => handOver(desk, card, signal), {
      signal,
      trace,
    });
    return { presence, problem };
  } catch (error) {
    if (!(error instanceof ChequecardError)) throw error;
    return { presence: undefined, problem: signal.aborted ? "stopped by Ctrl-C" : error.message };
  }
}

/** Who lies there; what a personalized card shows of its counters is recorded before it forgets them. */
async function lookAt(context: CommandContext, { reader, desk }: RenewalDesk): Promise<CardToRenew> {
  const cardId = await withCard(
    reader,
    async (card) => {
      const { lifecycle, pinSet } = card.selected.profile;
      if (lifecycle === LIFECYCLE.BLANK) return undefined;
      if (!pinSet)
        throw new InputError("the card on the reader has no PIN, so none was forgotten; nothing was changed");
      return (await desk.identify(card)).card.cardId;
    },
    { signal: context.signal, trace: context.trace },
  );
  const connection = await tracedReader(context, reader).waitForCard(context.signal);
  try {
    return { ...(await recogniseChip(connection)), cardId };
  } finally {
    await connection.close();
  }
}

/** A card whose holder stands at the desk: in use, and meant. @throws InputError */
async function expectRenewable(
  context: CommandContext,
  store: Store,
  cardId: Uint8Array | undefined,
  yes: boolean | undefined,
): Promise<void> {
  if (!cardId) return;
  const { name, left } = await cardInQuestion(store, cardId);
  const { state } = await showCard(store.db, cardId);
  if (state !== "active")
    throw new InputError(`card ${name} is ${state}: need an active card; nothing was changed`, {
      hint: "See why with: chequecard cards show. Where it is right, first: chequecard cards unblock",
    });
  await agree(
    context,
    `Reset card ${name} and make it again with a new PIN? It gets a new id, and its ${formatMsat(left)}.`,
    yes,
  );
}

async function make(
  context: CommandContext,
  { store, keys, reader, profile, pinLetters }: RenewalDesk,
  { cardId }: CardToRenew,
  { path, isBegun }: RenewalFile,
): Promise<RenewedCard> {
  const keySet = keySetOf(profile, keys);
  const journal = isBegun
    ? Journal.open(path)
    : Journal.create(path, {
        batchId: Uint8Array.from(randomBytes(8)),
        profile: profile.name,
        fingerprint: profileFingerprint(profile, keySet),
        cards: [await orderOf(store, cardId)],
      });
  try {
    const old = journal.renewal?.old ?? cardId;
    if (!old) throw new RangeError("a renewal of no card");
    const registry = ledgerRegistry(store);
    const faces = ledgerFaces(store, keys);
    checkBatch({ profile, keys, journal, registry, faces, pinLetters });
    const connection = await tracedReader(context, reader).waitForCard(context.signal);
    try {
      const renewed = await renewCard(connection, {
        profile: await asItWas(store, old, profile),
        keys,
        keySet,
        journal,
        registry,
        faces,
        pinLetters,
        hold: (id) => hold(store, id),
      });
      if (renewed.card.keepsFactoryKeys) context.note(FACTORY_KEYS_KEPT);
      return renewed;
    } finally {
      await connection.close();
    }
  } finally {
    journal.close();
  }
}

/** The same number and holder; its money comes by {@link moveOrder}, never a second time by its making. */
async function orderOf(store: Store, cardId: Uint8Array | undefined): Promise<CardOrder> {
  const label = cardId ? (await showCard(store.db, cardId)).label : "";
  const [number = "", ...holder] = label.split(" ");
  return { number, holder: holder.join(" "), credit: msat(0n) };
}

/** The profile with the limits and the policy that the card has now: they may have been changed since it was made. */
async function asItWas(store: Store, cardId: Uint8Array, profile: Profile): Promise<Profile> {
  const { entry, limits } = await cardDetails(store, cardId, 0);
  if (!limits)
    throw new InputError("this is a Bolt Card, whose PIN the issuer keeps", {
      hint: "Give it a new one: chequecard cards bolt new-pin <card> --letters <file>",
    });
  const { boltCard, ...rest } = profile;
  const hadFace = (await facesOf(store.db, cardKey(cardId))).length > 0;
  return {
    ...rest,
    ...(boltCard && hadFace ? { boltCard } : {}),
    limits: {
      maxPerTransaction: loadLimit(limits.max_per_transaction),
      pinThreshold: loadLimit(limits.pin_threshold),
      noPinBudget: loadLimit(limits.no_pin_budget),
      maxTransactions: Number.parseInt(limits.max_transactions.toString(), 10),
    },
    policy: JSON.parse(printPolicy(entry.policyOf)),
  };
}

/** From now on the ledger alone has the money: the card's key is about to be gone. */
async function hold(store: Store, cardId: Uint8Array): Promise<void> {
  try {
    await blockCard(store, cardId, Date.now());
  } catch (cause) {
    if (!(cause instanceof LedgerError)) throw cause;
    throw new PersonalizationError("registry", cause.message, { cause });
  }
}
