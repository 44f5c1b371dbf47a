import { randomBytes } from "node:crypto";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import {
  FileError,
  hexToBytes,
  ParseError,
  readTextFile,
  systemReason,
  writeDurableFile,
} from "../../common/index.js";
import {
  type DeputyKeys,
  deputyKeys,
  deriveDeputyKey,
  deriveTerminalKey,
} from "../../lightning/dpp/index.js";
import type { DeputyTerminal } from "../../lightning/nodes/ldk/index.js";
import { InputError } from "../error-report.js";

/** Terminals that one merchant can have had; revoked ones count, for a key id is never used twice. */
const MAX_TERMINALS = 1000;
/** Of the file, in bytes: more than 1,000 terminals take. */
const MAX_LENGTH = 1 << 20;

const hex = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`), `need ${bytes} bytes in hex`);
/** What people call a terminal. */
export const terminalName = z
  .string()
  .regex(/^[^\p{C}]{1,64}$/u, "need 1 to 64 printable characters")
  .refine((name) => name.trim() === name, "need a name without spaces around it");

const FILE = z.strictObject({
  format: z.literal("chequecard/deputy-terminals"),
  version: z.literal(1),
  master: hex(32),
  terminals: z
    .array(
      z.strictObject({
        keyId: hex(4),
        name: terminalName,
        /** Unix seconds. */
        addedAt: z.int().nonnegative(),
        revokedAt: z.int().nonnegative().optional(),
      }),
    )
    .max(MAX_TERMINALS),
});
type Content = z.output<typeof FILE>;

/** An offline terminal of a merchant, as it is listed. */
export interface ListedTerminal {
  /** 8 hex digits. */
  readonly keyId: string;
  readonly name: string;
  /** Unix seconds. */
  readonly addedAt: number;
  readonly revokedAt: number | undefined;
}

/**
 * The offline terminals of a merchant's node (specs/07 §6.1): one master key and the list of key ids, in
 * `deputy.json` (mode 600) in the node's folder. Only the process that runs the node changes it.
 */
export class DeputyTerminals {
  readonly #path: string;
  readonly #now: () => number;
  #content: Content | undefined;
  #active: DeputyKeys = deputyKeys(new Uint8Array(32), []);

  /**
   * Reads the terminals of a node; without a file there are none.
   * @param now Unix seconds; default the system's clock
   * @throws InputError, ParseError naming the field
   */
  constructor(folder: string, now: () => number = () => Math.floor(Date.now() / 1000)) {
    this.#path = join(folder, "deputy.json");
    this.#now = now;
    if (existsSync(this.#path)) this.#use(read(this.#path));
  }

  /** Keys of the terminals that are not revoked, always as they are now. */
  readonly keys: DeputyKeys = { terminalKey: (keyId) => this.#active.terminalKey(keyId) };

  /**
   * Secret key of the deputy whom all terminals sell for, 32 bytes; the master key is made where there is none yet.
   * @throws FileError
   */
  deputyKey(): Uint8Array {
    if (!this.#content) this.#save(newMaster(), []);
    return deriveDeputyKey(hexToBytes(this.#content?.master ?? newMaster()));
  }

  list(): ListedTerminal[] {
    return (this.#content?.terminals ?? []).map(({ keyId, name, addedAt, revokedAt }) => ({
      keyId,
      name,
      addedAt,
      revokedAt,
    }));
  }

  /**
   * Adds a terminal with a new key id; it is durable when this returns.
   * @throws InputError when there is one of this name, or there are too many; FileError
   */
  add(name: string): DeputyTerminal {
    const terminals = this.#content?.terminals ?? [];
    if (terminals.some((terminal) => terminal.name === name && terminal.revokedAt === undefined))
      throw new InputError(`there is a terminal "${name}" already`, {
        hint: "Choose another name, or revoke that terminal first.",
      });
    if (terminals.length >= MAX_TERMINALS)
      throw new InputError(
        `${MAX_TERMINALS} terminals have been made for this node; there is no room for more`,
      );
    const used = new Set(terminals.map(({ keyId }) => keyId));
    let keyId: string;
    do keyId = randomBytes(4).toString("hex");
    while (used.has(keyId));
    const master = this.#content?.master ?? newMaster();
    this.#save(master, [...terminals, { keyId, name, addedAt: this.#now() }]);
    const id = hexToBytes(keyId);
    return { name, keyId: id, terminalKey: deriveTerminalKey(hexToBytes(master), id) };
  }

  /**
   * Revokes a terminal by its key id or its name: what it sells from now on cannot be paid. Revoking twice does
   * nothing.
   * @throws InputError when there is no such terminal; FileError
   */
  revoke(which: string): ListedTerminal {
    const terminals = this.#content?.terminals ?? [];
    const found =
      terminals.find(({ keyId }) => keyId === which.toLowerCase()) ??
      terminals.find(({ name, revokedAt }) => name === which && revokedAt === undefined) ??
      terminals.find(({ name }) => name === which);
    if (!found || !this.#content)
      throw new InputError(`there is no terminal "${which.slice(0, 64)}"`, {
        hint: "See the names and key ids: chequecard deputy list --node FOLDER",
      });
    const revoked = { ...found, revokedAt: found.revokedAt ?? this.#now() };
    if (found.revokedAt === undefined)
      this.#save(
        this.#content.master,
        terminals.map((terminal) => (terminal === found ? revoked : terminal)),
      );
    return revoked;
  }

  #save(master: string, terminals: Content["terminals"]): void {
    const content: Content = { format: "chequecard/deputy-terminals", version: 1, master, terminals };
    writeDurableFile(this.#path, `${JSON.stringify(content, null, 2)}\n`);
    this.#use(content);
  }

  #use(content: Content): void {
    const active = content.terminals.filter(({ revokedAt }) => revokedAt === undefined);
    this.#active = deputyKeys(
      hexToBytes(content.master),
      active.map(({ keyId }) => hexToBytes(keyId)),
    );
    this.#content = content;
  }
}

const newMaster = (): string => randomBytes(32).toString("hex");

function read(path: string): Content {
  let text: string;
  try {
    if (process.platform !== "win32" && (statSync(path).mode & 0o077) !== 0)
      throw new InputError(`${path}: others than you may read this file, which holds a key`, {
        hint: `Run: chmod 600 ${path}`,
      });
    text = readTextFile(path, MAX_LENGTH);
  } catch (cause) {
    if (cause instanceof InputError || cause instanceof ParseError) throw cause;
    if (cause instanceof FileError) throw new InputError(cause.message, { cause });
    throw new InputError(`${path}: cannot be read (${systemReason(cause)})`, { cause });
  }
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    // The cause would repeat a piece of the text.
    throw new ParseError(path, "not JSON");
  }
  const parsed = FILE.safeParse(content);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ParseError(
    `${path}/${issue?.path.join("/") ?? ""}`,
    issue?.code === "custom" ? issue.message : "damaged",
  );
}
