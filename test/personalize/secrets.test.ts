import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Reader } from "../../apdu/index.js";
import { bytesToHex } from "../../common/index.js";
import { withTrace } from "../../host/index.js";
import { PinLetters, personalizeOne, readPinLetters } from "../../personalize/index.js";
import { type SimulatedCard, TornError } from "../../simulator/index.js";
import {
  CHEAP,
  FACTORY_VERSION,
  factoryCard,
  freshPath,
  KEY_SET_ID,
  keys,
  newBatch,
  OWN_VERSION,
  PASSPHRASE,
  readerWith,
} from "./fixture.js";

/** Everything that a personalization shows or writes outside of the card, as text. */
async function everythingSaid(card: SimulatedCard, letters: string): Promise<string> {
  const said: string[] = [];
  const journalPath = freshPath();
  const pinLetters = await PinLetters.create(letters, PASSPHRASE, { scrypt: CHEAP, durable: false });
  const profile = {
    pin: "random",
    "pin-length": 12,
    "card-page": "https://card.example/",
    "card-keys": { version: FACTORY_VERSION, "rotate-to": OWN_VERSION },
  };
  const batch = { ...newBatch(profile, 1, journalPath), pinLetters };
  const reader = readerWith(card);
  let commands = 0;
  const traced: Reader = {
    name: reader.name,
    waitForRemoval: (signal) => reader.waitForRemoval(signal),
    async waitForCard(signal) {
      const connection = await reader.waitForCard(signal);
      const { transmit } = withTrace(connection, (line) => said.push(line.text));
      const tearing = (command: Uint8Array) => {
        if (++commands === 8) card.tearAt("after-command");
        return transmit(command);
      };
      return { atr: connection.atr, transmit: tearing, close: () => connection.close() };
    },
  };
  const onEvent = (event: unknown) => said.push(JSON.stringify(event));
  for (const attempt of [1, 2])
    try {
      said.push(JSON.stringify(await personalizeOne(traced, { ...batch, onEvent })));
      expect(attempt).toBe(2);
    } catch (error) {
      if (!(error instanceof TornError)) throw error;
      said.push(String(error), JSON.stringify(error), String(error.stack));
    }
  pinLetters.close();
  batch.journal.close();
  return [...said, readFileSync(journalPath, "utf8"), readFileSync(letters, "utf8")].join("\n").toLowerCase();
}

describe("secrets", () => {
  it("of a card and its issuer are in no trace, event, error, journal or letter file", async () => {
    const card = factoryCard();
    const lettersPath = freshPath("letters");
    const said = await everythingSaid(card, lettersPath);
    const cell = (name: string) => card.image().cells[name] ?? new Uint8Array(1);
    const static16 = (at: number) => cell("issuer-security-domain/keys").subarray(1 + 16 * at, 17 + 16 * at);
    const letters = await readPinLetters(lettersPath, PASSPHRASE);
    const pins = letters.map(({ pin = "" }) => pin);
    const secrets: [string, string][] = [
      ["seal key", bytesToHex(keys.sealKey(KEY_SET_ID) ?? new Uint8Array())],
      ["card's secret key", bytesToHex(cell("card-application/secret-key"))],
      ...[0, 1, 2].map((at): [string, string] => [`static key ${at}`, bytesToHex(static16(at))]),
      ["factory key", bytesToHex((await keys.cardKeys(FACTORY_VERSION, new Uint8Array(10))).enc)],
      ...pins.flatMap((pin): [string, string][] => [
        ["PIN", pin],
        ["PIN as hex", Buffer.from(pin).toString("hex")],
        ["PIN block", `2c${pin}ff`],
      ]),
      ...letters.flatMap(({ page }): [string, string][] => [
        ["secret of the page", page?.address.split("#")[1]?.toLowerCase() ?? ""],
        ["code of the page, behind its name", `code":"${page?.code}`],
      ]),
    ];
    expect(pins.length).toBeGreaterThan(0);
    expect(secrets.every(([, secret]) => secret.length >= 12)).toBe(true);
    expect(said).toContain("assigned");
    expect(said.length).toBeGreaterThan(3000);
    for (const [name, secret] of secrets) expect([name, said.includes(secret)]).toEqual([name, false]);
  });
});
