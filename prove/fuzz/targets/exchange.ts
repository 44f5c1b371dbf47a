import {
  collect,
  EXCHANGE_AID,
  encodeCommandApdu,
  present,
  selectExchange,
  splitChain,
} from "../../../apdu/index.js";
import { exchange } from "../../../host/index.js";
import { simulatedPhone } from "../../../simulator/index.js";
import { encodeVpcdFrame, VpcdFrameReader } from "../../../simulator/vpcd-frames.js";
import * as apdus from "../../card/apdus.js";
import { hashOf } from "../../card/material.js";
import { chunksOf, type FuzzTarget, joinChunks } from "../target.js";
import { bytesIn, stringsOf, vectorFile } from "../vectors.js";
import { scripted } from "./host.js";

/** The phone broke a rule that holds whatever is sent to it. */
class PhoneRuleError extends Error {}

const INVOICE = `lnbcrt1${"p".repeat(300)}`;
const PREIMAGE = hashOf("prove/fuzz preimage");
const MAX_COMMANDS = 24;
/** What a phone may answer (specs/06 §5). */
const STATUS_WORDS = /^(9000|61..|6c..|6700|6883|6985|6a8[0126]|6b00|6d00|6e00|9c1[0-2])$/;

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const SELECT = encodeCommandApdu(selectExchange.encodeRequest({}));
const PRESENT = splitChain(present.encodeRequest({ invoice: INVOICE })).map((apdu) =>
  encodeCommandApdu(apdu),
);
const COLLECT = encodeCommandApdu(collect.encodeRequest({ offset: 0 }));

/** What a phone answers a terminal, step by step, with the message there or not. */
async function conversation(isPaid: boolean): Promise<Uint8Array[]> {
  const phone = simulatedPhone({
    pay: () => (isPaid ? Promise.resolve(PREIMAGE) : new Promise(() => undefined)),
  });
  phone.powerOn();
  const answers = [SELECT, ...PRESENT].map((command) => phone.exchange(command));
  await new Promise((resolve) => setImmediate(resolve));
  return [...answers, phone.exchange(COLLECT)];
}

/** First byte: how long a type is in the message, and whether the last answer is given for ever. Then a phone's answers. */
export async function exchangeAnswerTarget(): Promise<FuzzTarget> {
  const real = [await conversation(true), await conversation(false)];
  const ok = Uint8Array.of(0x90, 0x00);
  const [select = ok] = real[0] ?? [];
  const messages = bytesIn(vectorFile("odt"), ["hex"]).map((message) => [
    select,
    ok,
    ok,
    Uint8Array.of(message.length >> 8, message.length & 0xff, ...message, ...ok),
  ]);
  const endless = ["6110", "6c10", "9c10", "0800aa9000", "9000"].map((answer) => [
    select,
    ok,
    ok,
    bytes(answer),
  ]);
  return {
    name: "answers of a phone",
    weight: 40,
    corpus: () => [
      ...[...real, ...messages].flatMap((answers) =>
        [0, 1].map((kind) => Uint8Array.of(kind, ...joinChunks(answers))),
      ),
      ...endless.map((answers) => Uint8Array.of(0x80, ...joinChunks(answers))),
    ],
    async run(input) {
      const [first = 0] = input;
      const phone = scripted(input.subarray(1), first >= 0x80);
      return await exchange(phone, INVOICE, { typeLength: first & 1 ? 1 : 2, timeoutMs: 0, pollMs: 0 });
    },
  };
}

/** Command APDUs to a phone that is powered and selected, each behind its length. */
export const phoneTarget: FuzzTarget = {
  name: "APDUs to a phone",
  weight: 40,
  corpus() {
    const vectors = stringsOf(vectorFile("card-commands"), ["hex"]).map(bytes);
    const foreign = vectors.filter(({ length }) => length >= 4 && length <= 262);
    const sale = [SELECT, ...PRESENT, COLLECT];
    return [sale, [...sale, COLLECT, ...PRESENT, COLLECT], ...foreign.map((apdu) => [SELECT, apdu])].map(
      joinChunks,
    );
  },
  async run(input) {
    const paid: string[] = [];
    const phone = simulatedPhone({
      pay: async (invoice) => {
        paid.push(invoice);
        return PREIMAGE;
      },
      accepts: (invoice) => invoice.startsWith("ln"),
    });
    phone.powerOn();
    const words: string[] = [];
    for (const command of [...chunksOf(input)].slice(0, MAX_COMMANDS)) {
      const { sw, data } = apdus.exchange(phone, command);
      if (!STATUS_WORDS.test(sw)) throw new PhoneRuleError(`answered ${sw}`);
      if (data.length > 256) throw new PhoneRuleError(`answered ${data.length} bytes`);
      words.push(sw);
      await Promise.resolve();
    }
    if (new Set(paid).size !== paid.length) throw new PhoneRuleError("paid an invoice twice");
    if (paid.some((invoice) => !invoice.startsWith("ln")))
      throw new PhoneRuleError("paid what it does not accept");
    return words.slice(0, 4).join(" ");
  },
};

const CODECS: readonly ((input: Uint8Array) => unknown)[] = [
  (input) => selectExchange.decodeResponse(input),
  (input) => present.decodeResponse(input),
  (input) => collect.decodeResponse(input),
];

/** First byte: which command's answer. */
export const exchangeCodecTarget: FuzzTarget = {
  name: "exchange commands",
  weight: 60,
  corpus: () =>
    [
      SELECT,
      ...PRESENT,
      COLLECT,
      EXCHANGE_AID,
      bytes("002200aa"),
      bytes("6f128408f043484551554502a506c10401000100"),
    ].flatMap((input) => CODECS.map((_, codec) => Uint8Array.of(codec, ...input))),
  run: (input) => CODECS[(input[0] ?? 0) % CODECS.length]?.(input.subarray(1)),
};

/** First byte: how the network cuts the stream. Then frames as the virtual reader sends them. */
export const frameTarget: FuzzTarget = {
  name: "frames of the virtual reader",
  weight: 60,
  corpus() {
    const frames = [
      Uint8Array.of(1),
      SELECT,
      Uint8Array.of(4),
      Uint8Array.of(2),
      ...PRESENT,
      Uint8Array.of(0),
    ];
    const stream = Buffer.concat(frames.map(encodeVpcdFrame));
    return [0, 1, 2, 7, 200].map((cut) => Uint8Array.of(cut, ...stream));
  },
  run(input) {
    const step = input[0] || MAX_COMMANDS;
    const stream = input.subarray(1);
    const whole = new VpcdFrameReader().push(stream);
    const reader = new VpcdFrameReader();
    const pieces = [];
    // Beyond this the same happens over and over.
    const end = Math.min(stream.length, 4096);
    for (let at = 0; at < end; at += step) pieces.push(...reader.push(stream.subarray(at, at + step)));
    const kinds = pieces.map(({ kind }) => kind);
    if (whole.slice(0, kinds.length).some(({ kind }, i) => kind !== kinds[i]))
      throw new PhoneRuleError("the stream says something else in pieces");
    return kinds.slice(0, 6).join(" ");
  },
};
