import { createHash, randomBytes } from "node:crypto";
import { equalBytes } from "../common/bytes.js";
import { CodedError } from "../common/errors.js";
import type { SqliteFile } from "../common/sqlite-file.js";
import type { Role } from "./roles.js";

/** A key as it is listed: of the key itself only a hash is kept. */
export interface ListedKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  /** Unix seconds. */
  readonly createdAt: number;
  /** Unix seconds. */
  readonly revokedAt: number | undefined;
}

/** A key that was just made: the only time that all of it is seen. */
export interface NewKey extends ListedKey {
  readonly key: string;
}

type KeyErrorCode = "not-found" | "bad-pairing" | "other-rights";

/** A key or a code for pairing that there is not. */
class ApiKeyError extends CodedError<KeyErrorCode> {}

/** A key: its id, by which it is found, and 32 random bytes. */
const FORM = /^cqk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;
const PAIRING_FORM = /^[A-Za-z0-9_-]{22}$/;
/** Codes for pairing hold so long, in seconds. */
export const PAIRING_SECONDS = 300;

const NO_HASH = new Uint8Array(32);
// Keys are random: there is nothing to guess, so that a slow hash would protect nothing.
const hashOf = (text: string): Uint8Array => createHash("sha256").update(text).digest();

interface Row {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly hash: Uint8Array;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

const listed = ({ id, name, role, created_at, revoked_at }: Row): ListedKey => ({
  id,
  name,
  role,
  createdAt: created_at,
  revokedAt: revoked_at ?? undefined,
});

/** The keys of one API. Every change is durable when it returns, and holds for the server at once. */
export class ApiKeys {
  readonly #file: SqliteFile;
  readonly #now: () => number;

  /** @param now Unix milliseconds */
  constructor(file: SqliteFile, now: () => number = Date.now) {
    this.#file = file;
    this.#now = now;
  }

  /** Makes a key; it is not kept and cannot be shown again. */
  add(name: string, role: Role): NewKey {
    const id = randomBytes(6).toString("hex");
    const key = `cqk_${id}_${randomBytes(32).toString("base64url")}`;
    const createdAt = this.#seconds();
    this.#file.run("insert into key (id, name, role, hash, created_at) values (?, ?, ?, ?, ?)", [
      id,
      name,
      role,
      hashOf(key),
      createdAt,
    ]);
    return { id, name, role, createdAt, revokedAt: undefined, key };
  }

  /** All of them, the revoked ones too, oldest first. */
  list(): ListedKey[] {
    return this.#file.all("select * from key order by created_at, id", [], listed);
  }

  /** Ends a key at once. A second call changes nothing. @throws ApiKeyError `not-found` */
  revoke(id: string): ListedKey {
    this.#file.run("update key set revoked_at = ? where id = ? and revoked_at is null", [
      this.#seconds(),
      id,
    ]);
    const [key] = this.#file.all("select * from key where id = ?", [id], listed);
    if (!key) throw new ApiKeyError("not-found", `key ${id.slice(0, 40)}: there is none of that id`);
    return key;
  }

  /** Whose key this is; undefined for one that is wrong or revoked. Takes the same time for every wrong one. */
  find(key: string): ListedKey | undefined {
    const [, id = ""] = FORM.exec(key) ?? [];
    const [row] = this.#file.all("select * from key where id = ?", [id], (found: Row) => found);
    const isRight = equalBytes(hashOf(key), Uint8Array.from(row?.hash ?? NO_HASH));
    return row && isRight && row.revoked_at === null ? listed(row) : undefined;
  }

  /** Whether a key still holds. */
  holds(id: string): boolean {
    return (
      this.#file.all("select 1 from key where id = ? and revoked_at is null", [id], () => true).length > 0
    );
  }

  /** Makes a code by which one device gets a key of its own, within five minutes, once. */
  invite(role: Role): string {
    const code = randomBytes(16).toString("base64url");
    this.#file.run("delete from pairing where expires_at <= ?", [this.#seconds()]);
    this.#file.run("insert into pairing (hash, role, expires_at) values (?, ?, ?)", [
      hashOf(code),
      role,
      this.#seconds() + PAIRING_SECONDS,
    ]);
    return code;
  }

  /**
   * Makes the key of a device that shows such a code.
   * @param replaces the key that the device has: it stays where it is for the same role, else the new one replaces it
   * @param isMeant whether a key with other rights may replace it: a link on any site may carry a code
   * @throws ApiKeyError `bad-pairing`; `other-rights`, and the code stays good
   */
  pair(code: string, name: string, replaces?: string, isMeant = false): NewKey {
    const hash = hashOf(code);
    return this.#file.transaction(() => {
      const [role] = this.#file.all(
        "select role from pairing where hash = ? and expires_at > ?",
        [hash, this.#seconds()],
        (row: { role: Role }) => row.role,
      );
      if (!PAIRING_FORM.test(code) || role === undefined)
        throw new ApiKeyError("bad-pairing", "code: not a code for pairing, or used or expired", {
          hint: "Show a new one on the till: chequecard terminal key pair",
        });
      const old = replaces === undefined ? undefined : this.find(replaces);
      if (old && old.role !== role && !isMeant)
        throw new ApiKeyError("other-rights", "code: it gives this device other rights than its key has", {
          hint: "If that is meant, send it again as confirmed: the key that the device has ends.",
        });
      this.#file.run("delete from pairing where hash = ?", [hash]);
      if (replaces !== undefined && old?.role === role) return { ...old, key: replaces };
      if (old) this.revoke(old.id);
      return this.add(name, role);
    });
  }

  #seconds(): number {
    return Math.floor(this.#now() / 1000);
  }
}
