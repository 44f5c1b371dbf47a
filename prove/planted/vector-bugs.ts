import { bugsOf, type PlantedBug } from "./bug.js";

const dpp = (named: string) => ({ tests: "test/lightning/dpp-vectors.test.ts", named });
const api = (named: string) => ({ tests: "test/lightning/api-vectors.test.ts", named });
const files = (named: string) => ({ tests: "test/specs/personalization-files.test.ts", named });
const commands = (named: string) => ({ tests: "test/specs/card-commands.test.ts", named });

/** In readers and decisions that vectors found wrong once, or that nothing held before. */
export const VECTOR_BUGS: readonly PlantedBug[] = bugsOf("vectors", [
  {
    name: "an HTLC that is told again while it is held is judged anew",
    edits: {
      "lightning/dpp/decide.ts": [["  if (before?.parts.has(htlc.id)) return { held, actions: [] };\n", ""]],
    },
    caughtBy: [dpp("told again while it is held")],
  },
  {
    name: "a channel id may have leading zeros",
    edits: { "lightning/dpp/profile.ts": [["(?:0|[1-9]\\d{0,19})", "\\d{1,20}"]] },
    caughtBy: [dpp("a channel id with a leading zero")],
  },
  {
    name: "the answer to SELECT may be another application's",
    edits: { "apdu/commands/select.ts": [["if (!equalBytes(aid, CARD_AID))", "if (aid.length < 5)"]] },
    caughtBy: [commands("another AID")],
  },
  {
    name: "a card key off the curve is read",
    edits: {
      "apdu/commands/generate-key-pair.ts": [["if (!secp256k1.isPublicKey(point))", "if (point[0] !== 4)"]],
    },
    caughtBy: [commands("a point that is not on the curve")],
  },
  {
    name: "a temporary reject counts as final",
    edits: { "lightning/api/initiation.ts": [["return isTemporaryReason(happened.reason)", "return false"]] },
    caughtBy: [api("a temporary reject")],
  },
  {
    name: "a message that never left leaves the sale in doubt",
    edits: {
      "lightning/api/initiation.ts": [['state.phase === "asked" ? happened.before : state', "state"]],
    },
    caughtBy: [api("the message never left")],
  },
  {
    name: "a settlement after a cancellation is not seen",
    edits: {
      "lightning/api/initiation.ts": [
        [
          'return state.phase === "paid" ? state : { phase: "paid" };',
          'return state.phase === "paid" || state.phase === "cancelled" ? state : { phase: "paid" };',
        ],
      ],
    },
    caughtBy: [api("settled although cancelled")],
  },
  {
    name: "a second scheme in front of an invoice is a part of it",
    edits: { "lightning/bolt11/canonical.ts": [["if (hasScheme(body))", "if (body.length < 0)"]] },
    caughtBy: [{ tests: "test/lightning/bolt11-vectors.test.ts", named: "scheme twice" }],
  },
  {
    name: "a card of another version is refused for its lifecycle",
    edits: {
      "apdu/commands/profile.ts": [
        ["if (raw.major !== PROTOCOL_MAJOR)", "if (raw.major !== PROTOCOL_MAJOR && raw.lifecycle < 2)"],
      ],
    },
    caughtBy: [commands("major version 2 with a")],
  },
  {
    name: "an invoice that the phone refuses leaves the one before it presented",
    edits: { "simulator/phone/wallet.ts": [["    this.#presented = undefined;\n    if (!/", "    if (!/"]] },
    caughtBy: [{ tests: "test/simulator/phone.test.ts", named: "an invoice that is refused" }],
  },
  {
    name: "the header of a key file is not authenticated",
    edits: {
      "keys/sealed-box.ts": [
        ["hexToBytes(document.box), utf8(head));", "hexToBytes(document.box), utf8(document.format));"],
      ],
    },
    caughtBy: [files("two of each")],
  },
  {
    name: "PIN letters do not know their place",
    edits: {
      "personalize/pin-letters.ts": [
        ["hexToBytes(line), associated(index + 1)", "hexToBytes(line), associated(1)"],
      ],
    },
    caughtBy: [files("two letters")],
  },
  {
    name: "a chip is named by bytes that are changed after it was made",
    edits: { "personalize/chip.ts": [["data.subarray(10, 18)", "data.subarray(4, 12)"]] },
    caughtBy: [files("42 bytes.* name the chip")],
  },
]);
