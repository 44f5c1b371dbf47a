import { hex, join, uint, unhex } from "../bytes.js";
import {
  cardCryptogram,
  checkMac,
  freshChannel,
  hostCryptogram,
  isPseudoRandom,
  offers,
  openCommand,
  pseudoRandomChallenge,
  sessionKeys,
  sizeOf,
} from "../scp03.js";
import { tlv } from "../tlv.js";
import { domainCommand, domainInformation, helloHead, nextSequence, slotOf } from "./domain.js";
import { cleared, generateKeyPair, reset, storeData } from "./make.js";
import { authorize, changePin, identify, update, verifyPin } from "./pay.js";
import {
  APPLICATION_AID,
  accept,
  type Card,
  type CardChannel,
  DOMAIN_AID,
  exactly,
  LIFECYCLE,
  type Outcome,
  refuse,
} from "./state.js";

/** Bytes from the card's random number generator. */
export type Draw = (length: number) => Uint8Array;

/** Failed authentications after which the simulated card opens no channel any more (specs/04 §4.5). */
const LOCKED_AFTER = 10;
/** C-MAC and C-DECRYPTION. */
const NEEDED_LEVEL = 0x03;

/** A short command APDU (specs/01 §2). */
export interface Command {
  readonly cla: number;
  readonly ins: number;
  readonly p1p2: number;
  readonly data: Buffer;
  readonly bytes: Uint8Array;
}

/** Reads a short command APDU; undefined for bytes that are none. */
export function parseCommand(bytes: Uint8Array): Command | undefined {
  if (bytes.length < 4) return undefined;
  const lc = bytes[4] ?? 0;
  const hasData = bytes.length > 5;
  if (hasData && (lc === 0 || (bytes.length !== 5 + lc && bytes.length !== 6 + lc))) return undefined;
  const p1p2 = Buffer.from(bytes).readUInt16BE(2);
  return {
    cla: bytes[0] ?? 0,
    ins: bytes[1] ?? 0,
    p1p2,
    data: Buffer.from(bytes.subarray(5, 5 + lc)),
    bytes,
  };
}

/** What the card answers, and what it is afterwards. `draw` is asked for a random card challenge only. */
export function answer(card: Card, bytes: Uint8Array, draw: Draw): Outcome {
  const command = parseCommand(bytes);
  if (!command) return refuse(card, "6700");
  const { cla, ins, p1p2, data } = command;
  if (cla === 0x00 && ins === 0xa4) {
    if (p1p2 === 0x0402) return refuse(card, "6a82");
    if (p1p2 === 0x0400 || p1p2 === 0x040c) return select(card, hex(data), p1p2 === 0x040c);
    return card.selected === "application" ? refuse(card, "6a86") : domain(card, command, draw);
  }
  if (cla !== 0x00 && cla !== 0x80 && cla !== 0x84) return refuse(card, "6e00");
  return card.selected === "domain" ? domain(card, command, draw) : application(card, command, draw);
}

function select(card: Card, aid: string, silently: boolean): Outcome {
  const names = (whole: string) => aid.length >= 10 && whole.startsWith(aid);
  if (aid !== "" && !names(APPLICATION_AID) && !names(DOMAIN_AID)) return refuse(card, "6a82");
  const left: Card = {
    ...card,
    verified: false,
    ...(card.selected === "application" ? { channel: null } : { domainChannel: null }),
  };
  const isApplication = names(APPLICATION_AID);
  const selected: Card = { ...left, selected: isApplication ? "application" : "domain" };
  const unfinished = isApplication && card.lifecycle === LIFECYCLE.RESETTING;
  const next = unfinished ? cleared(selected) : selected;
  const information = isApplication ? informationOf(next) : domainInformation();
  const outcome = accept(next, exactly(silently ? "" : information));
  return unfinished ? { ...outcome, mixes: LIFECYCLE.RESETTING } : outcome;
}

