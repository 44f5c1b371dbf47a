import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bytesToHex, hexToBytes, msat, secp256k1 } from "../../common/index.js";
import { conformanceCases, programTarget, runConformance } from "../../host/conformance/index.js";
import { makeCard, provisionCard, type SimulatedCard, SimulatedReader } from "../../simulator/index.js";
import { newFolder } from "../../testing/hooks.js";

const folder = newFolder();

const SECRET_KEY = new Uint8Array(32).fill(0x51);
const POINT = bytesToHex(secp256k1.publicKey(SECRET_KEY, false));
const REQUEST = join(folder, "request.json");
/** Keeps what it was asked, for the reader below, and answers as `answer` says. */
const program = (answer: string): [string, ...string[]] => [
  process.execPath,
  "-e",
  `const fs = require("node:fs"); fs.writeFileSync(process.argv[1], fs.readFileSync(0)); ${answer}`,
  REQUEST,
];

/** A reader on which the card lies that the program was asked for. */
class ProvisionedReader extends SimulatedReader {
  #request = "";

  override async waitForCard() {
    const request = readFileSync(REQUEST, "utf8");
    if (request !== this.#request) {
      this.#request = request;
      this.remove();
      this.insert(cardOf(JSON.parse(request) as Record<string, string>));
    }
    return super.waitForCard();
  }
}

function cardOf(asked: Record<string, string | number | null>): SimulatedCard {
  if (asked.state === "blank") return makeCard();
  const bytes = (name: string) => hexToBytes(String(asked[name]));
  const amount = (name: string) => BigInt(String(asked[name]));
  const { card } = provisionCard({
    cardId: bytes("cardId"),
    keySetId: bytes("keySetId"),
    sealKey: bytes("sealKey"),
    issuerPublicKey: bytes("issuerPublicKey"),
    nodeUri: String(asked.nodeUri),
    limits: {
      credit: msat(amount("credit")),
      maxPerTransaction: amount("maxPerTransaction"),
      pinThreshold: amount("pinThreshold"),
      noPinBudget: amount("noPinBudget"),
      maxTransactions: asked.maxTransactions as number,
    },
    publish: asked.publish as number,
    ...(asked.pin === null ? {} : { pin: String(asked.pin) }),
    ...(asked.certificate === null ? {} : { certificate: bytes("certificate") }),
    secretKey: SECRET_KEY,
  });
  return card;
}

const pick = (...ids: string[]) => conformanceCases().filter(({ id }) => ids.includes(id));
const run = async (answer: string, ids: readonly string[], options = {}) =>
  runConformance(programTarget(new ProvisionedReader(), program(answer), options), { cases: pick(...ids) });

describe("cards that a program provisions", () => {
  test("are tested as the program was asked to make them", async () => {
    const answer = `console.log(JSON.stringify({ publicKey: "${POINT}" }))`;
    const ids = [
      "blank/objects",
      "pin/none",
      "select/reset",
      "update/all-values",
      "privacy/batch",
      "certificate/read",
    ];
    const report = await run(answer, ids);
    expect(report.results.map(({ id, outcome, found }) => [id, outcome, found]).toSorted()).toEqual(
      ids.map((id) => [id, "passed", undefined]).toSorted(),
    );
  });

  test.each([
    [
      "says why it cannot",
      `console.log('{"cannot": "no blank cards left"}')`,
      "skipped",
      "no blank cards left",
    ],
    ["ends with an error", "process.exit(3)", "failed", /exit code 3/],
    ["prints no JSON", `console.log("done")`, "failed", /need one JSON object/],
    ["prints null", `console.log("null")`, "failed", /need one JSON object/],
    ["names no key", `console.log("{}")`, "failed", /publicKey: need the card's point/],
    ["names half a key", `console.log('{"publicKey": "04aa"}')`, "failed", /need 65 bytes/],
    ["prints without end", `for (;;) fs.writeSync(1, "x".repeat(4096))`, "failed", /more than 16384 bytes/],
    ["never ends", "setInterval(() => {}, 1000)", "failed", /took longer than 2000 ms/],
  ])("a program that %s", async (_, answer, outcome, text) => {
    const { results } = await run(answer, ["authorize/first-taps"], { timeoutMs: 2_000 });
    const [result] = results;
    expect(result?.outcome).toBe(outcome);
    expect(result?.outcome === "skipped" ? result.detail : result?.found).toMatch(text);
  });

  test("a program that does not exist", async () => {
    const target = programTarget(new ProvisionedReader(), [join(folder, "nothing")]);
    const { results } = await runConformance(target, { cases: pick("authorize/first-taps") });
    expect(results[0]).toMatchObject({
      outcome: "failed",
      found: expect.stringMatching(/could not be started/),
    });
  });
});
