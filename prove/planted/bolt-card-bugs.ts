import { bug, bugsOf, type PlantedBug } from "./bug.js";

const sale = (named: string) => ({ tests: "test/bolt-card/sale.bolt.test.ts", named });
const certified = (named: string) => ({ tests: "test/bolt-card/certificate.bolt.test.ts", named });
const killed = (named: string) => ({ tests: "test/bolt-card/kills.bolt.test.ts", named });
const vectors = (named: string) => ({ tests: "test/bolt-card/vectors.test.ts", named });
const chip = (named: string) => ({ tests: "test/simulator/ntag.test.ts", named });
const chipTears = { campaign: "chip-tears" } as const;
const fuzzing = { campaign: "fuzzing" } as const;

const SALE = "host/terminal/bolt-card-sale.ts";
const SERVER = "host/bolt-card/server.ts";
const TAG = "host/bolt-card/read-tag.ts";
const CHIP = "simulator/ntag/chip.ts";

/** At the terminal that takes Bolt Cards, and in the simulated chip. */
export const BOLT_CARD_BUGS: readonly PlantedBug[] = bugsOf("Bolt Cards", [
  bug(
    "a Bolt Card's server is asked for the same payment twice",
    [sale("gives one k1 for all")],
    [SALE, '    throw new BoltCardRefusal("same-request");', '    display.onStep?.("tap", 0);'],
  ),
  bug(
    "a Bolt Card that lies there still is read and asked a second time",
    [sale("a phone pays by the code")],
    [
      "host/terminal/terminal.ts",
      '        if (taken === "asked") await this.#waitForAnotherCard(signal);\n',
      "",
    ],
  ),
  bug(
    "a Bolt Card's server is asked whatever its certificate",
    [certified("that it has signed itself"), certified("of another name"), certified("that has expired")],
    [
      "lightning/web/ask.ts",
      "{ ...options, agent: false, lookup:",
      "{ ...options, rejectUnauthorized: false, agent: false, lookup:",
    ],
  ),
  bug(
    "a Bolt Card's server is asked before that is durable",
    [killed("killed before it is asked")],
    [
      SALE,
      "  if (!store.askBoltCard(",
      "  void callback.send(signal);\n  await pause(500, signal);\n  if (!store.askBoltCard(",
    ],
    [SALE, "import { sha256 }", 'import { pause } from "../../common/pause.js";\nimport { sha256 }'],
  ),
  bug(
    "a sale is paid on a Bolt Card's server's word",
    [sale("says yes and does not pay")],
    [
      SALE,
      "  if (await ends.settledBefore(store.get(sale.number))) {",
      "  if (!said.isRefusal) store.paid(sale.number, sale.amount, sale.createdAt);\n  if (!said.isRefusal) {",
    ],
  ),
  bug(
    "a Bolt Card's server leads the terminal elsewhere",
    [sale("redirects: a sentence"), sale("redirects the callback")],
    [SERVER, "const problem = redirectProblem(answer.statusCode ?? 0);", "const problem = undefined;"],
  ),
  bug(
    "a Bolt Card sends the terminal into the shop's network",
    [
      sale("calls back into the network"),
      { tests: "test/lightning/untrusted-uri.test.ts", named: "web server" },
    ],
    [
      "lightning/untrusted-uri.ts",
      "  for (const address of addresses) checkScope(address, bare, rule.network);\n",
      "",
    ],
  ),
  bug(
    "a Bolt Card's server is asked for more than it offers",
    [sale("below its minimum and above its maximum")],
    [SALE, "  expectWithin(offer, sale);\n", ""],
  ),
  bug(
    "a Bolt Card's PIN is not asked for at its limit",
    [sale("pays with a PIN from its limit on")],
    [SALE, "amount < pinLimit) return undefined;", "amount <= pinLimit) return undefined;"],
  ),
  bug(
    "a server's answer is read however long it is",
    [sale("answers 10 MB: a sentence")],
    ["lightning/web/ask.ts", "if (length > maxBytes) throw", "if (length < 0) throw"],
  ),
  bug(
    "a Bolt Card is asked for a sale that the own node does not see",
    [{ tests: "test/bolt-card/offline.test.ts", named: "without a connection" }],
    [SALE, '    throw new BoltCardRefusal("offline");', '    display.onStep?.("tap", 0);'],
  ),
  bug(
    "what a tag answers too much is taken",
    [{ tests: "test/bolt-card/read-tag.test.ts", named: "more than was asked for" }],
    [TAG, "if (data.length === 0 || data.length > le)", "if (data.length === 0)"],
  ),
  bug(
    "a card's address is read without TLS",
    [vectors("http://")],
    ["bolt-card/address.ts", "!isOnion(url.hostname) && !isRegtest", "!isOnion(url.hostname) && isRegtest"],
  ),
  bug(
    "SUN is taken from bytes of another form",
    [vectors("UID without a counter")],
    [
      "bolt-card/sun.ts",
      "if (plain[0] !== PICC_TAG) return undefined;",
      "if (plain.length === 0) return undefined;",
    ],
  ),
  bug(
    "a chip shows a counter twice after a tear",
    [chip("no tear makes it show a counter twice"), chipTears, fuzzing],
    [
      CHIP,
      "      counter.write(Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff));\n",
      "      if (value % 2 === 0) counter.write(Uint8Array.of(value >> 16, (value >> 8) & 0xff, value & 0xff));\n",
    ],
  ),
  bug(
    "a chip's counter begins again at its end",
    [chip("not read any more when the counter"), chipTears],
    [
      CHIP,
      "if (value === MAX_SUN_COUNTER) throw new IsoError(SW.SECURITY_NOT_SATISFIED);",
      "if (value === MAX_SUN_COUNTER) value = 0;",
    ],
  ),
]);
