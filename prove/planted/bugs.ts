/** One known bug: pieces of a source file and what stands in their place. */
export interface PlantedBug {
  readonly name: string;
  readonly file: string;
  /** Each piece stands exactly once in the file. */
  readonly edits: readonly (readonly [piece: string, instead: string])[];
}

const card = (name: string): string => `simulator/card-application/${name}.ts`;

/** Bugs of the kinds that cost money, one at a time: skipped checks, swapped orders, off-by-ones, charging twice. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: "the card signs before it commits",
    file: card("authorize"),
    edits: [
      [
        "    state.atomically(() => {",
        "    const early = token(state, entry);\n    state.atomically(() => {",
      ],
      ["    // 8\n    return token(state, entry);", "    return early;"],
    ],
  },
  {
    name: "the debit is no transaction",
    file: card("authorize"),
    edits: [
      ["    state.atomically(() => {", "    (() => {"],
      ["      state.ring.add(entry);\n    });", "      state.ring.add(entry);\n    })();"],
    ],
  },
  {
    name: "a repeated AUTHORIZE charges again",
    file: card("authorize"),
    edits: [
      [
        "if (repeated) return token(state, repeated);",
        "if (repeated && amount > 1n << 60n) return token(state, repeated);",
      ],
    ],
  },
  {
    name: "the ring forgets one too early",
    file: card("ring"),
    edits: [["(entry.counter % RING_LENGTH)", "(entry.counter % (RING_LENGTH - 1))"]],
  },
  {
    name: "one msat above the maximum passes",
    file: card("authorize"),
    edits: [
      ["if (amount > state.maxPerTransaction.u64())", "if (amount - 1n > state.maxPerTransaction.u64())"],
    ],
  },
  {
    name: "one msat above the available amount passes",
    file: card("authorize"),
    edits: [["if (amount > availableOf(state))", "if (amount - 1n > availableOf(state))"]],
  },
  {
    name: "the PIN threshold itself needs the PIN",
    file: card("authorize"),
    edits: [["amount > state.pinThreshold.u64()", "amount >= state.pinThreshold.u64()"]],
  },
  {
    name: "one transaction too many",
    file: card("authorize"),
    edits: [["if (counter >= state.maxTransactions.u32())", "if (counter > state.maxTransactions.u32())"]],
  },
  {
    name: "spending without the PIN is not added up",
    file: card("authorize"),
    edits: [["state.noPinSpent.u64() + amount", "amount"]],
  },
  {
    name: "one PIN entry serves many payments",
    file: card("authorize"),
    edits: [["    state.pin.reset();\n", ""]],
  },
  {
    name: "a blocked card pays",
    file: card("command-table"),
    edits: [["  [LIFECYCLE.BLOCKED]: SW.BLOCKED,\n", ""]],
  },
  {
    name: "the PIN is compared before its try is counted",
    file: "simulator/runtime/owner-pin.ts",
    edits: [
      ["    this.#cell.write(Uint8Array.of(tries - 1));\n", ""],
      [
        "    if (!equalBytes(this.#cell.bytes.subarray(1), pin)) return false;",
        "    if (!equalBytes(this.#cell.bytes.subarray(1), pin)) {\n      this.#cell.write(Uint8Array.of(tries - 1));\n      return false;\n    }",
      ],
    ],
  },
  {
    name: "PIN tries come back before the update is stored",
    file: card("update"),
    edits: [
      [
        "  state.atomically(() => {",
        "  if (flags & UPDATE_FLAG.RESET_PIN_TRIES && state.pin.isSet) state.pin.resetAndUnblock();\n  state.atomically(() => {",
      ],
    ],
  },
  {
    name: "an update is taken twice",
    file: card("update"),
    edits: [
      [
        "readU32(body, SEQUENCE_AT) > state.sequence.u32()",
        "readU32(body, SEQUENCE_AT) >= state.sequence.u32()",
      ],
    ],
  },
  {
    name: "the credit may fall",
    file: card("update"),
    edits: [["    credit >= state.credit.u64() &&\n", ""]],
  },
  {
    name: "anybody may sign an update",
    file: card("update"),
    edits: [["    if (!secp256k1.verify(", "    if (digest.length === 0 && !secp256k1.verify("]],
  },
  {
    name: "an update for another key is taken",
    file: card("update"),
    edits: [
      [
        "    equalBytes(body.subarray(KEY_CHECK_AT, KEY_CHECK_AT + KEY_CHECK_LENGTH), keyCheck) &&",
        "    keyCheck.length > 0 &&",
      ],
    ],
  },
  {
    name: "a torn transaction is not rolled back",
    file: "simulator/runtime/persistent-memory.ts",
    edits: [
      [
        "    this.#inTransaction = false;\n    this.#rollBack();\n  }\n\n  /** The content as it",
        "    this.#inTransaction = false;\n    this.#journal = [];\n  }\n\n  /** The content as it",
      ],
    ],
  },
  {
    name: "the roll-back drops its journal first",
    file: "simulator/runtime/persistent-memory.ts",
    edits: [
      [
        "    for (const { cell, offset, old } of this.#journal.toReversed()) {",
        "    const entries = this.#journal;\n    this.#dropJournal();\n    for (const { cell, offset, old } of entries.toReversed()) {",
      ],
    ],
  },
  {
    name: "RESET leaves a blank card its key when torn",
    file: card("reset"),
    edits: [
      [
        "    state.atomically(() => {",
        "    state.lifecycle.write(Uint8Array.of(LIFECYCLE.BLANK));\n    state.atomically(() => {",
      ],
    ],
  },
  {
    name: "personalized before everything is stored",
    file: card("store-data"),
    edits: [
      [
        "    for (const { index, value } of groups)",
        "    if (last) state.lifecycle.write(Uint8Array.of(LIFECYCLE.PERSONALIZED));\n    for (const { index, value } of groups)",
      ],
    ],
  },
  {
    name: "failed authentications are not counted",
    file: "simulator/security-domain/channel.ts",
    edits: [["    keys.countAttempt();\n", ""]],
  },
  {
    name: "a command's MAC is not checked",
    file: "simulator/security-domain/channel.ts",
    edits: [
      [
        "|| !this.#checkMac(command))\n      throw this.#abort();",
        "|| (!this.#checkMac(command) && this.#size === 0))\n      throw this.#abort();",
      ],
    ],
  },
  {
    name: "a cut BigSize is read past its end",
    file: "lightning/tlv.ts",
    edits: [["  if (bytes.length < next)\n", "  if (bytes.length < next - 8)\n"]],
  },
  {
    name: "padding of an invoice's field throws an untyped error",
    file: "lightning/bolt11/words.ts",
    edits: [["with zero padding`, { cause });", "with zero padding`) && cause;"]],
  },
  {
    name: "reading BER-TLV takes quadratic time",
    file: "apdu/tlv.ts",
    edits: [
      [
        "    out.push({ tag, value: bytes.slice(at, at + length) });",
        "    out.splice(0, out.length, ...[...out, { tag, value: bytes.slice(at, at + length) }]);",
      ],
    ],
  },
  {
    name: "the host follows a card that never ends",
    file: "apdu/response-chaining.ts",
    edits: [
      [
        "        if (total > MAX_ANSWER || (data.length === 0 && isMoreData(sw)))",
        "        if (total > MAX_ANSWER && data.length === 0)",
      ],
    ],
  },
];
