import { bug, bugsOf, type PlantedBug } from "./bug.js";

const DEPUTY = "lightning/nodes/lnd/deputy.ts";
const SETTLEMENTS = "lightning/nodes/lnd/deputy-settlements.ts";
const deputy = (named: string) => ({ tests: "test/lightning/lnd-deputy.test.ts", named });

/** Where payments to deputies pass through lnd's interceptor. */
export const LND_BUGS: readonly PlantedBug[] = bugsOf("lnd", [
  bug(
    "a deputy takes what the onion promises, not what comes in",
    [deputy("takes what comes in")],
    [DEPUTY, "msat(BigInt(offered.incoming_amount_msat))", "msat(BigInt(offered.outgoing_amount_msat))"],
  ),
  bug(
    "a deputy's HTLC may expire before its onion says",
    [deputy("expires before the onion says")],
    [
      DEPUTY,
      "Math.min(offered.incoming_expiry, offered.outgoing_expiry)",
      "Math.max(offered.incoming_expiry, offered.outgoing_expiry)",
    ],
  ),
  bug(
    "parts that lnd let go of while the interceptor was lost are counted",
    [deputy("while the interceptor was lost")],
    [DEPUTY, "    this.#recipient.forgetHeld();\n", ""],
  ),
  bug(
    "parts that lnd fails by itself are counted",
    [deputy("fails by itself at this height")],
    [DEPUTY, "    this.#failLate(paymentHash);\n", ""],
  ),
  bug(
    "forwards of others wait while a deputy's record is broken",
    [deputy("decides nothing while its record cannot be written")],
    [DEPUTY, '      this.#lost(new NodeError("storage", error.message, { cause: error }));\n', ""],
  ),
  bug(
    "lnd holds what is not the deputy's",
    [deputy("resumes what is not its own")],
    [
      DEPUTY,
      '      if (!isOnChain(offered)) this.#interceptor?.write({ incoming_circuit_key: key, action: "RESUME" });\n',
      "",
    ],
  ),
  bug(
    "a closed channel's HTLC of others ends the interceptor again and again",
    [deputy("about an HTLC on the chain only to claim it")],
    [
      DEPUTY,
      '      if (!isOnChain(offered)) this.#interceptor?.write({ incoming_circuit_key: key, action: "RESUME" });\n',
      '      this.#interceptor?.write({ incoming_circuit_key: key, action: "RESUME" });\n',
    ],
  ),
  bug(
    "a deputy starts on an lnd that loses what it holds",
    [deputy("is refused by an lnd that would lose")],
    [DEPUTY, "    expectFlags(facts, connection.place.address);\n", ""],
  ),
  bug(
    "what the payer took back on the chain is called settled",
    [deputy("claimed on the chain by a transaction that"), deputy("claimed on the chain is settled when")],
    [SETTLEMENTS, 'if (offchain) return "settled";', 'if (settled) return "settled";'],
  ),
  bug(
    "a claim on the chain that lnd does not name counts as ours",
    [deputy("by a transaction that it does not name")],
    ["lightning/nodes/lnd/chain-claims.ts", "found.length > 0 && ", ""],
  ),
  bug(
    "a deputy's payment is called settled before lnd has settled it",
    [deputy("tells of it when lnd has settled it"), deputy("could not claim a part")],
    [SETTLEMENTS, 'if (!settled) return "failed";', ""],
    [SETTLEMENTS, 'return "open";\n      throw error;', 'return "settled";\n      throw error;'],
  ),
]);
