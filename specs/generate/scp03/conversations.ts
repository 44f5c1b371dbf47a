import { hex, join, uint, unhex } from "../../../reference/bytes.js";
import { authorizeData } from "../../../reference/card/pay.js";
import { provenPoint, respond } from "../../../reference/card/respond.js";
import { APPLICATION_AID, type Card, DOMAIN_AID, withoutPower } from "../../../reference/card/state.js";
import { aesBlock, aesEncrypt } from "../../../reference/crypto.js";
import { type DataGroup, putKeyData, writeGroups } from "../../../reference/personalize.js";
import {
  authenticate,
  type Channel,
  commandMac,
  greet,
  macCommand,
  openResponse,
  protectCommand,
  sizeOf,
} from "../../../reference/scp03.js";
import { open } from "../../../reference/sealed.js";
import { flip } from "../card/bytes.js";
import { CARD, KEY_SET, named } from "../card/material.js";
import {
  FACTORY_VERSION,
  fixedRandom,
  KEY_VERSION,
  keysOf,
  NEXT_VERSION,
  SERIAL,
  vectorCard,
} from "./cards.js";
import { firstBlock, GROUP, lastBlock } from "./groups.js";
import { apdu } from "./sessions.js";

/**
 * Conversations with a card that end badly, each beside one that goes well. A host that makes mistakes on purpose speaks
 * with the reference's card; what the card answers is checked here before it becomes a vector.
 */
interface Step {
  readonly comment: string;
  readonly power?: "reset";
  readonly command?: string;
  /** The command before it was protected, and what is wrong with its protection. */
  readonly plain?: string;
  readonly spoilt?: Spoilt;
  readonly sw?: string;
  /** Exact response data; absent where it is the card's choice. */
  readonly data?: string;
  readonly status?: Readonly<Record<string, string | number>>;
}

type Spoilt = "mac" | "padding" | "length" | "clear" | "chain" | "class" | "cryptogram";

/** A card that fixes what it draws, and a host with a channel to it. */
class Talk {
  #card: Card;
  #channel: Channel | undefined;
  #point = "";
  #openings = 0;
  readonly #draw = fixedRandom("card entropy");
  readonly steps: Step[] = [];

  constructor(i: number, version: number) {
    this.#card = vectorCard(i, version);
  }

  #send(comment: string, command: Uint8Array, sw: string, more: Partial<Step> = {}): Buffer {
    const answer = respond(this.#card, command, this.#draw);
    this.#card = answer.card;
    if (answer.sw !== sw) throw new Error(`${comment}: ${answer.sw}, need ${sw}`);
    this.steps.push({ comment, command: hex(command), ...more, sw });
    return answer.data;
  }

  reset(): this {
    this.#card = withoutPower(this.#card);
    this.steps.push({ comment: "power off and on", power: "reset" });
    return this;
  }

