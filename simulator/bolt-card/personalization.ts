import { INS } from "../../apdu/constants.js";
import { LEVEL } from "../../apdu/secure-channel/primitives.js";
import { SW } from "../../apdu/status-words.js";
import { type DataGroupEntry, readDataGroups } from "../data-groups.js";
import type { AppletContext } from "../runtime/applet.js";
import type { Command } from "../runtime/command.js";
import { IsoError } from "../runtime/errors.js";
import type { CardChannel } from "../security-domain/channel.js";
import { type FaceState, KEY_LENGTH, MAX_BASE_LENGTH, STAGE, UID_LENGTH } from "./state.js";

const P1 = { MORE: 0x08, LAST: 0x88 } as const;
/** Which groups have come since block 00, and the block that comes next. */
const STAGING_LENGTH = 2;

/** Nothing of a longer address before it is left behind. */
function addressCell(base: Uint8Array): Uint8Array {
  const cell = new Uint8Array(1 + MAX_BASE_LENGTH);
  cell.set([base.length, ...base]);
  return cell;
}

const ofLength =
  (length: number) =>
  (value: Uint8Array): boolean =>
    value.length === length;

/** specs/10 §8.4: each is needed. */
const GROUPS: readonly DataGroupEntry<FaceState>[] = [
  { dgi: 0x0201, accepts: ofLength(UID_LENGTH), write: ({ uid }, value) => uid.write(value) },
  {
    dgi: 0x0202,
    accepts: (value) =>
      value.length >= 1 && value.length <= MAX_BASE_LENGTH && value.every((c) => c > 0x20 && c < 0x7f),
    write: ({ address }, value) => address.write(addressCell(value)),
  },
  { dgi: 0x8201, accepts: ofLength(KEY_LENGTH), write: ({ piccKey }, value) => piccKey.write(value) },
  { dgi: 0x8202, accepts: ofLength(KEY_LENGTH), write: ({ macKey }, value) => macKey.write(value) },
];
const ALL_GROUPS = (1 << GROUPS.length) - 1;
const NEEDED_LEVEL = LEVEL.C_MAC | LEVEL.C_DECRYPTION;
const NO_DATA = new Uint8Array(0);

/** STORE DATA and RESET of the second face, through the channel of the security domain alone. */
export class FacePersonalization {
  readonly #face: FaceState;
  readonly #channel: CardChannel | undefined;
  readonly #staging: Uint8Array;

  /** @param channel undefined on a card without a security domain: nothing opens one then */
  constructor(context: AppletContext, face: FaceState, channel: CardChannel | undefined) {
    this.#face = face;
    this.#channel = channel;
    this.#staging = context.transient(STAGING_LENGTH, "deselect");
  }

  /** INITIALIZE UPDATE. @throws IsoError */
  initializeUpdate(command: Command): Uint8Array {
    if (!this.#channel) throw new IsoError(SW.REFERENCE_NOT_FOUND);
    this.#staging.fill(0);
    return this.#channel.initializeUpdate(command);
  }

  /** Commands of class 84. @throws IsoError */
  process(command: Command): Uint8Array {
    const { ins } = command;
    const channel = this.#channel;
    if (ins === INS.EXTERNAL_AUTHENTICATE) {
      if (!channel) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
      return channel.externalAuthenticate(command);
    }
    if (ins !== INS.STORE_DATA && ins !== INS.RESET) throw new IsoError(SW.INS_NOT_SUPPORTED);
    if (ins === INS.STORE_DATA && this.#face.lifecycle.u8() !== STAGE.BLANK)
      throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    if (!channel) throw new IsoError(SW.SECURITY_NOT_SATISFIED);
    const data = channel.unwrap(command, NEEDED_LEVEL);
    if (ins === INS.STORE_DATA) this.#storeData(command.p1p2, data);
    else this.#reset(command.p1p2, data);
    return channel.wrap(NO_DATA);
  }

  /** Destroys what a RESET leaves, keys first; nothing on a face that is not being reset. Cut anywhere, it starts over. */
  finishReset(): void {
    const { lifecycle, uid, address, piccKey, macKey } = this.#face;
    if (lifecycle.u8() !== STAGE.RESETTING) return;
    for (const cell of [piccKey, macKey, uid, address]) cell.write(new Uint8Array(cell.length));
    lifecycle.write(Uint8Array.of(STAGE.BLANK));
  }

  #reset(p1p2: number, data: Uint8Array): void {
    if (p1p2 !== 0) throw new IsoError(SW.WRONG_P1P2);
    if (data.length !== 0) throw new IsoError(SW.WRONG_LENGTH);
    this.#face.lifecycle.write(Uint8Array.of(STAGE.RESETTING));
    this.finishReset();
    this.#staging.fill(0);
  }

  /** The face is blank meanwhile, so groups are written in place: they cannot be read. */
  #storeData(p1p2: number, data: Uint8Array): void {
    const last = p1p2 >> 8 === P1.LAST;
    const block = p1p2 & 0xff;
    const [received = 0, next = 0] = this.#staging;
    if ((!last && p1p2 >> 8 !== P1.MORE) || (block !== 0 && block !== next))
      throw new IsoError(SW.WRONG_P1P2);
    const before = block === 0 ? 0 : received;
    const groups = readDataGroups(GROUPS, data, before);
    const after = groups.reduce((mask, { index }) => mask | (1 << index), before);
    if (last && after !== ALL_GROUPS) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    this.#staging.fill(0);
    for (const { index, value } of groups) GROUPS[index]?.write(this.#face, value);
    if (last) this.#face.lifecycle.write(Uint8Array.of(STAGE.PERSONALIZED));
    else this.#staging.set([after, block + 1]);
  }
}
