import { readCardAddress } from "../../../bolt-card/address.js";
import { readNdefUri } from "../../../bolt-card/ndef.js";
import { decryptPicc, sunMac } from "../../../bolt-card/sun.js";
import { readCapabilities } from "../../../bolt-card/type4.js";
import { readCallbackAnswer, readWithdrawRequest } from "../../../bolt-card/withdraw.js";
import { equalBytes } from "../../../common/index.js";
import { readTag } from "../../../host/bolt-card/read-tag.js";
import { provisionNtag, TornError } from "../../../simulator/index.js";
import { seededEntropy } from "../../../testing/random.js";
import { bytesOf, chunksOf, type FuzzTarget, joinChunks, textOf } from "../target.js";
import { stringsOf, vectorFile } from "../vectors.js";
import { scripted } from "./host.js";

/** The chip broke a rule that holds whatever is sent to it. */
class ChipRuleError extends Error {}

const bytes = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, "hex"));
const UID = bytes("04996c6a926980");
const K1 = bytes("0c3b25d92b38ae443229dd59ad34b85d");
const K2 = bytes("b45775776cb224c75bcde7ca3704e933");
const ADDRESS = "lnurlw://cards.example/ln";

const SELECT = bytes("00a4040007d276000085010100");
const SELECT_CC = bytes("00a4000c02e103");
const READ_CC = bytes("00b000000f");
const SELECT_NDEF = bytes("00a4000c02e104");
const READ_LENGTH = bytes("00b0000002");
const READ_ALL = bytes("00b0000000");
const READING = [SELECT, SELECT_CC, READ_CC, SELECT_NDEF, READ_LENGTH, READ_ALL];
const MAX_COMMANDS = 24;
/** What the chip may answer (NXP NT4H2421Gx §10.9). */
const STATUS_WORDS = /^(9000|61..|6700|6982|6985|6a8[0267]|6d00|6e00|911c)$/;

const newChip = (counter: number) =>
  provisionNtag(
    { uid: UID, address: ADDRESS, piccKey: K1, macKey: K2, counter },
    { entropy: seededEntropy(7) },
  );

/** First byte: whether the last answer is given for ever. Then the answers of a tag. */
export const tagTarget: FuzzTarget = {
  name: "answers of a tag",
  weight: 60,
  corpus() {
    const chip = newChip(1);
    chip.powerOn();
    const message = bytes("00b0000253");
    const real = [...READING.slice(0, 5), message].map((command) => chip.exchange(command));
    const files = [...stringsOf(vectorFile("bolt-card"), ["hex"])].map((hex) => bytes(`${hex}9000`));
    const around = files.map((file) => [
      bytes("9000"),
      bytes("9000"),
      file,
      bytes("9000"),
      bytes("00109000"),
      file,
    ]);
    return [real, ...around].flatMap((answers) =>
      [0, 0x80].map((kind) => Uint8Array.of(kind, ...joinChunks(answers))),
    );
  },
  run: (input) => readTag(scripted(input.subarray(1), (input[0] ?? 0) >= 0x80)),
};

const READERS: readonly ((input: Uint8Array) => unknown)[] = [
  readCapabilities,
  readNdefUri,
  (input) => readCardAddress(textOf(input)).href,
  (input) => readCardAddress(textOf(input), true).href,
  (input) => readWithdrawRequest(textOf(input)),
  (input) => readCallbackAnswer(textOf(input)) ?? "OK",
];

/** First byte: what is read. Then a file of a tag, an address, or what a card's server answers. */
export const boltCardTarget: FuzzTarget = {
  name: "what Bolt Cards and their servers say",
  weight: 100,
  words: ['"status":"ERROR"', '"reason":', "lnurlw://", "LNURL1", "lightning:", ".onion", "1e999", "-0"],
  corpus() {
    const file = vectorFile("bolt-card");
    const texts = stringsOf(file, ["address", "answer", "url"]).map(bytesOf);
    const files = stringsOf(file, ["hex"]).map(bytes);
    return [...texts, ...files].flatMap((input) => READERS.map((_, at) => Uint8Array.of(at, ...input)));
  },
  run: (input) => READERS[(input[0] ?? 0) % READERS.length]?.(input.subarray(1)),
};

/**
 * Commands to a chip, each behind its length. One of a single byte takes its power: 0 at once, else at the next command's
 * persistent write of that number, or behind it. Whatever comes, a counter is never in two different addresses.
 */
export const chipTarget: FuzzTarget = {
  name: "APDUs to a Bolt Card",
  weight: 60,
  corpus() {
    const torn = [0, 1, 2, 255].map((point) => [...READING.slice(0, 5), Uint8Array.of(point), ...READING]);
    const foreign = stringsOf(vectorFile("card-commands"), ["hex"])
      .map(bytes)
      .filter(({ length }) => length >= 4 && length <= 262);
    const rows = [READING, [...READING, SELECT_NDEF, READ_ALL, READ_ALL], ...torn];
    return [...rows, ...foreign.map((apdu) => [...READING, apdu, READ_ALL])].flatMap((row) =>
      [0, 0xff].map((start) => Uint8Array.of(start, ...joinChunks(row))),
    );
  },
  run(input) {
    const chip = newChip(input[0] === 0xff ? 0xfffffd : (input[0] ?? 0));
    chip.powerOn();
    const shown = new Map<number, string>();
    const words: string[] = [];
    for (const command of [...chunksOf(input.subarray(1))].slice(0, MAX_COMMANDS)) {
      const [first = 0] = command;
      if (command.length === 1) {
        if (first === 0) chip.powerOn();
        else chip.tearAt(first === 255 ? "after-command" : { write: first });
        continue;
      }
      try {
        const answer = Buffer.from(chip.exchange(command));
        const sw = answer.subarray(-2).toString("hex");
        if (!STATUS_WORDS.test(sw)) throw new ChipRuleError(`answered ${sw}`);
        words.push(sw);
        hold(answer.toString("latin1"), shown);
      } catch (error) {
        if (!(error instanceof TornError)) throw error;
        chip.powerOn();
      }
    }
    return words.slice(0, 6).join(" ");
  },
};

/** @throws ChipRuleError for an address that is not genuine, and for another one with a counter that was shown */
function hold(answer: string, shown: Map<number, string>): void {
  const [address, p = "", c = ""] = /\?p=([0-9A-F]{32})&c=([0-9A-F]{16})/.exec(answer) ?? [];
  if (address === undefined) return;
  const picc = decryptPicc(K1, bytes(p));
  if (!picc || !equalBytes(sunMac(K2, UID, picc.counter), bytes(c)))
    throw new ChipRuleError(`shows an address that is not genuine: ${address}`);
  const before = shown.get(picc.counter);
  if (before !== undefined && before !== address)
    throw new ChipRuleError(`shows counter ${picc.counter} in two addresses`);
  if (Math.max(0, ...shown.keys()) > picc.counter) throw new ChipRuleError("its counter goes back");
  shown.set(picc.counter, address);
}