  /** A command in clear. @param data its exact response, where it matters */
  clear(comment: string, command: Uint8Array | string, sw: string, data?: string): this {
    const got = this.#send(comment, typeof command === "string" ? unhex(command) : command, sw, {
      ...(data === undefined ? {} : { data }),
    });
    if (data !== undefined && hex(got) !== data) throw new Error(`${comment}: ${hex(got)}`);
    return this;
  }

  select(comment = "SELECT", aid: string = APPLICATION_AID): this {
    return this.clear(comment, apdu("00a40400", unhex(aid), true), "9000");
  }

  /** INITIALIZE UPDATE and EXTERNAL AUTHENTICATE. */
  open(
    level: number,
    {
      spoilt,
      sw = "9000",
      version = KEY_VERSION,
    }: { spoilt?: "mac" | "cryptogram"; sw?: string; version?: number } = {},
  ): this {
    const size = sizeOf(this.#card.i);
    const challenge = fixedRandom(`host challenge ${this.#openings++}`)(size);
    const header = `8050${hex(uint(version, 1))}00`;
    const said = this.#send("INITIALIZE UPDATE", apdu(header, challenge, true), "9000");
    const greeted = greet(keysOf(said.subarray(0, 10)), challenge, said);
    const cryptogram = spoilt === "cryptogram" ? flip(greeted.cryptogram, 0) : greeted.cryptogram;
    const { bytes, channel } = authenticate({ ...greeted, cryptogram }, level);
    const sent = spoilt === "mac" ? flip(bytes, bytes.length - 1) : bytes;
    const what = spoilt ? `EXTERNAL AUTHENTICATE, wrong ${spoilt}` : "EXTERNAL AUTHENTICATE";
    this.#send(what, sent, sw, spoilt ? { spoilt } : {});
    this.#channel = channel;
    return this;
  }

  /** A command through the channel; the host goes on with it as if nothing were wrong. */
  through(comment: string, plain: Buffer, sw: string, spoilt?: Spoilt): this {
    const before = this.#channel;
    if (!before) throw new Error(`${comment}: no channel`);
    const header = plain.subarray(0, 4);
    const data = plain.length > 5 ? plain.subarray(5, 5 + (plain[4] ?? 0)) : Buffer.alloc(0);
    const { bytes, channel } = spoil(before, header, data, spoilt);
    const response = this.#send(comment, bytes, sw, { plain: hex(plain), ...(spoilt ? { spoilt } : {}) });
    this.#channel = channel;
    if (plain[1] === 0x46 && sw === "9000")
      this.#point = hex(provenPoint(openResponse(channel, response, sw), data));
    return this;
  }

  /** A command that was sent before, byte for byte. */
  again(comment: string, back: number, sw: string): this {
    const { command = "" } = this.steps.at(-back) ?? {};
    this.#send(comment, unhex(command), sw);
    return this;
  }

  /** IDENTIFY; the status is signed by the key that the card made. */
  identify(comment: string, status: { counter: number; credit: string; authorizedTotal: string }): this {
    const challenge = hex(named(`challenge: ${comment}`));
    const expected = { flags: 0, updateSequence: 0, ...status, challenge };
    const data = this.#send(comment, apdu("80320000", unhex(challenge), true), "9000", { status: expected });
    const id = hex(CARD.cardId);
    const keys = {
      sealKeys: { [hex(KEY_SET.keySetId)]: hex(KEY_SET.sealKey) },
      cards: { [id]: this.#point },
      issuerPoint: "",
    };
    const { fields } = open("status", data, keys);
    if (fields.counter !== status.counter || fields.credit !== BigInt(status.credit))
      throw new Error(`${comment}: counter ${fields.counter}, credit ${fields.credit}`);
    return this;
  }
}

/** Protects a command, wrongly where it is told so. */
function spoil(before: Channel, header: Uint8Array, data: Buffer, spoilt: Spoilt | undefined) {
  const right = protectCommand(before, header, data);
  const counted = { ...before, counter: before.counter + 1 };
  switch (spoilt) {
    case "mac":
      return { ...right, bytes: flip(right.bytes, right.bytes.length - 1) };
    // The host's chain is one that the card does not have.
    case "chain":
      return protectCommand({ ...before, chain: "11".repeat(16) }, header, data);
    case "clear":
      return macCommand(counted, header, data);
    case "length":
      return macCommand(counted, header, data.subarray(0, 15));
    // Class 80, also under the MAC.
    case "class": {
      const plain = join(unhex("80"), header.subarray(1), uint(data.length + before.size, 1));
      const mac = commandMac(counted, plain, data);
      return { bytes: join(plain, data, mac.subarray(0, before.size)), channel: counted };
    }
    case "padding": {
      const iv = aesBlock(unhex(before.keys.enc), uint(counted.counter, 16));
      return macCommand(counted, header, aesEncrypt(unhex(before.keys.enc), iv, Buffer.alloc(16, 0x55)));
    }
    default:
      return right;
  }
}

const CHALLENGE = named("key challenge", 16);
const generate = apdu("84468000", CHALLENGE, true);
const store = (p1p2: string, groups: readonly DataGroup[]): Buffer =>
  apdu(`84e2${p1p2}`, writeGroups(groups));
const first = store("0800", firstBlock);
const last = store("8801", lastBlock);
const reset = apdu("84e40000");
const hostChallenge = named("host challenge", 16);
const initialize = (header: string, length: number): Buffer =>
  apdu(header, hostChallenge.subarray(0, length), true);

const conversation = (
  comment: string,
  i: number,
  talk: (talk: Talk) => Talk,
  version: number = KEY_VERSION,
) => ({
  comment,
  card: { i: i.toString(16), version },
  steps: talk(new Talk(i, version)).steps,
});
const S8 = 0x70;
const S16 = 0x71;

const NO = "ff".repeat(8);
/** Group 0104: credit, max per transaction, PIN threshold, no-PIN budget, max transactions, publish bits. */
const limits = (...values: readonly string[]): DataGroup => ({ dgi: "0104", value: values.join("") });
/** A card made with these limits and no PIN, unless one is given. */
const made = (talk: Talk, group: DataGroup, more: readonly DataGroup[] = []): Talk =>
  talk
    .select()
    .open(0x03)
    .through("GENERATE KEY PAIR", generate, "9000")
    .through("block 00", first, "9000")
    .through("block 01", store("8801", [GROUP.issuer, group, ...more]), "9000");
const authorize = (amount: bigint): Buffer => apdu("80300000", authorizeData(amount, "02".repeat(32)), true);
const cardKeys = keysOf(unhex(`5343${hex(SERIAL)}4351`));
const keyData = (version: number): Buffer => putKeyData(version, cardKeys, cardKeys.dek);
const putKey = (header: string, version: number): Buffer => apdu(header, keyData(version), true);

const fail = (talk: Talk, times: number, spoilt: "mac" | "cryptogram"): Talk => {
  for (let n = 0; n < times; n++) talk.open(0x03, { spoilt, sw: spoilt === "mac" ? "6982" : "6300" });
  return talk;
};

export const conversations = (): readonly unknown[] => [
  conversation("a wrong MAC ends the channel, and a new one can be opened", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, wrong MAC", generate, "6982", "mac")
      .through("GENERATE KEY PAIR, right", generate, "6982")
      .again("EXTERNAL AUTHENTICATE again", 3, "6985")
      .open(0x03)
      .through("GENERATE KEY PAIR in the new channel", generate, "9000"),
  ),
  conversation("a wrong MAC in S16 ends the channel", S16, (t) =>
    t
      .select()
      .open(0x33)
      .through("GENERATE KEY PAIR, wrong MAC", generate, "6982", "mac")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("padding that is not there ends the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, 16 bytes of 55 in place of padded data", generate, "6982", "padding")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("data in clear where they must be encrypted end the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, its challenge in clear", generate, "6982", "clear")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("data that are no whole blocks end the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, 15 bytes", generate, "6982", "length")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("a command out of its place in the chain ends the channel", S8, (t) =>
    t.select().open(0x03).through("GENERATE KEY PAIR, another chain", generate, "6982", "chain"),
  ),
  conversation("a command that comes twice ends the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .again("the same bytes again", 1, "6982")
      .through("STORE DATA, right", first, "6982"),
  ),
  conversation("a command without its MAC ends the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .clear("RESET without a MAC", reset, "6982")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("a command without data through the channel", S8, (t) =>
    t.select().open(0x03).through("RESET of a blank card", reset, "9000").through("again", reset, "9000"),
  ),

  conversation("a wrong host cryptogram under a right MAC", S8, (t) =>
    t
      .select()
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .again("EXTERNAL AUTHENTICATE again", 1, "6985")
      .through("GENERATE KEY PAIR", generate, "6982")
      .open(0x03)
      .through("GENERATE KEY PAIR in a new channel", generate, "9000"),
  ),
  conversation("a wrong MAC in EXTERNAL AUTHENTICATE", S8, (t) =>
    t.select().open(0x03, { spoilt: "mac", sw: "6982" }).again("EXTERNAL AUTHENTICATE again", 1, "6985"),
  ),
  conversation("INITIALIZE UPDATE: P2, length, key version", S8, (t) =>
    t
      .select()
      .clear("P2 01", initialize("80503001", 8), "6a86")
      .clear("P2 before the length", initialize("80503001", 7), "6a86")
      .clear("7 bytes", initialize("80503000", 7), "6700")
      .clear("16 bytes: S16 is not this card's", initialize("80503000", 16), "6700")
      .clear("length before the version", initialize("80503100", 7), "6700")
      .clear("a version that is not there", initialize("80503100", 8), "6a88")
      .open(0x03, { version: 0 })
      .through("version 00 is the first key set", generate, "9000"),
  ),
  conversation("INITIALIZE UPDATE in S16 wants 16 bytes", S16, (t) =>
    t
      .select()
      .clear("8 bytes", initialize("80503000", 8), "6700")
      .open(0x33)
      .through("16 bytes", generate, "9000"),
  ),
  conversation("EXTERNAL AUTHENTICATE: state, level, P2, length", S8, (t) =>
    t
      .select()
      .clear("without INITIALIZE UPDATE", `8482030010${"00".repeat(16)}`, "6985")
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000")
      .clear("level 02", `8482020010${"00".repeat(16)}`, "6a86")
      .clear("level 31", `8482310010${"00".repeat(16)}`, "6a86")
      .clear("level 30", `8482300010${"00".repeat(16)}`, "6a86")
      .clear("P2 01", `8482030110${"00".repeat(16)}`, "6a86")
      .clear("15 bytes", `848203000f${"00".repeat(15)}`, "6700")
      .clear("32 bytes", `8482030020${"00".repeat(32)}`, "6700")
      .clear("16 bytes that are no MAC", `8482030010${"00".repeat(16)}`, "6982")
      .clear("after a failure", `8482030010${"00".repeat(16)}`, "6985"),
  ),
  conversation("a card that does not protect responses takes no level that does", 0x10, (t) =>
    t
      .select()
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000")
      .clear("level 33", `8482330010${"00".repeat(16)}`, "6a86")
      .clear("level 13", `8482130010${"00".repeat(16)}`, "6a86")
      .clear("level 11", `8482110010${"00".repeat(16)}`, "6a86")
      .open(0x03)
      .through("GENERATE KEY PAIR at level 03", generate, "9000"),
  ),
  ...[0x00, 0x01, 0x11].map((level) =>
    conversation(`level ${hex(uint(level, 1))} is not enough for the commands that make a card`, S8, (t) =>
      t
        .select()
        .open(level)
        .through("GENERATE KEY PAIR", generate, "6982")
        .through("STORE DATA", first, "6982")
        .through("RESET", reset, "6982"),
    ),
  ),
  conversation("level 13 is enough", S8, (t) =>
    t.select().open(0x13).through("GENERATE KEY PAIR", generate, "9000"),
  ),

  conversation("ten failures lock the card for good", S8, (t) =>
    fail(t.select(), 5, "mac")
      .reset()
      .select()
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "mac", sw: "6982" })
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "6983")
      .clear("unknown version: before the lock", initialize("80503100", 8), "6a88")
      .reset()
      .select()
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "6983"),
  ),
  conversation("a right authentication takes nine failures back", S8, (t) =>
    fail(fail(t.select(), 9, "cryptogram").open(0x03).select(), 9, "mac")
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000"),
  ),
  conversation("refusals of EXTERNAL AUTHENTICATE before its MAC are no failures", S8, (t) => {
    t.select().clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000");
    for (let n = 0; n < 11; n++) t.clear("level 02", `8482020010${"00".repeat(16)}`, "6a86");
    return t.open(0x03);
  }),

  conversation("a block that is refused changes nothing; the next one may come", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 02 in place of 01", store("8802", lastBlock), "6a86")
      .through("block 01 with an unknown group", apdu("84e28801", unhex("019900")), "6a88")
      .through("block 01 with a group that came before", store("8801", [GROUP.sealKey]), "6a80")
      .through("block 01 without what is needed", store("8801", [GROUP.pin]), "6985")
      .through("block 01", last, "9000")
      .identify("the card is personalized", { counter: 0, credit: "50000000", authorizedTotal: "0" }),
  ),
  conversation("a refused block 00 keeps what came before it", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 00 with a group cut off", apdu("84e20800", unhex("0101")), "6a80")
      .through("block 01", last, "9000"),
  ),
  conversation("INITIALIZE UPDATE between two blocks: they start over", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .open(0x03)
      .through("block 01 alone", last, "6a86")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000"),
  ),
  conversation("an INITIALIZE UPDATE that is refused ends channel and blocks too", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .clear("a version that is not there", initialize("80503100", 8), "6a88")
      .through("block 01", last, "6982")
      .open(0x03)
      .through("block 01 in a new channel", last, "6a86"),
  ),
  conversation("SELECT between two blocks: they start over", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .select("SELECT again")
      .through("block 01", last, "6982")
      .open(0x03)
      .through("block 01", last, "6a86")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000"),
  ),
  conversation("power between two blocks: they start over, the key stays", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .reset()
      .select()
      .open(0x03)
      .through("block 01", last, "6a86")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000"),
  ),
  conversation("without a key of the card the last block is refused", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("block 00", first, "9000")
      .through("block 01, no key", last, "6985")
      .through("GENERATE KEY PAIR between the blocks", generate, "9000")
      .through("block 01", last, "9000")
      .identify("under the key that was made last", { counter: 0, credit: "50000000", authorizedTotal: "0" }),
  ),
  conversation("GENERATE KEY PAIR again: the last key counts", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("GENERATE KEY PAIR again", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .identify("under the second key", { counter: 0, credit: "50000000", authorizedTotal: "0" }),
  ),
  conversation("P1 P2 and lengths behind the secure channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, P1 00", apdu("84460000", CHALLENGE), "6a86")
      .through("GENERATE KEY PAIR, P2 01", apdu("84468001", CHALLENGE), "6a86")
      .through("GENERATE KEY PAIR, 15 bytes", apdu("84468000", CHALLENGE.subarray(1)), "6700")
      .through("GENERATE KEY PAIR, 17 bytes", apdu("84468000", join(CHALLENGE, unhex("00"))), "6700")
      .through("GENERATE KEY PAIR, P1 before the length", apdu("84460000", unhex("00")), "6a86")
      .through("STORE DATA, P1 00", store("0000", firstBlock), "6a86")
      .through("STORE DATA, P1 80", store("8000", firstBlock), "6a86")
      .through("STORE DATA, P1 09", store("0900", firstBlock), "6a86")
      .through("STORE DATA, P1 before the groups", apdu("84e20000", unhex("0101")), "6a86")
      .through("RESET, P1 01", apdu("84e40100"), "6a86")
      .through("RESET, P2 01", apdu("84e40001"), "6a86")
      .through("RESET with data", apdu("84e40000", unhex("00")), "6700")
      .through("GENERATE KEY PAIR", generate, "9000"),
  ),

  conversation("after RESET a card is made anew, and its counters begin anew", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .clear("AUTHORIZE", apdu("80300000", authorizeData(1_000n, "01".repeat(32)), true), "9000")
      .identify("one authorization", { counter: 1, credit: "50000000", authorizedTotal: "1000" })
      .through("RESET", reset, "9000")
      .clear("IDENTIFY of a blank card", apdu("80320000", named("challenge"), true), "6985")
      .through("block 00, no key", first, "9000")
      .through("block 01, no key", last, "6985")
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 01", last, "9000")
      .identify("no authorization", { counter: 0, credit: "50000000", authorizedTotal: "0" })
      .clear("the same invoice", apdu("80300000", authorizeData(1_000n, "01".repeat(32)), true), "9000")
      .identify("counter 1 again", { counter: 1, credit: "50000000", authorizedTotal: "1000" }),
  ),
  conversation("what the lifecycle refuses is no part of the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .through("STORE DATA on a personalized card: its MAC is not looked at", first, "6985")
      .through("RESET: the host's chain went on, the card's did not", reset, "6982")
      .open(0x03)
      .through("RESET", reset, "9000"),
  ),
  conversation("commands in clear do not touch the application's channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .clear("GET DATA", "80ca00c100", "9000")
      .clear("an instruction that is not known", "80360000", "6d00")
      .through("GENERATE KEY PAIR", generate, "9000"),
  ),
  conversation("a command in clear ends the security domain's channel", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x01)
      .through("GET DATA E0", apdu("80ca00e0", undefined, true), "9000")
      .clear("GET DATA E0 in clear", "80ca00e000", "6982")
      .through("GET DATA E0", apdu("80ca00e0", undefined, true), "6982")
      .clear("GET DATA E0 without a channel", "80ca00e000", "9000"),
  ),
  conversation("a channel belongs to the applet to which it was opened", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x03)
      .select()
      .through("GENERATE KEY PAIR at the application", generate, "6982"),
  ),
  conversation("SELECT with other P1 P2, at the application and at the security domain", S8, (t) =>
    t
      .clear("next occurrence, the domain selected by default", `00a4040208${APPLICATION_AID}00`, "6a82")
      .clear("by file identifier, at the domain", "00a40000023f00", "6a82")
      .select()
      .clear("next occurrence, at the application", `00a4040208${APPLICATION_AID}00`, "6a82")
      .clear("by file identifier, at the application", "00a40000023f00", "6a86"),
  ),
  conversation("after a reset the security domain is selected", S8, (t) =>
    t
      .select()
      .clear("GET DATA C1 of the application", "80ca00c100", "9000")
      .reset()
      .clear("GET DATA C1 is not the domain's", "80ca00c100", "6a88")
      .clear("GET DATA E0 is", "80ca00e000", "9000")
      .clear("an instruction that it does not know", "80360000", "6d00")
      .clear("GET STATUS without a channel", "80f28002024f0000", "6982")
      .clear("PUT KEY without a channel", "80d80081", "6982")
      .clear("a protected command without a channel", "84ca00e000", "6982")
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000")
      .clear("GET DATA E0 in clear: no channel is open yet", "80ca00e000", "9000"),
  ),
  conversation("a command of another class under a MAC of its own ends the domain's channel", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x01)
      .through("GET DATA E0 in class 80", apdu("80ca00e0", undefined, true), "6982", "class")
      .clear("it is closed", "80ca00e000", "9000"),
  ),
  conversation("PUT KEY: parameters, length, keys", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x03)
      .through("P2 01", putKey("80d80001", NEXT_VERSION), "6a86")
      .through("P1 B0: more commands follow", putKey("80d8b081", NEXT_VERSION), "6a86")
      .through("P2 before the length", apdu("80d80001", unhex("31")), "6a86")
      .through("69 bytes", apdu("80d80081", keyData(NEXT_VERSION).subarray(0, 69)), "6700")
      .through("71 bytes", apdu("80d80081", join(keyData(NEXT_VERSION), unhex("00"))), "6700")
      .through("version 0", putKey("80d80081", 0), "6a80")
      .through("version 128", putKey("80d80081", 128), "6a80")
      .through("a check value of the second key", apdu("80d80081", flip(keyData(NEXT_VERSION), 46)), "6a80")
      .through("another key type", apdu("80d80081", flip(keyData(NEXT_VERSION), 1)), "6a80")
      .through("another length of a check value", apdu("80d80081", flip(keyData(NEXT_VERSION), 20)), "6a80")
      .through("another length of a key", apdu("80d80081", flip(keyData(NEXT_VERSION), 26)), "6a80")
      .through("in place of a version that is not there", putKey("80d83281", NEXT_VERSION), "6a88")
      .through("adding a version that is there", putKey("80d80081", KEY_VERSION), "6a80")
      .through("the keys are as they were", apdu("80ca00e0", undefined, true), "9000")
      .through("GET STATUS", apdu("80f28002", unhex("4f00"), true), "9000"),
  ),
  conversation("PUT KEY: three key sets, and no fourth", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x03)
      .through("adding version 1", putKey("80d80081", 1), "9000")
      .through("adding version 127", putKey("80d80081", 127), "9000")
      .through("a fourth", putKey("80d80081", NEXT_VERSION), "6a84")
      .through("version 127 in place of version 1, though it is there", putKey("80d80181", 127), "6a80")
      .through("a version in place of itself", putKey("80d80181", 1), "9000")
      .open(0x03, { version: 127 })
      .open(0x03, { version: 127 })
      .through("in place of version 127", putKey("80d87f81", NEXT_VERSION), "9000")
      .open(0x03, { version: NEXT_VERSION }),
  ),
  conversation(
    "PUT KEY adds to factory keys, and they go",
    S8,
    (t) =>
      t
        .select("SELECT the security domain", DOMAIN_AID)
        .open(0x03, { version: FACTORY_VERSION })
        .through("P1 FF names no version", putKey("80d8ff81", NEXT_VERSION), "6a86")
        .through("P1 7F names another one", putKey("80d87f81", NEXT_VERSION), "6a88")
        .through("adding keys", putKey("80d80081", NEXT_VERSION), "9000")
        .clear("the factory keys are gone", initialize("8050ff00", 8), "6a88")
        .open(0x03, { version: NEXT_VERSION })
        .through("adding keys to others", putKey("80d80081", KEY_VERSION), "9000")
        .open(0x03, { version: NEXT_VERSION })
        .open(0x03, { version: KEY_VERSION }),
    FACTORY_VERSION,
  ),
  conversation("every value of STORE DATA reaches the card", S8, (t) =>
    made(
      t,
      limits(
        "0102030405060708",
        "1112131415161718",
        "2122232425262728",
        "3132333435363738",
        "ffffffff",
        "0e",
      ),
    )
      .select()
      .clear(
        "profile: everything is published",
        "80ca00c100",
        "9000",
        "c12001000f0e00000000010203040506070811121314151617182122232425262728",
      ),
  ),
  conversation("nothing but the PIN threshold is published", S8, (t) =>
    made(
      t,
      limits(
        "0000000000000001",
        "0000000000000002",
        "0000000000000003",
        "0000000000000004",
        "ffffffff",
        "08",
      ),
    )
      .select()
      .clear("profile", "80ca00c100", "9000", `c12001000f0800000000${"00".repeat(16)}0000000000000003`),
  ),
  conversation("max transactions 0", S8, (t) =>
    made(t, limits("00000000000003e8", NO, NO, NO, "00000000", "0e")).clear(
      "AUTHORIZE",
      authorize(1n),
      "9c03",
    ),
  ),
  conversation("max transactions of which only the first byte is not 0", S8, (t) =>
    made(t, limits("00000000000003e8", NO, NO, NO, "01000000", "00")).clear(
      "AUTHORIZE",
      authorize(1n),
      "9000",
    ),
  ),
  conversation("a no-PIN budget of which only the last byte is not 0", S8, (t) =>
    made(t, limits("00000000000003e8", NO, NO, "0000000000000005", "ffffffff", "00"))
      .clear("AUTHORIZE 6 msat", authorize(6n), "6984")
      .clear("AUTHORIZE 5 msat", authorize(5n), "9000"),
  ),
  conversation("a PIN in block 00 stays, and block 00 again takes it away", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00 with a PIN", store("0800", [...firstBlock, GROUP.pin]), "9000")
      .through("block 01 without", store("8801", [GROUP.issuer, GROUP.limits]), "9000")
      .clear("VERIFY", "0020008008241234ffffffffff", "9000")
      .through("RESET", reset, "9000")
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00 with a PIN", store("0800", [...firstBlock, GROUP.pin]), "9000")
      .through("block 00 without", first, "9000")
      .through("block 01 without", store("8801", [GROUP.issuer, GROUP.limits]), "9000")
      .clear("VERIFY", "0020008008241234ffffffffff", "6984"),
  ),
  conversation("a PIN of which a try was used is new after it was stored again", S8, (t) =>
    made(t, GROUP.limits, [GROUP.pin])
      .clear("VERIFY, wrong", "0020008008249999ffffffffff", "63c2")
      .through("RESET", reset, "9000")
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .clear("VERIFY without data: three tries", "00200080", "63c3"),
  ),
  conversation("the version in INITIALIZE UPDATE chooses the keys", S8, (t) =>
    t
      .select()
      .clear("the new version is not there yet", initialize(`8050${hex(uint(NEXT_VERSION, 1))}00`, 8), "6a88")
      .open(0x03, { version: 0 }),
  ),
];
