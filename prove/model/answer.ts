import { bytesToHex } from "../../common/index.js";
import { generateKeyPair, reset, storeData } from "./make.js";
import { accept, LIFE, type ModelCard, type ModelChannel, type Outcome, refuse } from "./model-card.js";
import { authorize, changePin, identify, update, verify } from "./pay.js";

/** A command as it is sent, and what only its sender knows of it. */
export interface Sent {
  readonly bytes: Uint8Array;
  /** Made by a host's half of a channel and not sent before: then its MAC is right if the card is at the same place. */
  readonly secured?: {
    readonly session: number;
    /** 0 for EXTERNAL AUTHENTICATE, then 1, 2 ... */
    readonly index: number;
    readonly plain: Uint8Array;
    readonly wrongCryptogram?: boolean;
  };
  /** Session that a host opens with this INITIALIZE UPDATE. */
  readonly opens?: number;
}

const APPLICATION = "f043484551554501";
const DOMAIN = "a000000151000000";
const KEY_VERSION = 0x30;
const LOCKED_AFTER = 10;

interface Header {
  readonly cla: number;
  readonly ins: number;
  readonly p1p2: number;
  readonly data: Uint8Array;
}

/** specs/01 §2 */
function parse(bytes: Uint8Array): Header | undefined {
  if (bytes.length < 4) return undefined;
  const lc = bytes.length > 5 ? (bytes[4] ?? 0) : 0;
  if (bytes.length > 5 && (lc === 0 || (bytes.length !== 5 + lc && bytes.length !== 6 + lc)))
    return undefined;
  const p1p2 = ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
  return { cla: bytes[0] ?? 0, ins: bytes[1] ?? 0, p1p2, data: bytes.subarray(5, 5 + lc) };
}

/** What the card answers, and what it is afterwards. */
export function answer(card: ModelCard, sent: Sent): Outcome {
  const command = parse(sent.bytes);
  if (!command) return refuse(card, "6700");
  const { cla, ins, p1p2, data } = command;
  if (cla === 0x00 && ins === 0xa4) {
    if (p1p2 === 0x0402) return refuse(card, "6a82");
    if (p1p2 === 0x0400 || p1p2 === 0x040c) return select(card, bytesToHex(data), p1p2 === 0x040c);
    return card.selected === "application" ? refuse(card, "6a86") : domain(card, command, sent);
  }
  if (cla !== 0x00 && cla !== 0x80 && cla !== 0x84) return refuse(card, "6e00");
  return card.selected === "domain" ? domain(card, command, sent) : application(card, command, sent);
}

function select(card: ModelCard, aid: string, silently: boolean): Outcome {
  const names = (whole: string) => aid.length >= 10 && whole.startsWith(aid);
  if (aid !== "" && !names(APPLICATION) && !names(DOMAIN)) return refuse(card, "6a82");
  const none: ModelChannel = { state: "none" };
  const left: ModelCard = {
    ...card,
    verified: false,
    ...(card.selected === "application"
      ? { channel: none, received: [], nextBlock: 0 }
      : { domainChannel: none }),
  };
  if (aid === "" || names(DOMAIN)) return accept({ ...left, selected: "domain" }, { kind: "any" });
  const next: ModelCard = { ...left, selected: "application" };
  return accept(next, { kind: "exactly", hex: silently ? "" : informationOf(next) });
}

const object = (tag: string, content: string): string => {
  const length = content.length / 2;
  return tag + (length < 128 ? "" : "81") + length.toString(16).padStart(2, "0") + content;
};

/** specs/01 §4.2 */
function profileOf(card: ModelCard): string {
  const start = `0100${card.lifecycle.toString(16).padStart(2, "0")}`;
  if (card.lifecycle === LIFE.BLANK) return object("c1", start.padEnd(64, "0"));
  const show = (bit: number, amount: bigint): string =>
    (card.published & bit ? amount : 0n).toString(16).padStart(16, "0");
  const capabilities = card.published | (card.pin ? 1 : 0);
  const values =
    show(2, card.credit - card.authorized) + show(4, card.maxPerTransaction) + show(8, card.pinThreshold);
  return object("c1", `${start}${capabilities.toString(16).padStart(2, "0")}00000000${values}`);
}

/** specs/01 §4.1 */
function informationOf(card: ModelCard): string {
  const uri = card.lifecycle === LIFE.BLANK ? "" : object("5f50", card.nodeUri);
  return object("6f", object("84", APPLICATION) + object("a5", profileOf(card) + uri));
}

