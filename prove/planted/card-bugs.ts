import { bug, bugsOf, type PlantedBug } from "./bug.js";

const tearing = { campaign: "tearing" } as const;
const model = { campaign: "model" } as const;
const TORN_KEYS = "test/simulator/torn-keys.test.ts";
const fuzzing = { campaign: "fuzzing" } as const;
const pictures = (named: string) => ({ tests: "test/lightning/odt-qr.test.ts", named });

const card = (name: string): string => `simulator/card-application/${name}.ts`;

/** In the simulated card: skipped checks, swapped orders, off-by-ones, charging twice. */
export const CARD_BUGS: readonly PlantedBug[] = bugsOf("card", [
  bug(
    "the card signs before it commits",
    [tearing],
    [
      card("authorize"),
      "    state.atomically(() => {",
      "    const early = token(state, entry);\n    state.atomically(() => {",
    ],
    [card("authorize"), "    // 8\n    return token(state, entry);", "    return early;"],
  ),
  bug(
    "the debit is no transaction",
    [tearing],
    [card("authorize"), "    state.atomically(() => {", "    (() => {"],
    [card("authorize"), "      state.ring.add(entry);\n    });", "      state.ring.add(entry);\n    })();"],
  ),
  bug(
    "a repeated AUTHORIZE charges again",
    [tearing],
    [
      card("authorize"),
      "if (repeated) return token(state, repeated);",
      "if (repeated && amount > 1n << 60n) return token(state, repeated);",
    ],
  ),
  bug(
    "the ring forgets one too early",
    [model],
    [card("ring"), "(entry.counter % RING_LENGTH)", "(entry.counter % (RING_LENGTH - 1))"],
  ),
  bug(
    "one msat above the maximum passes",
    [model],
    [
      card("authorize"),
      "if (amount > state.maxPerTransaction.u64())",
      "if (amount - 1n > state.maxPerTransaction.u64())",
    ],
  ),
  bug(
    "one msat above the available amount passes",
    [model],
    [card("authorize"), "if (amount > availableOf(state))", "if (amount - 1n > availableOf(state))"],
  ),
  bug(
    "the PIN threshold itself needs the PIN",
    [model],
    [card("authorize"), "amount > state.pinThreshold.u64()", "amount >= state.pinThreshold.u64()"],
  ),
  bug(
    "one transaction too many",
    [model],
    [
      card("authorize"),
      "if (counter >= state.maxTransactions.u32())",
      "if (counter > state.maxTransactions.u32())",
    ],
  ),
  bug(
    "spending without the PIN is not added up",
    [model],
    [card("authorize"), "state.noPinSpent.u64() + amount", "amount"],
  ),
  bug("one PIN entry serves many payments", [model], [card("authorize"), "    state.pin.reset();\n", ""]),
  bug("a blocked card pays", [model], [card("command-table"), "  [LIFECYCLE.BLOCKED]: SW.BLOCKED,\n", ""]),
  bug(
    "the PIN is compared before its try is counted",
    [tearing],
    ["simulator/runtime/owner-pin.ts", "    this.#cell.write(Uint8Array.of(tries - 1));\n", ""],
    [
      "simulator/runtime/owner-pin.ts",
      "    if (!equalBytes(this.#cell.bytes.subarray(1), pin)) return false;",
      "    if (!equalBytes(this.#cell.bytes.subarray(1), pin)) {\n      this.#cell.write(Uint8Array.of(tries - 1));\n      return false;\n    }",
    ],
  ),
  bug(
    "PIN tries come back before the update is stored",
    [tearing],
    [
      card("update"),
      "  state.atomically(() => {",
      "  if (flags & UPDATE_FLAG.RESET_PIN_TRIES && state.pin.isSet) state.pin.resetAndUnblock();\n  state.atomically(() => {",
    ],
  ),
  bug(
    "an update is taken twice",
    [model],
    [
      card("update"),
      "readU32(body, SEQUENCE_AT) > state.sequence.u32()",
      "readU32(body, SEQUENCE_AT) >= state.sequence.u32()",
    ],
  ),
  bug("the credit may fall", [model], [card("update"), "    credit >= state.credit.u64() &&\n", ""]),
  bug(
    "anybody may sign an update",
    [model],
    [card("update"), "    if (!secp256k1.verify(", "    if (digest.length === 0 && !secp256k1.verify("],
  ),
  bug(
    "an update for another key is taken",
    [model],
    [
      card("update"),
      "    equalBytes(body.subarray(KEY_CHECK_AT, KEY_CHECK_AT + KEY_CHECK_LENGTH), keyCheck) &&",
      "    keyCheck.length > 0 &&",
    ],
  ),
  bug(
    "a torn transaction is not rolled back",
    [tearing],
    [
      "simulator/runtime/persistent-memory.ts",
      "    this.#inTransaction = false;\n    this.#rollBack();\n  }\n\n  /** The content as it",
      "    this.#inTransaction = false;\n    this.#journal = [];\n  }\n\n  /** The content as it",
    ],
  ),
  bug(
    "the roll-back drops its journal first",
    [tearing],
    [
      "simulator/runtime/persistent-memory.ts",
      "    for (const { cell, offset, old } of this.#journal.toReversed()) {",
      "    const entries = this.#journal;\n    this.#dropJournal();\n    for (const { cell, offset, old } of entries.toReversed()) {",
    ],
  ),
  bug(
    "RESET leaves a blank card its key when torn",
    [tearing, { tests: TORN_KEYS, named: "finished at the next SELECT" }],
    [
      card("reset"),
      "  if (state.lifecycle.u8() !== RESETTING) return;\n",
      "  if (state.lifecycle.u8() !== RESETTING) return;\n  state.lifecycle.write(Uint8Array.of(LIFECYCLE.BLANK));\n",
    ],
  ),
  bug(
    "a torn RESET is not finished",
    [tearing, { tests: TORN_KEYS, named: "finished at the next SELECT" }],
    [card("application"), "    finishReset(this.#state);\n", "    void finishReset;\n"],
  ),
  bug(
    "a torn GENERATE KEY PAIR leaves a key with the point of another",
    [tearing, { tests: TORN_KEYS, named: "never a half" }],
    [
      card("generate-key-pair"),
      "    state.point.write(new Uint8Array(POINT_LENGTH));\n",
      "    void POINT_LENGTH;\n",
    ],
  ),
  bug(
    "an application on T=0 knows Le from Lc",
    [{ tests: "test/simulator/protocol.test.ts", named: "for the length of data" }],
    ["simulator/runtime/protocol.ts", "isWithExactLe(command)) {", "isWithExactLe(command) && told) {"],
  ),
  bug(
    "personalized before everything is stored",
    [tearing],
    [
      card("store-data"),
      "    for (const { index, value } of groups)",
      "    if (last) state.lifecycle.write(Uint8Array.of(LIFECYCLE.PERSONALIZED));\n    for (const { index, value } of groups)",
    ],
  ),
  bug(
    "failed authentications are not counted",
    [model],
    ["simulator/security-domain/channel.ts", "    keys.countAttempt();\n", ""],
  ),
  bug(
    "a command's MAC is not checked",
    [model],
    [
      "simulator/security-domain/channel.ts",
      "|| !this.#checkMac(command))\n      throw this.#abort();",
      "|| (!this.#checkMac(command) && this.#size === 0))\n      throw this.#abort();",
    ],
  ),
]);