/** specs/01 §4.2 */
function profileOf(card: Card): string {
  const start = `0100${hex(uint(card.lifecycle, 1))}`;
  if (card.lifecycle === LIFECYCLE.BLANK) return tlv("c1", start.padEnd(64, "0"));
  const show = (bit: number, amount: bigint): string => hex(uint(card.published & bit ? amount : 0n, 8));
  const capabilities = card.published | (card.pin ? 1 : 0);
  const values =
    show(2, card.credit - card.authorized) + show(4, card.maxPerTransaction) + show(8, card.pinThreshold);
  return tlv("c1", `${start}${hex(uint(capabilities, 1))}00000000${values}`);
}

/** specs/01 §4.1 */
function informationOf(card: Card): string {
  const uri = card.lifecycle === LIFECYCLE.BLANK ? "" : tlv("5f50", card.nodeUri);
  return tlv("6f", tlv("84", APPLICATION_AID) + tlv("a5", profileOf(card) + uri));
}

function application(card: Card, command: Command, draw: Draw): Outcome {
  const { cla, ins, p1p2, data } = command;
  const blank = card.lifecycle === LIFECYCLE.BLANK;
  const blocked = card.lifecycle === LIFECYCLE.BLOCKED;
  const unless = (refused: boolean, sw: string, work: () => Outcome) => (refused ? refuse(card, sw) : work());
  const usable = (work: () => Outcome) => unless(blank, "6985", () => unless(blocked, "9c04", work));
  const parameters = (needed: number, work: () => Outcome) => unless(p1p2 !== needed, "6a86", work);
  switch ((cla << 8) | ins) {
    case 0x0020:
      return usable(() => parameters(0x80, () => verifyPin(card, hex(data))));
    case 0x0024:
      return usable(() => parameters(0x80, () => changePin(card, hex(data))));
    case 0x8030:
      return usable(() => parameters(0, () => authorize(card, data)));
    case 0x8032:
      return unless(blank, "6985", () => parameters(0, () => identify(card, data)));
    case 0x8034:
      return unless(blank, "6985", () => parameters(0, () => update(card, data)));
    case 0x80ca:
      return p1p2 === 0x00c2 ? usable(() => getCertificate(card, data)) : getData(card, p1p2, data);
    case 0x8050:
      return initializeUpdate(card, command, draw);
    case 0x8482:
      return externalAuthenticate(card, command);
    case 0x8446:
      return unless(!blank, "6985", () => secured(card, command, generateKeyPair));
    case 0x84e2:
      return unless(!blank, "6985", () => secured(card, command, storeData));
    case 0x84e4:
      return secured(card, command, reset);
    default:
      return refuse(card, "6d00");
  }
}

function getData(card: Card, tag: number, data: Uint8Array): Outcome {
  const uri = tag === 0x5f50 && card.lifecycle !== LIFECYCLE.BLANK ? tlv("5f50", card.nodeUri) : "";
  const found = tag === 0x00c1 ? profileOf(card) : uri;
  if (!found) return refuse(card, "6a88");
  return data.length ? refuse(card, "6700") : accept(card, exactly(found));
}

/** GET DATA C2 (specs/01 §6.2). */
function getCertificate(card: Card, data: Uint8Array): Outcome {
  if (!card.certificate) return refuse(card, "6a88");
  return data.length ? refuse(card, "6700") : accept(card, { kind: "certificate", body: card.certificate });
}

/** The channel of the selected applet. */
const channelOf = (card: Card): CardChannel =>
  card.selected === "application" ? card.channel : card.domainChannel;
const withChannel = (card: Card, channel: CardChannel): Card =>
  card.selected === "application" ? { ...card, channel } : { ...card, domainChannel: channel };

