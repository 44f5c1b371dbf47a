import { AsyncLocalStorage } from "node:async_hooks";
import { userInfo } from "node:os";
import { join } from "node:path";
import { ChequecardError, CodedError, type Failure } from "../../common/errors.js";
import { SqliteFile, type SqliteForm } from "../../common/sqlite-file.js";
import { toJson } from "../output.js";

type AuditErrorCode = "locked" | "newer-version" | "damaged" | "io";

/** The audit log cannot be written, so that nothing was done. */
class AuditError extends CodedError<AuditErrorCode> {
  override get failure(): Failure {
    return "service";
  }
}

const SCHEMA = `
create table entry (
  number integer primary key autoincrement,
  at integer not null,
  who text not null,
  key text,
  action text not null,
  card text,
  asked text not null,
  reference text
) strict;
create index entry_card on entry (card, number) where card is not null;
create table result (
  entry integer primary key references entry (number),
  at integer not null,
  outcome text not null check (outcome in ('done', 'refused', 'unknown')),
  card text,
  told text not null
) strict;
create index result_card on result (card, entry) where card is not null;
create trigger entry_stays before update on entry begin select raise(abort, 'entries are never changed'); end;
create trigger entry_is_kept before delete on entry begin select raise(abort, 'entries are never deleted'); end;
create trigger result_stays before update on result begin select raise(abort, 'results are never changed'); end;
create trigger result_is_kept before delete on result begin select raise(abort, 'results are never deleted'); end;
`;

const FORM: SqliteForm = {
  name: "an audit log",
  applicationId: 0x63687175, // "chqu"
  migrations: [SCHEMA],
  // Commands write beside the service.
  shared: true,
  waitMs: 5000,
  hints: {
    damaged: "Move it away and keep it: a new one is begun then.",
    foreign: "Move that file away; the audit log has this name.",
    "newer-version": "Use the newer version of this software that wrote it.",
  },
  error(problem, message, options) {
    if (problem === "locked" || problem === "damaged" || problem === "newer-version")
      return new AuditError(problem, message, options);
    return new AuditError(problem === "foreign" ? "damaged" : "io", message, options);
  },
};

/** Who acts: somebody with a key of the API, or the operator of a command by the name that the system has. */
export interface Actor {
  readonly who: string;
  /** Id of the API key; undefined: a command. */
  readonly key: string | undefined;
}

/** What somebody is about to do. Nothing of it may be a secret. */
export interface AuditEntry {
  /** Such as `top-up`. */
  readonly action: string;
  /** As it was named. */
  readonly card?: string | undefined;
  readonly asked?: object;
  /** Of an order in the ledger. */
  readonly reference?: string | undefined;
}

/** How it went. */
export interface AuditResult {
  /** `unknown`: it may have been done. */
  readonly outcome: "done" | "refused" | "unknown";
  /** The id of the card. */
  readonly card?: string | undefined;
  readonly told: object;
}

/** A line of the log. */
export interface AuditLine {
  readonly number: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly who: string;
  readonly key: string | undefined;
  readonly action: string;
  readonly card: string | undefined;
  readonly asked: unknown;
  readonly reference: string | undefined;
  /** `unfinished`: it still runs, or its process was ended in it. */
  readonly outcome: AuditResult["outcome"] | "unfinished";
  readonly endedAt: number | undefined;
  readonly told: unknown;
}

/** Which lines, the newest first; all that is given must hold. */
export interface AuditQuestion {
  /** Of numbers below this one. */
  readonly before?: number | undefined;
  /** A card's id. */
  readonly card?: string | undefined;
  readonly limit: number;
}

interface Row {
  readonly number: number;
  readonly at: number;
  readonly who: string;
  readonly key: string | null;
  readonly action: string;
  readonly card: string | null;
  readonly asked: string;
  readonly reference: string | null;
  readonly outcome: AuditResult["outcome"] | null;
  readonly ended_at: number | null;
  readonly told: string | null;
}

const LINES = `select number, entry.at, who, key, action, coalesce(result.card, entry.card) as card, asked, reference,
  outcome, result.at as ended_at, told from entry left join result on result.entry = number`;

