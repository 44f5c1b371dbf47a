import { hex, join, unhex } from "../../../reference/bytes.js";
import { respond } from "../../../reference/card/respond.js";
import { APPLICATION_AID, type Card } from "../../../reference/card/state.js";
import { aesBlock, aesEncrypt, cmac } from "../../../reference/crypto.js";
import {
  authenticate,
  type Channel,
  greet,
  openResponse,
  protectCommand,
  sizeOf,
} from "../../../reference/scp03.js";
import { flip } from "../card/bytes.js";
import { fixedRandom, KEY_VERSION, keysOf, vectorCard } from "./cards.js";
import { apdu, GENERATE_KEY_PAIR } from "./sessions.js";

/** What a host makes of the answers of a card: of INITIALIZE UPDATE, and of one command through the channel. */
interface Answer {
  readonly sw: string;
  readonly data: Buffer;
}

/** A channel with one command on its way. */
function greeting(i: number, level: number) {
  const draw = fixedRandom("card entropy");
  let card: Card = vectorCard(i);
  const send = (command: Uint8Array): Answer => {
    const answer = respond(card, command, draw);
    card = answer.card;
    return answer;
  };
  send(apdu("00a40400", unhex(APPLICATION_AID), true));
  const challenge = fixedRandom("host challenge")(sizeOf(i));
  const said = send(apdu(`8050${KEY_VERSION.toString(16)}00`, challenge, true)).data;
  const keys = keysOf(said.subarray(0, 10));
  const opened = authenticate(greet(keys, challenge, said), level);
  send(opened.bytes);
  const { bytes, channel } = protectCommand(
    opened.channel,
    GENERATE_KEY_PAIR.subarray(0, 4),
    GENERATE_KEY_PAIR.subarray(5, 21),
  );
  const command = join(bytes, unhex("00"));
  const answer = send(command);
  const head = {
    staticKeys: { version: KEY_VERSION, ...keys },
    hostChallenge: hex(challenge),
    level: level.toString(16).padStart(2, "0"),
  };
  return { head, said, authenticate: hex(opened.bytes), channel, command, answer };
}

type Greeting = ReturnType<typeof greeting>;

/** The card's answer to INITIALIZE UPDATE, changed. */
const refusedHello = (comment: string, error: string, change: (said: Buffer) => Uint8Array) => {
  const { head, said } = greeting(0x70, 0x33);
  return { comment, valid: false, ...head, initialize: hex(change(Buffer.from(said))), error };
};

const answered = (comment: string, made: Greeting, { sw, data }: Answer) => {
  const { head, said, authenticate, command } = made;
  const response = { plain: hex(GENERATE_KEY_PAIR), command: hex(command), sw, data: hex(data) };
  return { comment, head: { ...head, initialize: hex(said), authenticate, response } };
};
const good = (comment: string, i: number, level: number) => {
  const made = greeting(i, level);
  const { head } = answered(comment, made, made.answer);
  const plain = hex(openResponse(made.channel, made.answer.data, made.answer.sw));
  return { comment, valid: true, ...head, plain };
};
const bad = (
  comment: string,
  error: string,
  change: (answer: Answer, channel: Channel) => Answer,
  level = 0x33,
  i = 0x70,
) => {
  const made = greeting(i, level);
  const { head } = answered(comment, made, change(made.answer, made.channel));
  return { comment, valid: false, ...head, error };
};

/** Response data under a right MAC, whatever they are. */
function maced({ keys, chain, size }: Channel, body: Uint8Array, sw: string): Buffer {
  const mac = cmac(unhex(keys.rmac), unhex(chain), body, unhex(sw)).subarray(0, size);
  return join(body, mac);
}

/** 16 bytes of 55, encrypted as the response to the command of this channel is. */
function unpadded({ keys, counter }: Channel): Buffer {
  const block = unhex(`80${"00".repeat(14)}${counter.toString(16).padStart(2, "0")}`);
  return aesEncrypt(unhex(keys.enc), aesBlock(unhex(keys.enc), block), Buffer.alloc(16, 0x55));
}

export const hosts = (): readonly unknown[] => [
  good("S8, all protections", 0x70, 0x33),
  good("S8, responses with a MAC", 0x70, 0x13),
  good("S8, responses in clear", 0x70, 0x03),
  good("S16, all protections", 0x71, 0x33),
  good("a card that does not protect responses", 0x10, 0x03),
  refusedHello("a bit of the card cryptogram", "cryptogram", (said) => flip(said, 21)),
  refusedHello("the last bit of the card cryptogram", "cryptogram", (said) => flip(said, 28)),
  refusedHello("a bit of the card challenge", "cryptogram", (said) => flip(said, 13)),
  refusedHello("another protocol", "protocol", (said) => flip(said, 11)),
  refusedHello("a byte too few", "length", (said) => said.subarray(0, -1)),
  refusedHello("a byte too many", "length", (said) => join(said, unhex("00"))),
  refusedHello("27 bytes of another protocol", "length", (said) => flip(said, 11).subarray(0, 27)),
  refusedHello("28 bytes of another protocol", "protocol", (said) => flip(said, 11).subarray(0, 28)),
  refusedHello("without the sequence counter", "length", (said) => said.subarray(0, -3)),
  refusedHello("no data", "length", () => Buffer.alloc(0)),
  refusedHello("S16, which was not asked for", "length", () => greeting(0x71, 0x33).said),
  bad("a bit of the response's MAC", "mac", ({ sw, data }) => ({ sw, data: flip(data, data.length - 1) })),
  bad("a bit of the response's data", "mac", ({ sw, data }) => ({ sw, data: flip(data, 0) })),
  bad("another status word", "mac", ({ data }) => ({ sw: "6310", data })),
  bad("a MAC over another status word", "mac", ({ data }, channel) => ({
    sw: "9000",
    data: maced(channel, data.subarray(0, -8), "6200"),
  })),
  bad("no MAC", "length", ({ sw }) => ({ sw, data: Buffer.alloc(0) })),
  bad("7 bytes", "length", ({ sw, data }) => ({ sw, data: data.subarray(0, 7) })),
  bad("a byte cut off", "mac", ({ sw, data }) => ({ sw, data: data.subarray(0, -1) })),
  bad("no padding under a right MAC", "padding", ({ sw }, channel) => ({
    sw,
    data: maced(channel, unpadded(channel), sw),
  })),
  bad("no whole blocks under a right MAC", "padding", ({ sw }, channel) => ({
    sw,
    data: maced(channel, Buffer.alloc(15), sw),
  })),
  bad("an error status with data", "length", ({ data }) => ({ sw: "6a80", data })),
  bad(
    "a bit of the response's MAC, data in clear",
    "mac",
    ({ sw, data }) => ({ sw, data: flip(data, 140) }),
    0x13,
  ),
  bad(
    "S16, a bit of the last half of the MAC",
    "mac",
    ({ sw, data }) => ({ sw, data: flip(data, data.length - 1) }),
    0x33,
    0x71,
  ),
];
