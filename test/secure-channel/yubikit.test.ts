import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { CARD_AID, ISSUER_SECURITY_DOMAIN_AID, LIFECYCLE } from "../../apdu/index.js";
import { encodePutKey } from "../../apdu/secure-channel/index.js";
import { connectCard, type SimulatedCard } from "../../simulator/index.js";
import { readVectorFile } from "../specs/vector-file.js";
import { DIVERSIFICATION, h, hex, keysOf, lifecycleOf, newCard, open, VERSION } from "./fixture.js";
import { DOMAIN_TALK, yubikitPython, yubikitSession } from "./yubikit-python.js";

const python = yubikitPython();
if (!python) {
  if (process.env.CHEQUECARD_REQUIRE_YUBIKIT) throw new Error("yubikit is required and cannot be had");
  console.log(
    "skipped: the session with yubikit needs Python 3 and yubikey-manager (python3 -m pip install yubikey-manager)",
  );
}

interface Conversation {
  /** What came out of yubikit's channel. */
  readonly answers: string[];
  /** What went to the card. */
  readonly wire: string[];
  readonly exitCode: number | null;
  readonly said: string;
}

/** Has yubikit select the application, open a channel with every protection and send the plain commands. */
async function talk(
  card: SimulatedCard,
  aid: Uint8Array,
  keys: ReturnType<typeof keysOf>,
  commands: readonly string[],
): Promise<Conversation> {
  const args = yubikitSession({ aid, keys, commands });
  const child = spawn(python ?? "", args, { stdio: ["pipe", "pipe", "pipe"] });
  const errors: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk));
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const connection = connectCard(card);
  const answers: string[] = [];
  const wire: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const [kind, bytes = ""] = line.split(" ");
    if (kind === "=") answers.push(bytes);
    if (kind !== ">") continue;
    wire.push(bytes);
    child.stdin.write(`${hex(await connection.transmit(h(bytes)))}\n`);
  }
  return { answers, wire, exitCode: await ended, said: Buffer.concat(errors).toString() };
}

describe.skipIf(!python)("an independent implementation of SCP03 (yubikit)", () => {
  it("reads the security domain through a channel with every protection", async () => {
    const { answers, exitCode, said } = await talk(
      newCard(),
      ISSUER_SECURITY_DOMAIN_AID,
      keysOf(VERSION, DIVERSIFICATION),
      DOMAIN_TALK.commands,
    );
    expect([exitCode, said]).toEqual([0, ""]);
    expect(answers).toEqual(DOMAIN_TALK.answers);
  });

  it("personalizes a card with the blocks of the vectors", async () => {
    const { vectors } = readVectorFile<{
      vectors: { kind: string; blocks: { p1: string; p2: string; data: string }[] }[];
    }>("personalization.json");
    const blocks = vectors.find(({ kind }) => kind === "store-data")?.blocks ?? [];
    const card = newCard();
    const commands = [
      "84468000101010101010101010101010101010101000",
      ...blocks.map(
        ({ p1, p2, data }) => `84e2${p1}${p2}${(data.length / 2).toString(16).padStart(2, "0")}${data}`,
      ),
    ];
    const { answers, wire, said } = await talk(card, CARD_AID, keysOf(VERSION, DIVERSIFICATION), commands);
    expect(said).toBe("");
    expect(answers).toHaveLength(3);
    expect(answers[0]).toMatch(/^7f49438641[0-9a-f]{130}9e40[0-9a-f]{128}9000$/);
    expect(answers.slice(1)).toEqual(["9000", "9000"]);
    expect(await lifecycleOf(card)).toBe(LIFECYCLE.PERSONALIZED);
    expect(wire.join()).not.toContain(blocks[0]?.data.slice(0, 60));
  });

  it("replaces the keys, and our host opens the card with the new ones", async () => {
    const card = newCard();
    const old = keysOf(VERSION, DIVERSIFICATION);
    const put = encodePutKey(VERSION, 0x31, keysOf(0x31, DIVERSIFICATION), old.dek);
    const command = `80d8${VERSION.toString(16)}81${put.data.length.toString(16)}${hex(put.data)}00`;
    const { answers } = await talk(card, ISSUER_SECURITY_DOMAIN_AID, old, [command]);
    expect(answers[0]).toMatch(/^31[0-9a-f]{18}9000$/);
    expect((await open(card, { aid: ISSUER_SECURITY_DOMAIN_AID, keyVersion: 0x31 })).channel.isOpen).toBe(
      true,
    );
  });

  it("finds out that a card has other keys", async () => {
    const wrong = keysOf(VERSION, new Uint8Array(10));
    const { exitCode, said, wire } = await talk(newCard(), CARD_AID, wrong, ["80ca00e000"]);
    expect(exitCode).not.toBe(0);
    expect(said).toContain("Incorrect SCP parameters");
    expect(wire.some((command) => command.startsWith("8482"))).toBe(false);
  });
});
