import { hex, join, uint, unhex } from "../../../reference/bytes.js";
import { provenPoint, respond } from "../../../reference/card/respond.js";
import { APPLICATION_AID, type Card, withoutPower } from "../../../reference/card/state.js";
import { aesBlock, aesEncrypt } from "../../../reference/crypto.js";
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
import { fixedRandom, KEY_VERSION, keysOf, vectorCard } from "./cards.js";
import { apdu } from "./sessions.js";

/** A part of a conversation, as the vectors have it. */
export interface Step {
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

export type Spoilt = "mac" | "padding" | "length" | "clear" | "chain" | "class" | "cryptogram";

/**
 * A card that fixes what it draws, and a host with a channel to it, which makes mistakes on purpose. What the card answers
 * is checked here before it becomes a vector.
 */
export class Talk {
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
