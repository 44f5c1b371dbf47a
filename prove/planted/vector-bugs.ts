import { bug, bugsOf, type PlantedBug } from "./bug.js";

const dpp = (named: string) => ({ tests: "test/lightning/dpp-vectors.test.ts", named });
const api = (named: string) => ({ tests: "test/lightning/api-vectors.test.ts", named });
const files = (named: string) => ({ tests: "test/specs/personalization-files.test.ts", named });
const commands = (named: string) => ({ tests: "test/specs/card-commands.test.ts", named });

/** In readers and decisions that vectors found wrong once, or that nothing held before. */
export const VECTOR_BUGS: readonly PlantedBug[] = bugsOf("vectors", [
  bug(
    "an HTLC that is reported again while it is held is judged again",
    [dpp("told again while it is held")],
    ["lightning/dpp/decide.ts", "  if (before?.parts.has(htlc.id)) return { held, actions: [] };\n", ""],
  ),
  bug(
    "a channel id may have leading zeros",
    [dpp("a channel id with a leading zero")],
    ["lightning/dpp/profile.ts", "(?:0|[1-9]\\d{0,19})", "\\d{1,20}"],
  ),
  bug(
    "the answer to SELECT may be another application's",
    [commands("another AID")],
    ["apdu/commands/select.ts", "if (!equalBytes(aid, CARD_AID))", "if (aid.length < 5)"],
  ),
  bug(
    "a card key off the curve is read",
    [commands("a point that is not on the curve")],
    ["apdu/commands/generate-key-pair.ts", "if (!secp256k1.isPublicKey(point))", "if (point[0] !== 4)"],
  ),
  bug(
    "a temporary reject counts as final",
    [api("a temporary reject")],
    ["lightning/api/initiation.ts", "return isTemporaryReason(happened.reason)", "return false"],
  ),
  bug(
    "a message that never left leaves the sale in doubt",
    [api("the message never left")],
    ["lightning/api/initiation.ts", 'state.phase === "asked" ? happened.before : state', "state"],
  ),
  bug(
    "a settlement after a cancellation is not seen",
    [api("settled although cancelled")],
    [
      "lightning/api/initiation.ts",
      'return state.phase === "paid" ? state : { phase: "paid" };',
      'return state.phase === "paid" || state.phase === "cancelled" ? state : { phase: "paid" };',
    ],
  ),
  bug(
    "a second scheme in front of an invoice is a part of it",
    [{ tests: "test/lightning/bolt11-vectors.test.ts", named: "scheme twice" }],
    ["lightning/bolt11/canonical.ts", "if (hasScheme(body))", "if (body.length < 0)"],
  ),
  bug(
    "the checksum of an invoice is not looked at",
    [{ tests: "test/lightning/bolt11-properties.test.ts", named: "as the library that writes it does" }],
    ["lightning/bolt11/bech32.ts", "if (checksum !== 1)", "if (checksum === -1)"],
  ),
  bug(
    "a card of another version is refused for its lifecycle",
    [commands("major version 2 with a")],
    [
      "apdu/commands/profile.ts",
      "if (raw.major !== PROTOCOL_MAJOR)",
      "if (raw.major !== PROTOCOL_MAJOR && raw.lifecycle < 2)",
    ],
  ),
  bug(
    "an invoice that the phone refuses leaves the one before it presented",
    [{ tests: "test/simulator/phone.test.ts", named: "an invoice that is refused" }],
    ["simulator/phone/wallet.ts", "    this.#presented = undefined;\n    if (!/", "    if (!/"],
  ),
  bug(
    "the header of a key file is not authenticated",
    [files("two of each")],
    [
      "keys/sealed-box.ts",
      "hexToBytes(document.box), utf8(head));",
      "hexToBytes(document.box), utf8(document.format));",
    ],
  ),
  bug(
    "PIN letters do not know their place",
    [files("two letters")],
    [
      "personalize/pin-letters.ts",
      "hexToBytes(line), associated(index + 1)",
      "hexToBytes(line), associated(1)",
    ],
  ),
  bug(
    "a chip is named by bytes that are changed after it was made",
    [files("42 bytes.* name the chip")],
    ["personalize/chip.ts", "data.subarray(10, 18)", "data.subarray(4, 12)"],
  ),
]);