function application(card: ModelCard, command: Header, sent: Sent): Outcome {
  const { cla, ins, p1p2, data } = command;
  const blank = card.lifecycle === LIFE.BLANK;
  const blocked = card.lifecycle === LIFE.BLOCKED;
  const unless = (refused: boolean, sw: string, work: () => Outcome) => (refused ? refuse(card, sw) : work());
  const usable = (work: () => Outcome) => unless(blank, "6985", () => unless(blocked, "9c04", work));
  const parameters = (needed: number, work: () => Outcome) => unless(p1p2 !== needed, "6a86", work);
  switch ((cla << 8) | ins) {
    case 0x0020:
      return usable(() => parameters(0x80, () => verify(card, bytesToHex(data))));
    case 0x0024:
      return usable(() => parameters(0x80, () => changePin(card, bytesToHex(data))));
    case 0x8030:
      return usable(() => parameters(0, () => authorize(card, data)));
    case 0x8032:
      return unless(blank, "6985", () => parameters(0, () => identify(card, data)));
    case 0x8034:
      return unless(blank, "6985", () => parameters(0, () => update(card, data)));
    case 0x80ca:
      return getData(card, p1p2, data);
    case 0x8050:
      return initializeUpdate(card, command, sent);
    case 0x8482:
      return externalAuthenticate(card, command, sent);
    case 0x8446:
      return unless(!blank, "6985", () =>
        unwrapped(card, sent, (to, plain) => generateKeyPair(to, p1p2, plain)),
      );
    case 0x84e2:
      return unless(!blank, "6985", () => unwrapped(card, sent, (to, plain) => storeData(to, p1p2, plain)));
    case 0x84e4:
      return unwrapped(card, sent, (to, plain) => reset(to, p1p2, plain));
    default:
      return refuse(card, "6d00");
  }
}

function getData(card: ModelCard, tag: number, data: Uint8Array): Outcome {
  const uri = tag === 0x5f50 && card.lifecycle !== LIFE.BLANK ? object("5f50", card.nodeUri) : "";
  const found = tag === 0x00c1 ? profileOf(card) : uri;
  if (!found) return refuse(card, "6a88");
  return data.length ? refuse(card, "6700") : accept(card, { kind: "exactly", hex: found });
}

/** The channel of the selected applet. */
const channelOf = (card: ModelCard): ModelChannel =>
  card.selected === "application" ? card.channel : card.domainChannel;
const withChannel = (card: ModelCard, channel: ModelChannel): ModelCard =>
  card.selected === "application" ? { ...card, channel } : { ...card, domainChannel: channel };

/** Ends the channel that was open, whatever its own answer is. */
function initializeUpdate(card: ModelCard, { p1p2, data }: Header, { opens }: Sent): Outcome {
  const ended = withChannel(
    card.selected === "application" ? { ...card, received: [], nextBlock: 0 } : card,
    { state: "none" },
  );
  if (p1p2 & 0xff) return refuse(card, "6a86", ended);
  if (data.length !== 8) return refuse(card, "6700", ended);
  if (p1p2 >> 8 !== KEY_VERSION && p1p2 !== 0) return refuse(card, "6a88", ended);
  if (card.failures >= LOCKED_AFTER) return refuse(card, "6983", ended);
  const counted = { ...ended, channels: card.channels + 1 };
  const session = opens ?? -1;
  return accept(withChannel(counted, { state: "initialized", session, commands: 0 }), { kind: "any" });
}

function externalAuthenticate(card: ModelCard, { p1p2, data }: Header, { secured }: Sent): Outcome {
  const channel = channelOf(card);
  if (channel.state !== "initialized") return refuse(card, "6985");
  if (p1p2 & 0xff || ![0x00, 0x01, 0x03, 0x11, 0x13, 0x33].includes(p1p2 >> 8)) return refuse(card, "6a86");
  if (data.length !== 16) return refuse(card, "6700");
  const failed = { ...card, failures: card.failures + 1 };
  const rightMac = secured?.index === 0 && secured.session === channel.session;
  if (!rightMac || secured.wrongCryptogram)
    return refuse(card, rightMac ? "6300" : "6982", withChannel(failed, { state: "none" }));
  const open = withChannel({ ...card, failures: 0 }, { ...channel, state: "open" });
  return accept(open, undefined, [failed]);
}

/** A command that must come through the channel; a wrong one ends it. */
function unwrapped(
  card: ModelCard,
  { secured }: Sent,
  work: (card: ModelCard, plain: Uint8Array) => Outcome,
): Outcome {
  const channel = channelOf(card);
  if (channel.state !== "open") return refuse(card, "6982");
  const right = secured?.session === channel.session && secured.index === channel.commands + 1;
  if (!right) return refuse(card, "6982", withChannel(card, { state: "aborted" }));
  return work(withChannel(card, { ...channel, commands: channel.commands + 1 }), secured.plain);
}

/** The issuer security domain, as far as a host of the card application meets it. */
function domain(card: ModelCard, command: Header, sent: Sent): Outcome {
  const { cla, ins, p1p2 } = command;
  if (cla === 0x80 && ins === 0x50) return initializeUpdate(card, command, sent);
  if (cla === 0x84 && ins === 0x82) return externalAuthenticate(card, command, sent);
  const isOpen = channelOf(card).state === "open";
  if (cla === 0x84 || isOpen) return unwrapped(card, sent, (to) => domainCommand(to, ins, p1p2));
  return ins === 0xd8 || ins === 0xf2 ? refuse(card, "6982") : domainCommand(card, ins, p1p2);
}

function domainCommand(card: ModelCard, ins: number, p1p2: number): Outcome {
  if (ins === 0xa4) return refuse(card, "6a82");
  if (ins !== 0xca) return refuse(card, "6d00");
  return [0x9f7f, 0x0066, 0x00e0].includes(p1p2) ? accept(card, { kind: "any" }) : refuse(card, "6a88");
}