/** INITIALIZE UPDATE (specs/04 §4.2). Ends the channel that was open, whatever its own answer is. */
function initializeUpdate(card: Card, { p1p2, data }: Command, draw: Draw): Outcome {
  const isApplication = card.selected === "application";
  const ended = withChannel(isApplication ? { ...card, received: [], nextBlock: 0 } : card, null);
  const size = sizeOf(card.i);
  if (p1p2 & 0xff) return refuse(card, "6a86", ended);
  if (data.length !== size) return refuse(card, "6700", ended);
  const slot = slotOf(card, p1p2 >> 8);
  if (!slot) return refuse(card, "6a88", ended);
  if (card.failures >= LOCKED_AFTER) return refuse(card, "6983", ended);
  const counted = isPseudoRandom(card.i);
  const sequence = counted ? uint(slot.sequence + 1, 3) : Buffer.alloc(0);
  const aid = unhex(isApplication ? APPLICATION_AID : DOMAIN_AID);
  const challenge = counted ? pseudoRandomChallenge(slot.enc, sequence, aid, size) : hex(draw(size));
  const context = join(data, unhex(challenge));
  const keys = sessionKeys(slot, context);
  const begun: CardChannel = {
    state: "initialized",
    keys,
    size,
    hostCryptogram: hostCryptogram(keys, context, size),
    version: slot.version,
  };
  const next = nextSequence(ended, slot.version);
  const said =
    helloHead(card, slot.version) + challenge + cardCryptogram(keys, context, size) + hex(sequence);
  return accept(withChannel(next, begun), exactly(said));
}

/** EXTERNAL AUTHENTICATE (specs/04 §4.2): counted before it is judged. */
function externalAuthenticate(card: Card, { p1p2, data, bytes }: Command): Outcome {
  const begun = channelOf(card);
  if (begun?.state !== "initialized") return refuse(card, "6985");
  const level = p1p2 >> 8;
  if (p1p2 & 0xff || !offers(card.i, level)) return refuse(card, "6a86");
  if (data.length !== 2 * begun.size) return refuse(card, "6700");
  const failed = { ...card, failures: card.failures + 1 };
  const right = checkMac(freshChannel(begun.keys, begun.size), bytes, data);
  if (!right || hex(right.data) !== begun.hostCryptogram)
    return refuse(card, right ? "6300" : "6982", withChannel(failed, null));
  const open: CardChannel = {
    state: "open",
    channel: { ...right.channel, level },
    version: begun.version,
  };
  return accept(withChannel({ ...card, failures: 0 }, open), undefined, [failed]);
}

/** A command that must come through a channel of level 03 or more; a wrong one ends it (specs/04 §4.4). */
function secured(
  card: Card,
  command: Command,
  work: (card: Card, p1p2: number, plain: Uint8Array) => Outcome,
): Outcome {
  const open = channelOf(card);
  if (open?.state !== "open" || (open.channel.level & NEEDED_LEVEL) !== NEEDED_LEVEL)
    return refuse(card, "6982");
  return unwrapped(card, command, (to, plain) => work(to, command.p1p2, plain));
}

/** A command through the open channel, and its response through it. */
function unwrapped(
  card: Card,
  { bytes, data }: Command,
  work: (card: Card, plain: Uint8Array) => Outcome,
): Outcome {
  const open = channelOf(card);
  if (open?.state !== "open") return refuse(card, "6982");
  const read = openCommand(open.channel, bytes, data);
  if (!read) return refuse(card, "6982", withChannel(card, null));
  const outcome = work(withChannel(card, { ...open, channel: read.channel }), read.plain);
  return { ...outcome, through: read.channel };
}

/** The issuer security domain: while a channel is open, every command must come through it. */
function domain(card: Card, command: Command, draw: Draw): Outcome {
  const { cla, ins, p1p2, data } = command;
  if (cla === 0x80 && ins === 0x50) return initializeUpdate(card, command, draw);
  if (cla === 0x84 && ins === 0x82) return externalAuthenticate(card, command);
  const open = channelOf(card);
  const session = open?.state === "open" ? open.version : undefined;
  if (cla !== 0x84 && session === undefined) return domainCommand(card, ins, p1p2, data, undefined);
  return unwrapped(card, command, (to, plain) => domainCommand(to, ins, p1p2, plain, session));
}
