import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import {
  acquireProcessLock,
  ChequecardError,
  FileError,
  isHeld,
  type LockHolder,
  ParseError,
  type ProcessLock,
  readTextFile,
  removeTemporaries,
  syncFolder,
  systemReason,
  ValueError,
  writeDurableFile,
} from "../../common/index.js";
import {
  checkReference,
  type Order,
  type OrderDone,
  placeOrder,
  requestOf,
} from "../../issuer/ledger/index.js";
import { type Store, StoreError } from "../../issuer/store/index.js";
import { cardKey } from "../../issuer/store/values.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import { cardText, timeText } from "./card-choice.js";

/** `--reference TEXT`. */
export interface ReferenceOption {
  readonly reference?: string;
}

/** Adds the option of {@link ReferenceOption} to a command that books money. */
export const referenceOption = (command: Command): Command =>
  command.option(
    "--reference <text>",
    "names this order in the ledger: under one reference it is booked once, however often it is run; default: made for each order",
  );

/** An order that is done. */
export interface PlacedOrder extends OrderDone {
  readonly reference: string;
  /** In words, where an earlier run had booked it. */
  readonly repeatText: string | undefined;
  /** Forgets the order in the folder: to be called once the user has seen that it is done. */
  readonly told: () => void;
}

/** An order that was begun by a run whose end its user may not know. */
export interface UnfinishedOrder {
  readonly reference: string;
  /** Unix milliseconds. */
  readonly since: number;
}

const MAX_FILE_LENGTH = 4096;

/** The file that keeps an order until its user has seen that it is done: one for each request. */
function orderFile(folder: string, request: string): string {
  const name = createHash("sha256").update(request).digest("hex").slice(0, 32);
  return join(folder, "orders", `${name}.json`);
}

/** The same order, where an earlier run of it did not end well. @throws FileError, ParseError */
export function unfinishedOrder(folder: string, order: Order): UnfinishedOrder | undefined {
  const path = orderFile(folder, requestOf(order));
  if (!existsSync(path)) return undefined;
  const text = readTextFile(path, MAX_FILE_LENGTH);
  try {
    const { reference, since } = JSON.parse(text);
    if (typeof since === "number") return { reference: checkReference(reference, path), since };
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError || cause instanceof ValueError))
      throw cause;
  }
  throw new ParseError(path, "need an unfinished order, have something else", {
    hint: "Look with cards show whether it was booked, then delete the file.",
  });
}

const newReference = (now: number): string =>
  `${new Date(now).toISOString().slice(0, 10).replaceAll("-", "")}-${randomBytes(6).toString("hex")}`;

/**
 * Books an order of the command line once. Its reference is on the disk before the order is sent: a run whose answer
 * was lost, or that was killed, is finished by running the same command again, which books nothing twice.
 * @param given by `--reference`
 * @throws InputError; LedgerError; StoreError that says so where the order may be booked
 */
export async function bookOrder(
  store: Store,
  folder: string,
  order: Order,
  given: string | undefined,
): Promise<PlacedOrder> {
  if (given !== undefined) checkReference(given, "--reference");
  const request = requestOf(order);
  const path = orderFile(folder, request);
  const lock = lockOrder(folder, path);
  try {
    const before = unfinishedOrder(folder, order);
    if (before && given !== undefined && before.reference !== given)
      throw new InputError(
        `--reference: the same order is unfinished since ${timeText(before.since)}, under reference ${before.reference}; nothing was booked`,
        { hint: "Finish it first: run this without --reference, or with that one." },
      );
    const now = Date.now();
    const reference = before?.reference ?? given ?? newReference(now);
    if (!before) {
      removeTemporaries(path);
      writeDurableFile(path, `${JSON.stringify({ reference, request, since: now })}\n`);
    }
    const told = (): void => forget(folder, path);
    const place = () =>
      placeOrder(store, reference, order, now).catch((error: unknown) => {
        if (isCertain(error)) told();
        throw mayBeBooked(
          error,
          `The order may be booked (reference ${reference}).`,
          "it books nothing twice, and says whether this one was booked.",
        );
      });
    const card = cardText(cardKey(order.cardId));
    const entry = { action: order.kind, card, asked: askedOf(order), reference };
    const done = await audited(folder, entry, place, ({ amount, repeated }) => ({
      card,
      told: { amount, repeated },
    }));
    const repeatText = done.repeated
      ? `It was booked on ${timeText(done.at)} already, by an earlier run of this order (reference ${reference}): nothing was booked now. If another one is meant, run the command again.`
      : undefined;
    return { ...done, reference, repeatText, told };
  } finally {
    lock.release();
  }
}

/** An order in the audit log. */
function askedOf(order: Order): object {
  switch (order.kind) {
    case "top-up":
      return { amount: order.amount, note: order.note };
    case "reverse":
      return { topUp: order.operation, note: order.note };
    case "replace":
      return { by: cardText(cardKey(order.replacement)) };
    case "move":
      return { to: cardText(cardKey(order.to)), amount: order.amount };
    case "cash-out":
      return { note: order.note };
  }
}

function lockOrder(folder: string, path: string): ProcessLock {
  let taken: ProcessLock | LockHolder;
  try {
    mkdirSync(join(folder, "orders"), { recursive: true, mode: 0o700 });
    taken = acquireProcessLock(`${path}.lock`);
  } catch (cause) {
    throw new InputError(
      `${join(folder, "orders")}: cannot be written (${systemReason(cause)}); nothing was booked`,
      {
        cause,
      },
    );
  }
  if (isHeld(taken))
    throw new InputError(
      `${taken.name} books the same order at this moment; nothing was booked by this one`,
      {
        hint: taken.hint ?? "See its result first.",
      },
    );
  return taken;
}

function forget(folder: string, path: string): void {
  try {
    rmSync(path, { force: true });
    syncFolder(join(folder, "orders"));
  } catch (cause) {
    throw new FileError(path, `cannot be removed (${systemReason(cause)})`, { cause });
  }
}

/** Whether nothing was booked for certain. */
const isCertain = (error: unknown): boolean =>
  error instanceof StoreError ? !UNCERTAIN.has(error.code) : error instanceof ChequecardError;

const UNCERTAIN: ReadonlySet<StoreError["code"]> = new Set(["unavailable", "io", "closed", "internal"]);

/**
 * The failure of a booking, with what its user has to know where it may be booked nevertheless.
 * @param what a sentence; @param hint what running the same command again does
 */
export function mayBeBooked(error: unknown, what: string, hint: string): unknown {
  if (isCertain(error) || !(error instanceof StoreError)) return error;
  return new StoreError(error.code, `${error.message}. ${what}`, {
    cause: error,
    hint: `Run the same command again as soon as the ledger can be reached: ${hint}${error.hint ? ` ${error.hint}` : ""}`,
  });
}
