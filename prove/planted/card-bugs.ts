import { bugsOf, type PlantedBug } from "./bug.js";

const tearing = { campaign: "tearing" } as const;
const model = { campaign: "model" } as const;
const fuzzing = { campaign: "fuzzing" } as const;

const card = (name: string): string => `simulator/card-application/${name}.ts`;

/** In the simulated card: skipped checks, swapped orders, off-by-ones, charging twice. */
export const CARD_BUGS: readonly PlantedBug[] = bugsOf("card", [
  {
    name: "the card signs before it commits",
    edits: {
      [card("authorize")]: [
        [
          "    state.atomically(() => {",
          "    const early = token(state, entry);\n    state.atomically(() => {",
        ],
        ["    // 8\n    return token(state, entry);", "    return early;"],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "the debit is no transaction",
    edits: {
      [card("authorize")]: [
        ["    state.atomically(() => {", "    (() => {"],
        ["      state.ring.add(entry);\n    });", "      state.ring.add(entry);\n    })();"],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "a repeated AUTHORIZE charges again",
    edits: {
      [card("authorize")]: [
        [
          "if (repeated) return token(state, repeated);",
          "if (repeated && amount > 1n << 60n) return token(state, repeated);",
        ],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "the ring forgets one too early",
    edits: { [card("ring")]: [["(entry.counter % RING_LENGTH)", "(entry.counter % (RING_LENGTH - 1))"]] },
    caughtBy: [model],
  },
  {
    name: "one msat above the maximum passes",
    edits: {
      [card("authorize")]: [
        ["if (amount > state.maxPerTransaction.u64())", "if (amount - 1n > state.maxPerTransaction.u64())"],
      ],
    },
    caughtBy: [model],
  },
  {
    name: "one msat above the available amount passes",
    edits: {
      [card("authorize")]: [["if (amount > availableOf(state))", "if (amount - 1n > availableOf(state))"]],
    },
    caughtBy: [model],
  },
  {
    name: "the PIN threshold itself needs the PIN",
    edits: {
      [card("authorize")]: [["amount > state.pinThreshold.u64()", "amount >= state.pinThreshold.u64()"]],
    },
    caughtBy: [model],
  },
  {
    name: "one transaction too many",
    edits: {
      [card("authorize")]: [
        ["if (counter >= state.maxTransactions.u32())", "if (counter > state.maxTransactions.u32())"],
      ],
    },
    caughtBy: [model],
  },
  {
    name: "spending without the PIN is not added up",
    edits: { [card("authorize")]: [["state.noPinSpent.u64() + amount", "amount"]] },
    caughtBy: [model],
  },
  {
    name: "one PIN entry serves many payments",
    edits: { [card("authorize")]: [["    state.pin.reset();\n", ""]] },
    caughtBy: [model],
  },
  {
    name: "a blocked card pays",
    edits: { [card("command-table")]: [["  [LIFECYCLE.BLOCKED]: SW.BLOCKED,\n", ""]] },
    caughtBy: [model],
  },
  {
    name: "the PIN is compared before its try is counted",
    edits: {
      "simulator/runtime/owner-pin.ts": [
        ["    this.#cell.write(Uint8Array.of(tries - 1));\n", ""],
        [
          "    if (!equalBytes(this.#cell.bytes.subarray(1), pin)) return false;",
          "    if (!equalBytes(this.#cell.bytes.subarray(1), pin)) {\n      this.#cell.write(Uint8Array.of(tries - 1));\n      return false;\n    }",
        ],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "PIN tries come back before the update is stored",
    edits: {
      [card("update")]: [
        [
          "  state.atomically(() => {",
          "  if (flags & UPDATE_FLAG.RESET_PIN_TRIES && state.pin.isSet) state.pin.resetAndUnblock();\n  state.atomically(() => {",
        ],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "an update is taken twice",
    edits: {
      [card("update")]: [
        [
          "readU32(body, SEQUENCE_AT) > state.sequence.u32()",
          "readU32(body, SEQUENCE_AT) >= state.sequence.u32()",
        ],
      ],
    },
    caughtBy: [model],
  },
  {
    name: "the credit may fall",
    edits: { [card("update")]: [["    credit >= state.credit.u64() &&\n", ""]] },
    caughtBy: [model],
  },
  {
    name: "anybody may sign an update",
    edits: {
      [card("update")]: [["    if (!secp256k1.verify(", "    if (digest.length === 0 && !secp256k1.verify("]],
    },
    caughtBy: [model],
  },
  {
    name: "an update for another key is taken",
    edits: {
      [card("update")]: [
        [
          "    equalBytes(body.subarray(KEY_CHECK_AT, KEY_CHECK_AT + KEY_CHECK_LENGTH), keyCheck) &&",
          "    keyCheck.length > 0 &&",
        ],
      ],
    },
    caughtBy: [model],
  },
  {
    name: "a torn transaction is not rolled back",
    edits: {
      "simulator/runtime/persistent-memory.ts": [
        [
          "    this.#inTransaction = false;\n    this.#rollBack();\n  }\n\n  /** The content as it",
          "    this.#inTransaction = false;\n    this.#journal = [];\n  }\n\n  /** The content as it",
        ],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "the roll-back drops its journal first",
    edits: {
      "simulator/runtime/persistent-memory.ts": [
        [
          "    for (const { cell, offset, old } of this.#journal.toReversed()) {",
          "    const entries = this.#journal;\n    this.#dropJournal();\n    for (const { cell, offset, old } of entries.toReversed()) {",
        ],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "RESET leaves a blank card its key when torn",
    edits: {
      [card("reset")]: [
        [
          "    state.atomically(() => {",
          "    state.lifecycle.write(Uint8Array.of(LIFECYCLE.BLANK));\n    state.atomically(() => {",
        ],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "personalized before everything is stored",
    edits: {
      [card("store-data")]: [
        [
          "    for (const { index, value } of groups)",
          "    if (last) state.lifecycle.write(Uint8Array.of(LIFECYCLE.PERSONALIZED));\n    for (const { index, value } of groups)",
        ],
      ],
    },
    caughtBy: [tearing],
  },
  {
    name: "failed authentications are not counted",
    edits: { "simulator/security-domain/channel.ts": [["    keys.countAttempt();\n", ""]] },
    caughtBy: [model],
  },
  {
    name: "a command's MAC is not checked",
    edits: {
      "simulator/security-domain/channel.ts": [
        [
          "|| !this.#checkMac(command))\n      throw this.#abort();",
          "|| (!this.#checkMac(command) && this.#size === 0))\n      throw this.#abort();",
        ],
      ],
    },
    caughtBy: [model],
  },
]);

/** In what reads bytes from outside. */
export const CODEC_BUGS: readonly PlantedBug[] = bugsOf("codecs", [
  {
    name: "a cut BigSize is read past its end",
    edits: { "lightning/tlv.ts": [["  if (bytes.length < next)\n", "  if (bytes.length < next - 8)\n"]] },
    caughtBy: [fuzzing],
  },
  {
    name: "padding of an invoice's field throws an untyped error",
    edits: {
      "lightning/bolt11/words.ts": [["new ParseError(path, ", "new RangeError(path && "]],
    },
    caughtBy: [fuzzing],
  },
  {
    name: "reading BER-TLV takes quadratic time",
    edits: {
      "apdu/tlv.ts": [
        [
          "    out.push({ tag, value: bytes.slice(at, at + length) });",
          "    out.splice(0, out.length, ...[...out, { tag, value: bytes.slice(at, at + length) }]);",
        ],
      ],
    },
    caughtBy: [fuzzing],
  },
  {
    name: "the host follows a card that never ends",
    edits: {
      "apdu/response-chaining.ts": [
        [
          "        if (total > MAX_ANSWER || (data.length === 0 && isMoreData(sw)))",
          "        if (total > MAX_ANSWER && data.length === 0)",
        ],
      ],
    },
    caughtBy: [fuzzing],
  },
]);
