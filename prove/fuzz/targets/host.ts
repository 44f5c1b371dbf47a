import {
  authorize,
  changePin,
  decodeResponseApdu,
  generateKeyPair,
  getProfile,
  identify,
  LEVEL,
  openSecureChannel,
  type Reader,
  select,
  send,
  type Transport,
  TransportError,
  update,
  verifyPin,
} from "../../../apdu/index.js";
import type { Msat } from "../../../common/index.js";
import { openSession, takeToken } from "../../../host/index.js";
import * as apdus from "../../card/apdus.js";
import { initializeUpdate } from "../../card/channel.js";
import { FACTORY_KEYS, FACTORY_VERSION, hashOf, PIN_BLOCK } from "../../card/material.js";
import { enter, tornStates } from "../../tearing/states.js";
import { chunksOf, type FuzzTarget, joinChunks } from "../target.js";
import { bytesIn, vectorFile } from "../vectors.js";

const HASH = hashOf("prove/fuzz invoice");
const AMOUNT = 60n as Msat;
const MAX_EXCHANGES = 5000;

/** A card that answers what the input says, one chunk after the other; then the last one again, or it is torn. */
export function scripted(input: Uint8Array, repeatLast: boolean): Transport {
  const chunks = chunksOf(input);
  let last: Uint8Array | undefined;
  let count = 0;
  return {
    async transmit() {
      const next = chunks.next();
      if (!next.done) last = next.value;
      else if (!repeatLast) last = undefined;
      if (!last) throw new TransportError("torn", "the card left the reader");
      if (++count > MAX_EXCHANGES) throw new RangeError("the host never stops asking");
      return last;
    },
  };
}

const reader = (card: Transport): Reader => ({
  name: "scripted",
  async waitForCard() {
    return { atr: Uint8Array.of(0x3b), transmit: (command) => card.transmit(command), close: async () => {} };
  },
  async waitForRemoval() {},
});

const OPERATIONS: readonly ((card: Transport) => Promise<unknown>)[] = [
  (card) => takeToken(reader(card), { amount: AMOUNT, invoiceHash: HASH }, { askPin: async () => "1234" }),
  async (card) => (await openSession(card)).authorize(AMOUNT, HASH),
  async (card) => (await openSession(card)).identify(HASH),
  async (card) => (await openSession(card)).pinState(),
  async (card) => (await openSession(card)).profile(),
  async (card) => (await openSession(card)).verifyPin("1234"),
  async (card) => (await openSession(card)).changePin("1234", "654321"),
  async (card) => (await openSession(card)).update(new Uint8Array(149).fill(3)),
  async (card) => (await openSession(card)).certificate(),
  async (card) => {
    const channel = await openSecureChannel(card, {
      keyVersion: FACTORY_VERSION,
      level: LEVEL.C_MAC | LEVEL.C_DECRYPTION | LEVEL.R_MAC | LEVEL.R_ENCRYPTION,
      staticKeys: () => FACTORY_KEYS,
      random: () => Uint8Array.from(Buffer.from("1011121314151617", "hex")),
    });
    return send(channel, generateKeyPair, { challenge: HASH.slice(0, 16) });
  },
];

/** What a real card answers to what a host asks. */
let recorded: Uint8Array[] | undefined;
function conversations(): Uint8Array[] {
  if (recorded) return recorded;
  const asked = [
    [apdus.SELECT_APP, apdus.authorize(60n, HASH)],
    [apdus.SELECT_APP, apdus.authorize(150n, HASH), apdus.verify(PIN_BLOCK), apdus.authorize(150n, HASH)],
    [apdus.SELECT_APP, apdus.identify(HASH)],
    [apdus.SELECT_APP, apdus.PIN_STATE],
    [apdus.SELECT_APP, apdus.GET_PROFILE],
    [apdus.SELECT_APP, apdus.GET_CERTIFICATE],
    [apdus.SELECT_APP, initializeUpdate(FACTORY_VERSION)],
    [initializeUpdate(FACTORY_VERSION), apdus.GET_PROFILE],
  ];
  recorded = tornStates(["blank", "personalized", "blocked", "with a certificate"]).flatMap((state) =>
    asked.map((commands) => {
      const { card } = enter(state);
      card.powerOn();
      return joinChunks(commands.map((command) => card.exchange(command)));
    }),
  );
  return recorded;
}

/** Answers that promise more for ever, and one that wants the command again for ever. */
const ENDLESS = ["0102036110", "6110", "6c10"].map((hex) => joinChunks([Buffer.from(hex, "hex")]));

/** First byte: what the host does, and whether the last answer is given for ever. Then responses. */
export const hostTarget: FuzzTarget = {
  name: "responses to the host",
  weight: 60,
  corpus: () =>
    OPERATIONS.flatMap((_, operation) => [
      ...conversations().map((chunks) => Uint8Array.of(operation, ...chunks)),
      ...ENDLESS.map((chunks) => Uint8Array.of(0x80 | operation, ...chunks)),
    ]),
  async run(input) {
    const [first = 0] = input;
    const operation = OPERATIONS[(first & 0x7f) % OPERATIONS.length];
    const done = await operation?.(scripted(input.subarray(1), first >= 0x80));
    return done instanceof Uint8Array ? done.length.toString() : done;
  },
};

const DECODERS: readonly ((data: Uint8Array) => unknown)[] = [
  select.decodeResponse,
  getProfile.decodeResponse,
  authorize.decodeResponse,
  identify.decodeResponse,
  verifyPin.decodeResponse,
  changePin.decodeResponse,
  update.decodeResponse,
  generateKeyPair.decodeResponse,
  decodeResponseApdu,
];

/** First byte: which command's answer. */
export const responseTarget: FuzzTarget = {
  name: "response data",
  weight: 90,
  corpus: () =>
    bytesIn(vectorFile("card-commands"), ["hex"]).flatMap((data) =>
      DECODERS.map((_, decoder) => Uint8Array.of(decoder, ...data)),
    ),
  run: (input) => DECODERS[(input[0] ?? 0) % DECODERS.length]?.(input.subarray(1)),
};
