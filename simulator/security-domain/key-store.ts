import type { StaticKeys } from "../../apdu/secure-channel/primitives.js";
import { SW } from "../../apdu/status-words.js";
import { concatBytes, requireLength, u8, ValueError } from "../../common/index.js";
import type { AppletContext } from "../runtime/applet.js";
import { IsoError } from "../runtime/errors.js";
import type { PersistentCell } from "../runtime/persistent-memory.js";

/** Three AES-128 keys with the version that names them on the card. */
export interface VersionedKeys extends StaticKeys {
  /** 1..127, or 255 for factory keys. */
  readonly version: number;
}

/** Key sets that a card has room for. */
const SLOTS = 3;
const SEQUENCE = 1 + 3 * 16;
/** Version u8 (00: empty), Key-ENC, Key-MAC, Key-DEK, sequence counter 3. */
const SLOT_LENGTH = SEQUENCE + 3;
const LAST_SEQUENCE = 0xffffff;
/** Version of the keys that a card leaves the factory with. */
const FACTORY = 255;

/** Failed authentications after which a card opens no channel any more. */
export const MAX_FAILURES = 10;

/** The static keys of the security domain, their sequence counters, and how often somebody failed to authenticate. */
export class CardKeyStore {
  readonly #slots: PersistentCell;
  readonly #failures: PersistentCell;
  readonly #keepsFactoryKeys: PersistentCell;

  /**
   * @param initial keys of a new card; absent: it has none, and no channel can be opened
   * @param keepsFactoryKeys a new card's factory keys stay when others are added
   */
  constructor(context: AppletContext, initial?: VersionedKeys, keepsFactoryKeys = false) {
    const slots = new Uint8Array(SLOTS * SLOT_LENGTH);
    if (initial) slots.set(slotOf(initial));
    this.#slots = context.persistent("keys", slots);
    this.#failures = context.persistent("failures", new Uint8Array(1));
    this.#keepsFactoryKeys = context.persistent("keeps-factory-keys", u8(Number(keepsFactoryKeys)));
  }

  /** Versions of the keys, in the order of their slots. */
  versions(): number[] {
    return Array.from({ length: SLOTS }, (_, slot) => this.#slots.u8(slot * SLOT_LENGTH)).filter(Boolean);
  }

  /** The keys of that version; 0: the first ones. A copy. */
  find(version: number): VersionedKeys | undefined {
    const at = this.#slotOf(version || (this.versions()[0] ?? 0));
    if (at === undefined) return undefined;
    const key = (index: number) => this.#slots.bytes.slice(at + 1 + 16 * index, at + 17 + 16 * index);
    return { version: this.#slots.u8(at), enc: key(0), mac: key(1), dek: key(2) };
  }

  /** Counts a channel that is about to open. @returns the new counter, 3 bytes @throws IsoError 6985 at its end */
  nextSequence(version: number): Uint8Array {
    const at = this.#slotOf(version);
    if (at === undefined) throw new IsoError(SW.REFERENCE_NOT_FOUND);
    const bytes = this.#slots.bytes.slice(at + SEQUENCE, at + SLOT_LENGTH);
    const value = (((bytes[0] ?? 0) << 16) | ((bytes[1] ?? 0) << 8) | (bytes[2] ?? 0)) + 1;
    if (value > LAST_SEQUENCE) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    const next = Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff);
    this.#slots.write(next, at + SEQUENCE);
    return next;
  }

  /**
   * Takes new keys in one atomic write, their sequence counter at zero. Factory keys go when others are added,
   * unless the card is one that keeps them.
   * @param replace version of the keys that go, 0 to add @throws IsoError 6A88, 6A80, 6A84 without room
   */
  put(replace: number, keys: VersionedKeys): void {
    const factory = this.#keepsFactoryKeys.u8() === 0 ? this.#slotOf(FACTORY) : undefined;
    const at = replace === 0 ? (factory ?? this.#emptySlot()) : this.#slotOf(replace);
    if (at === undefined) throw new IsoError(replace === 0 ? SW.NO_ROOM : SW.REFERENCE_NOT_FOUND);
    const taken = this.#slotOf(keys.version);
    if (taken !== undefined && taken !== at) throw new IsoError(SW.WRONG_DATA);
    this.#slots.write(slotOf(keys), at);
  }

  get isLocked(): boolean {
    return this.#failures.u8() >= MAX_FAILURES;
  }

  /** Before a cryptogram is compared, so that power loss never gives an attempt back. */
  countAttempt(): void {
    this.#failures.write(u8(this.#failures.u8() + 1));
  }

  /** The attempt was a right one. */
  forgetFailures(): void {
    this.#failures.write(u8(0));
  }

  #slotOf(version: number): number | undefined {
    if (version === 0) return undefined;
    const slot = Array.from({ length: SLOTS }, (_, i) => i).find(
      (i) => this.#slots.u8(i * SLOT_LENGTH) === version,
    );
    return slot === undefined ? undefined : slot * SLOT_LENGTH;
  }

  #emptySlot(): number | undefined {
    const slot = Array.from({ length: SLOTS }, (_, i) => i).find(
      (i) => this.#slots.u8(i * SLOT_LENGTH) === 0,
    );
    return slot === undefined ? undefined : slot * SLOT_LENGTH;
  }
}

function slotOf({ version, enc, mac, dek }: VersionedKeys): Uint8Array {
  if (version < 1 || (version > 127 && version !== 255))
    throw new ValueError("key version", `need 1 to 127, or 255, have ${version}`);
  for (const key of [enc, mac, dek]) requireLength(key, 16, "key");
  return concatBytes(Uint8Array.of(version), enc, mac, dek, new Uint8Array(3));
}
