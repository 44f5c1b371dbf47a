import { describe, expect, it } from "vitest";
import { decryptPicc, sunMac } from "../../bolt-card/sun.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { readTag } from "../../host/bolt-card/read-tag.js";
import { connectCard, provisionNtag, type TearableCard } from "../../simulator/index.js";
import { hash, tappedCard } from "./fixture.js";

const UID = hexToBytes("84a1b2c3d4e5f6");
const KEYS = { piccKey: hash("K1").slice(0, 16), macKey: hash("K2").slice(0, 16) };
const ADDRESS = "lnurlw://cards.example/bolt";

/** Tags that readers cannot tell apart, with the same identity and keys. On the applet's run the face is the applet's. */
const TAGS: readonly (readonly [name: string, make: () => TearableCard])[] = [
  [
    "a chequecard's second face",
    () => tappedCard({ boltCard: { uid: UID, base: `${ADDRESS}?p=`, ...KEYS } }),
  ],
  ["an NTAG 424 DNA", () => provisionNtag({ uid: UID, address: ADDRESS, ...KEYS })],
];

/** Lays the tag on a reader and reads it. @returns the counter of an address that is valid */
async function counterOf(tag: TearableCard): Promise<number> {
  const connection = connectCard(tag);
  const address = await readTag(connection);
  await connection.close();
  const [, p = "", c] =
    /^lnurlw:\/\/cards\.example\/bolt\?p=([0-9A-F]{32})&c=([0-9A-F]{16})$/.exec(address ?? "") ?? [];
  const picc = decryptPicc(KEYS.piccKey, hexToBytes(p.toLowerCase()));
  expect(picc && bytesToHex(picc.uid)).toBe(bytesToHex(UID));
  expect(c?.toLowerCase()).toBe(bytesToHex(sunMac(KEYS.macKey, UID, picc?.counter ?? 0)));
  return picc?.counter ?? 0;
}

describe.each(TAGS)("%s on the reader of a till", (_, make) => {
  it("has a valid address each time, with the next counter", async () => {
    const tag = make();
    expect([await counterOf(tag), await counterOf(tag), await counterOf(tag)]).toEqual([1, 2, 3]);
  });

  it("torn away in any of its commands shows no counter twice", async () => {
    const tag = make();
    const seen: number[] = [];
    for (let nth = 1; nth <= 7; nth++)
      for (const point of ["before-command", { write: 1 }, "after-command"] as const) {
        const connection = connectCard(tag);
        let count = 0;
        const reading = readTag({
          transmit(command) {
            if (++count === nth) tag.tearAt(point);
            return connection.transmit(command);
          },
        });
        await reading.catch(() => undefined);
        await connection.close();
        tag.tearAt(undefined);
        seen.push(await counterOf(tag));
      }
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
  });

  it.each([
    ["a file that it has not", "00a4000c02e1ff", "6a82"],
    ["READ BINARY of the whole file", "00b0000000", "9000"],
    ["an AID of nothing", "00a4040007d276000085010200", "6a82"],
  ])("answers %s alike", async (_name, command, sw) => {
    const tag = make();
    tag.powerOn();
    for (const before of ["00a4040007d276000085010100", "00a4000c02e104"]) tag.exchange(hexToBytes(before));
    expect(bytesToHex(tag.exchange(hexToBytes(command)).slice(-2))).toBe(sw);
  });
});
