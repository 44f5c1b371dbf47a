import { bug, bugsOf, type PlantedBug } from "./bug.js";

const cards = (named: string) => ({ tests: "test/issuer/bolt-cards.test.ts", named });

const several = {
  tests: "test/issuer/bolt-kills.bolt.test.ts",
  named: "on sqlite take a reading of a Bolt Card once",
};
const flooded = {
  tests: "test/server/bolt-flood.bolt.test.ts",
  named: "while requests for Bolt Cards flood in, on sqlite",
};

const READINGS = "issuer/ledger/readings.ts";
const SUN_CARDS = "issuer/ledger/sun-cards.ts";
const DECIDE = "issuer/authorizer/decide.ts";
const PAY = "issuer/bolt-cards/pay-reading.ts";

/** In the issuer of Bolt Cards. */
export const BOLT_ISSUER_BUGS: readonly PlantedBug[] = bugsOf("Bolt Card issuer", [
  bug(
    "a reading of a Bolt Card is taken twice",
    [cards("is taken once: the same again"), several],
    [READINGS, "`sun_cards.counter < ${p.counter} and", "`sun_cards.counter <= ${p.counter} and"],
  ),
  bug(
    "an old reading of a Bolt Card is taken after a newer one",
    [cards("is taken once: the same again")],
    [READINGS, "`sun_cards.counter < ${p.counter} and", "`sun_cards.counter <> ${p.counter} and"],
  ),
  bug(
    "a second chip with the keys of a Bolt Card is not noticed",
    [cards("of a second chip with the same keys blocks the card")],
    [READINGS, "if (isSame && row.reading && equalBytes(row.reading, bytes))", "if (isSame)"],
  ),
  bug(
    "a wrong MAC is good enough for a Bolt Card",
    [cards("with p or c of another card")],
    [
      "issuer/bolt-cards/card-finder.ts",
      "!row || !isGenuine || counter === 0",
      "!row || !(isGenuine || row) || counter === 0",
    ],
  ),
  bug(
    "a card that is not known costs less than one whose MAC is wrong",
    [cards("with p or c of another card")],
    [
      "issuer/bolt-cards/card-finder.ts",
      "    const rows = await Promise.all(",
      "    if (opened.every(({ counter }) => counter === 0)) return undefined;\n    const rows = await Promise.all(",
    ],
  ),
  bug(
    "decryptions grow with the batches of Bolt Cards",
    [cards("costs at most two decryptions")],
    ["issuer/bolt-cards/batches.ts", "const MAX_BATCHES = 2;", "const MAX_BATCHES = 9;"],
  ),
  bug(
    "a repeated reading uses up the rate of its card",
    [cards("that is repeated takes nothing")],
    [
      "issuer/bolt-cards/card-finder.ts",
      "const isUsed = BigInt(counter) <= row.counter;",
      "const isUsed = false;",
    ],
  ),
  bug(
    "a payment of a Bolt Card is kept with c of another reading",
    [cards("is kept with c of its own reading")],
    [PAY, "row.newest === ticket.counter && row.reading ? row.reading", "row.reading ? row.reading"],
  ),
  bug(
    "a second face can be wiped, and is blocked for good",
    [
      {
        tests: "test/issuer/second-face.test.ts",
        named: "is no chip that can be wiped",
      },
    ],
    [SUN_CARDS, "if (row.face_of !== null)\n      throw", "if (row.face_of === 0n)\n      throw"],
  ),
  bug(
    "another invoice under a k1 gets OK, too",
    [cards("pays its first invoice alone"), several],
    [
      DECIDE,
      'return { kind: "refuse", reason: REASON.TOKEN_OTHER_INVOICE };',
      'return { kind: "known", known: facts.known };',
    ],
  ),
  bug(
    "a k1 is taken for another counter",
    [cards("is not of another card or counter")],
    [
      "issuer/bolt-cards/ticket.ts",
      "if (!timingSafeEqual(aesCmac(mac, block), bytes.subarray(BLOCK))) return undefined;\n",
      "",
    ],
  ),
  bug(
    "a k1 has the key that encrypts it for its MAC",
    [{ tests: "test/bolt-card/vectors.test.ts", named: "k1 of specs/vectors/bolt-card.json" }],
    ["issuer/bolt-cards/batches.ts", "mac: await derive(TICKET_MAC)", "mac: await derive(TICKET_CIPHER)"],
  ),
  bug(
    "a link that wipes one card wipes each",
    [
      {
        tests: "test/server/bolt-cards.bolt.test.ts",
        named: "is refused for another card, for a reading that was used",
      },
    ],
    [
      "issuer/bolt-cards/desk.ts",
      "link.card !== ANY_CARD && link.card !== card",
      "link.card === card && card === ANY_CARD",
    ],
  ),
  bug(
    "a k1 lives for ever",
    [cards("by a k1 that is changed, of nobody, over its time")],
    [PAY, "if (ports.clock() > 1000 * ticket.expiresAtSeconds) return SAID.expired;\n", ""],
  ),
  bug(
    "a reading that is older than the last payment is paid",
    [cards("by a k1 that is changed, of nobody, over its time")],
    [DECIDE, 'authorization.kind === "sun" && authorization.counter <= facts.account.top_counter', "false"],
  ),
  bug(
    "the maximum of a Bolt Card is offered and not enforced",
    [cards("above what is left or the policy allows")],
    [
      DECIDE,
      "      policyReason(policyFor(facts, world), authorization, facts, world)",
      '      (authorization.kind === "sun" ? undefined : policyReason(policyFor(facts, world), authorization, facts, world))',
    ],
  ),
  bug(
    "tries of a Bolt Card's PIN are not kept",
    [cards("may be wrong three times"), cards("cannot be guessed by many requests at once")],
    [SUN_CARDS, 'pin_tries: eb("pin_tries", "+", 1n)', 'pin_tries: eb("pin_tries", "+", 0n)'],
  ),
  bug(
    "a Bolt Card pays above its limit without the PIN",
    [cards("is asked for above the limit alone")],
    [
      PAY,
      "      if (problem) return problem;\n      isPinVerified = true;",
      "      if (problem && pin !== undefined) return problem;\n      isPinVerified = true;",
    ],
  ),
  bug(
    "requests for Bolt Cards are worked on without a bound",
    [flooded],
    [
      "server/bolt-cards/app.ts",
      "if (pending >= config.maxPending) return refuse(parts, context, SAID.busy);",
      "if (pending < 0) return refuse(parts, context, SAID.busy);",
    ],
  ),
]);