/** In what reads bytes from outside. */
export const CODEC_BUGS: readonly PlantedBug[] = bugsOf("codecs", [
  bug(
    "a cut BigSize is read past its end",
    [fuzzing],
    ["lightning/tlv.ts", "  if (bytes.length < next)\n", "  if (bytes.length < next - 8)\n"],
  ),
  bug(
    "padding of an invoice's field throws an untyped error",
    [fuzzing],
    ["lightning/bolt11/words.ts", "new ParseError(path, ", "new RangeError(path && "],
  ),
  bug(
    "reading BER-TLV takes quadratic time",
    [fuzzing],
    [
      "apdu/tlv.ts",
      "    out.push({ tag, value: bytes.slice(at, at + length) });",
      "    out.splice(0, out.length, ...[...out, { tag, value: bytes.slice(at, at + length) }]);",
    ],
  ),
  bug(
    "the host follows a card that never ends",
    [fuzzing],
    [
      "apdu/response-chaining.ts",
      "        if (total > MAX_ANSWER || (data.length === 0 && isMoreData(sw)))",
      "        if (total > MAX_ANSWER && data.length === 0)",
    ],
  ),
  bug(
    "a picture unpacks beyond what its header says",
    [pictures("would unpack without end")],
    ["lightning/odt/png-read.ts", "inflateSync(packed, { maxOutputLength: length })", "inflateSync(packed)"],
  ),
  bug(
    "a picture whose rows end early is read",
    [pictures("unpack to more or to less")],
    ["lightning/odt/png-read.ts", ".length !== length) throw", ".length > length) throw"],
  ),
]);