const lineOf = (row: Row): AuditLine => ({
  number: row.number,
  at: row.at,
  who: row.who,
  key: row.key ?? undefined,
  action: row.action,
  card: row.card ?? undefined,
  asked: JSON.parse(row.asked),
  reference: row.reference ?? undefined,
  outcome: row.outcome ?? "unfinished",
  endedAt: row.ended_at ?? undefined,
  told: row.told === null ? undefined : JSON.parse(row.told),
});

/**
 * Who did what at an issuer, and how it went: written before it is done and after it. Lines are never changed or
 * deleted, and each is on disk when the call returns.
 */
export class AuditLog {
  readonly #file: SqliteFile;

  /** @param folder the issuer's @throws AuditError */
  constructor(folder: string) {
    this.#file = new SqliteFile(join(folder, "audit.db"), FORM);
  }

  /** @returns the number of the line, for {@link end} */
  begin({ who, key }: Actor, { action, card, asked = {}, reference }: AuditEntry): number {
    const { lastInsertRowid } = this.#file.run(
      "insert into entry (at, who, key, action, card, asked, reference) values (?, ?, ?, ?, ?, ?, ?)",
      [Date.now(), who, key ?? null, action, card ?? null, toJson(asked), reference ?? null],
    );
    return Number(lastInsertRowid);
  }

  end(number: number, { outcome, card, told }: AuditResult): void {
    this.#file.run("insert into result (entry, at, outcome, card, told) values (?, ?, ?, ?, ?)", [
      number,
      Date.now(),
      outcome,
      card ?? null,
      toJson(told),
    ]);
  }

  list({ before, card, limit }: AuditQuestion): AuditLine[] {
    const below = before ?? Number.MAX_SAFE_INTEGER;
    if (card === undefined)
      return this.#file.all(`${LINES} where number < ? order by number desc limit ?`, [below, limit], lineOf);
    return this.#file.all(
      `${LINES} where number < ? and (entry.card = ? or result.card = ?) order by number desc limit ?`,
      [below, card, card, limit],
      lineOf,
    );
  }

  close(): void {
    this.#file.close();
  }

  /**
   * Does something between its entry and its result. Where the entry cannot be written it is not done.
   * @param tell what the result has of what was done
   * @throws AuditError; what `work` throws, which the result names by its code
   */
  async around<T>(
    actor: Actor,
    entry: AuditEntry,
    work: () => Promise<T> | T,
    tell: (done: T) => Omit<AuditResult, "outcome">,
  ): Promise<T> {
    const number = this.begin(actor, entry);
    let done: T;
    try {
      done = await acting.run(actor, async () => await work());
    } catch (error) {
      this.end(number, failedResult(error));
      throw error;
    }
    this.end(number, { outcome: "done", ...tell(done) });
    return done;
  }
}

/** Whether nothing was done for certain, and why not. */
function failedResult(error: unknown): AuditResult {
  if (!(error instanceof ChequecardError)) return { outcome: "unknown", told: { code: "internal" } };
  const isCertain = error.failure === "input" || error.failure === "card";
  return { outcome: isCertain ? "refused" : "unknown", told: { code: error.code, why: error.message } };
}

const acting = new AsyncLocalStorage<Actor>();

/** The operator of a command, by the name that the system has for the account. */
function operator(): Actor {
  try {
    return { who: userInfo().username, key: undefined };
  } catch {
    // The account has no name.
    return { who: `user ${process.getuid?.() ?? "?"}`, key: undefined };
  }
}

/**
 * {@link AuditLog.around} for a command, or for what somebody does through the API.
 * @param folder the issuer's; undefined: what is changed is no issuer's, and no line is written
 */
export async function audited<T>(
  folder: string | undefined,
  entry: AuditEntry,
  work: () => Promise<T> | T,
  tell: (done: T) => Omit<AuditResult, "outcome"> = () => ({ told: {} }),
): Promise<T> {
  if (folder === undefined) return await work();
  const log = new AuditLog(folder);
  try {
    return await log.around(acting.getStore() ?? operator(), entry, work, tell);
  } finally {
    log.close();
  }
}
