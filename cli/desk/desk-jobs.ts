import { join } from "node:path";
import { beginClosing, closingPayouts, endClosing } from "../../issuer/ledger/index.js";
import type { CardDesk } from "../../issuer/service/index.js";
import type { Store } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { cardText } from "../issuer/card-choice.js";
import { activeCards, blockCards, dueCards, payOutCards } from "../issuer/close-steps.js";
import { renewAtDesk } from "../issuer/new-pin.js";
import { makeRenewalFolder, renewalFolder } from "../issuer/renewals.js";
import { openLettersBy, readProfile } from "../personalization-setup.js";
import { printLettersCommand } from "../shell-word.js";
import type { CardMaker } from "./batches.js";
import type { JobEnd, RunningJob } from "./jobs.js";

/** Blocks every card; beginning it again blocks the rest. */
export async function blockAll(store: Store, { signal, tell }: RunningJob): Promise<JobEnd> {
  const active = await activeCards(store);
  let done = 0;
  tell({ total: active.length });
  await blockCards(store, active, { signal, onCard: () => tell({ done: ++done }) });
  return { complete: true, result: { blocked: done } };
}

/** Books what every card has as paid out, once in a closing; beginning it again books the rest. */
export async function payOutAll(store: Store, note: string, { signal, tell }: RunningJob): Promise<JobEnd> {
  const active = await activeCards(store);
  if (active.length > 0)
    throw new InputError("cards may still pay: block all of them before they are paid out");
  const since = await beginClosing(store);
  const due = await dueCards(store);
  let done = 0;
  tell({ total: due.length });
  await payOutCards(store, { since, due, note }, { signal, onCard: () => tell({ done: ++done }) });
  await endClosing(store);
  const payouts = await closingPayouts(store.db, since, note);
  return {
    complete: true,
    result: { cards: payouts.length, amount: payouts.reduce((sum, { amount }) => sum + amount, 0n) },
  };
}

/** Makes the card that lies on the reader again, with a new PIN. @param meant 8 bytes */
export async function newPin(
  maker: CardMaker,
  desk: CardDesk,
  meant: Uint8Array,
  { signal }: RunningJob,
): Promise<JobEnd> {
  const { folder, store, keys, readers, letters } = maker;
  const profile = readProfile(join(folder, "profile.yaml"));
  if (profile.pinLength === undefined || !letters)
    throw new InputError(
      profile.pinLength === undefined
        ? "profile.yaml: pin: need random, have none: cards of this profile have no PIN"
        : "the service was started without PIN letters",
      { hint: "Start it with --pin-letters, or use the command: chequecard cards new-pin" },
    );
  makeRenewalFolder(folder);
  const pinLetters = await openLettersBy(join(renewalFolder(folder), "letters"), letters);
  try {
    const context = silent(signal);
    const reader = await readers.first(signal);
    const done = await renewAtDesk(
      context,
      { store, folder, keys, desk, reader, profile, pinLetters, meant },
      true,
    );
    done.moved.told();
    return {
      complete: true,
      result: {
        card: cardText(cardKey(done.card.cardId)),
        replaces: cardText(cardKey(done.old)),
        moved: done.moved.amount,
        delivered: done.presence !== undefined,
        ...(done.problem === undefined ? {} : { problem: done.problem }),
        letter: printLettersCommand(join(renewalFolder(folder), "letters"), done.journal),
      },
    };
  } finally {
    pinLetters.close();
  }
}

/** A command's context without a terminal. */
const silent = (signal: AbortSignal): CommandContext => ({
  signal,
  json: true,
  note: () => undefined,
  print: () => undefined,
  columns: undefined,
  trace: undefined,
  env: {},
});
