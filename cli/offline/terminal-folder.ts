import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import {
  bytesToHex,
  FileError,
  hexToBytes,
  ParseError,
  readBoundedFile,
  readTextFile,
  secp256k1,
  systemReason,
  writeDurableFile,
} from "../../common/index.js";
import { type DeputyProfile, readDeputyProfile } from "../../lightning/dpp/index.js";
import type { Network } from "../../lightning/network.js";
import { fingerprint } from "../../offline/fingerprint.js";
import { type AcceptancePack, MAX_PACK_LENGTH } from "../../offline/pack.js";
import { PackError } from "../../offline/pack-error.js";
import { checkPack, openPack, openPackFile } from "../../offline/pack-file.js";
import { InputError } from "../error-report.js";

const KEY = /^[0-9a-f]{64}\n?$/;
/** Longest profile file that is read; the profile itself has a lower bound. */
const MAX_PROFILE_BYTES = 1 << 20;

const keyPath = (folder: string): string => join(folder, "terminal-key.hex");
const packsPath = (folder: string): string => join(folder, "packs");
const profilePath = (folder: string): string => join(folder, "deputy-profile.json");

/** Whether a folder is a terminal's without a node of its own. */
export const hasDeputyProfile = (folder: string): boolean => existsSync(profilePath(folder));

/**
 * Makes the terminal's key, unless there is one.
 * @returns its public key, 33 bytes
 * @throws InputError, ParseError, FileError
 */
export function makeTerminalKey(folder: string): { readonly publicKey: Uint8Array; readonly isNew: boolean } {
  const there = readTerminalKey(folder);
  if (there) return { publicKey: secp256k1.publicKey(there), isNew: false };
  let key = randomBytes(32);
  while (!secp256k1.isSecretKey(key)) key = randomBytes(32);
  writeDurableFile(keyPath(folder), `${bytesToHex(key)}\n`);
  return { publicKey: secp256k1.publicKey(key), isNew: true };
}

/** The terminal's secret key, 32 bytes; undefined where there is none. @throws InputError, ParseError, FileError */
export function readTerminalKey(folder: string): Uint8Array | undefined {
  const path = keyPath(folder);
  if (!existsSync(path)) return undefined;
  expectPrivate(path);
  const text = readTextFile(path, 128);
  if (!KEY.test(text)) throw new ParseError(path, "need a key of 64 hex digits", { hint: lostHint(folder) });
  return hexToBytes(text.trim());
}

/** @throws InputError where others than the owner may read a file that holds a key */
function expectPrivate(path: string): void {
  try {
    if (process.platform === "win32" || (statSync(path).mode & 0o077) === 0) return;
  } catch (cause) {
    throw new InputError(`${path}: cannot be read (${systemReason(cause)})`, { cause });
  }
  throw new InputError(`${path}: others than you may read this file, which holds a key`, {
    hint: `Run: chmod 600 ${path}`,
  });
}

const lostHint = (folder: string): string =>
  `Without this key the packs cannot be opened, so nothing more is accepted offline. What was accepted is not lost: forward it, or write a bundle. Make a new key (chequecard terminal pack key --node ${folder}) and ask the issuer for a new pack.`;

/** The deputy profile that lies in a terminal's folder. @throws InputError, ParseError */
export function readProfile(folder: string): DeputyProfile | undefined {
  const path = profilePath(folder);
  if (!existsSync(path)) return undefined;
  expectPrivate(path);
  try {
    return readDeputyProfile(readTextFile(path, MAX_PROFILE_BYTES));
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new InputError(cause.message, { cause });
  }
}

/** The packs of a folder, as they are now; a file that did not change is read once. */
export class PackShelf {
  readonly #folder: string;
  readonly #key: Uint8Array;
  readonly #read = new Map<string, { readonly stamp: string; readonly pack: AcceptancePack }>();

  constructor(folder: string, key: Uint8Array) {
    this.#folder = packsPath(folder);
    this.#key = key;
  }

  /** @throws PackError, FileError */
  packs(): readonly AcceptancePack[] {
    if (!existsSync(this.#folder)) return [];
    return readdirSync(this.#folder)
      .filter((name) => /^[0-9a-f]{66}\.pack$/.test(name))
      .sort()
      .map((name) => this.#open(join(this.#folder, name)));
  }

  /** The pack of an issuer, by its key. */
  of(issuer: Uint8Array): AcceptancePack | undefined {
    const path = join(this.#folder, `${bytesToHex(issuer)}.pack`);
    return existsSync(path) ? this.#open(path) : undefined;
  }

  #open(path: string): AcceptancePack {
    const { mtimeNs, size } = statSync(path, { bigint: true });
    const stamp = `${mtimeNs}/${size}`;
    const known = this.#read.get(path);
    if (known?.stamp === stamp) return known.pack;
    const pack = openPackFile(path, this.#key);
    this.#read.set(path, { stamp, pack });
    return pack;
  }
}

/** @throws InputError where the key is not there, saying what remains possible */
export function expectTerminalKey(folder: string): Uint8Array {
  const key = readTerminalKey(folder);
  if (key) return key;
  const hadPacks = existsSync(packsPath(folder)) && readdirSync(packsPath(folder)).length > 0;
  throw new InputError(
    hadPacks ? `${folder}: the terminal's key is lost` : `${folder}: this terminal has no key yet`,
    {
      hint: hadPacks
        ? lostHint(folder)
        : `Make one, and send it to the issuer: chequecard terminal pack key --node ${folder}`,
    },
  );
}

export interface PackOrder {
  readonly folder: string;
  readonly network: Network;
  /** Unix seconds. */
  readonly now: number;
  /** Whether this issuer is the one that is meant; asked for the first pack of an issuer. */
  readonly trust: (pack: AcceptancePack) => Promise<boolean>;
}

/**
 * Installs a pack: durable, or nothing is changed.
 * @throws PackError, InputError, FileError
 */
export async function installPack(file: string, order: PackOrder): Promise<AcceptancePack> {
  const { folder, network, now } = order;
  const key = expectTerminalKey(folder);
  const bytes = readPackBytes(file);
  const pack = openPack(bytes, key);
  const before = new PackShelf(folder, key).of(pack.issuer);
  checkPack(pack, { issuer: pack.issuer, network, installed: before?.sequence, now });
  if (!before && !(await order.trust(pack)))
    throw new InputError(
      `the issuer ${fingerprint(pack.issuer)} is not the one that is meant; nothing was installed`,
    );
  mkdirSync(packsPath(folder), { recursive: true, mode: 0o700 });
  writeDurableFile(join(packsPath(folder), `${bytesToHex(pack.issuer)}.pack`), bytes);
  return pack;
}

function readPackBytes(file: string): Uint8Array {
  try {
    return readBoundedFile(file, MAX_PACK_LENGTH);
  } catch (cause) {
    if (!(cause instanceof FileError) || cause.cause !== undefined) throw cause;
    throw new PackError("not-a-pack", `This is not an acceptance pack: ${cause.message}.`, { cause });
  }
}
