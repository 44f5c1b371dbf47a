import { bugsOf, type PlantedBug } from "./bug.js";

const dpp = (named: string) => ({ tests: "test/lightning/dpp-vectors.test.ts", named });
const api = (named: string) => ({ tests: "test/lightning/api-vectors.test.ts", named });
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
]);
