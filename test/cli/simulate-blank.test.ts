import { expect, it } from "vitest";
import { blankSerial } from "../../cli/commands/simulate-blank.js";
import { hexToBytes } from "../../common/index.js";
import { wellKnownCardKeys } from "../../keys/index.js";
import { recogniseChip } from "../../personalize/index.js";
import { blankCard, connectCard } from "../../simulator/index.js";

/** What personalization finds on a blank card of a serial number. */
async function recognised(serial: Uint8Array) {
  const card = blankCard({
    serial,
    keys: () => wellKnownCardKeys(1),
    keepsFactoryKeys: false,
    boltCard: false,
  });
  const connection = connectCard(card);
  try {
    return await recogniseChip(connection);
  } finally {
    await connection.close();
  }
}

it.each([
  ["letters", "00004a434f50"],
  ["letters in lower case", "ffff6a636f70"],
  ["zeros", "000000000000"],
  ["ones", "ffffffffffff"],
])("simulate blank makes a card that can be personalized when chance gives %s", async (_, hex) => {
  const random = hexToBytes(hex);
  await expect(recognised(random)).rejects.toMatchObject({ code: "unsupported-card" });
  const serial = blankSerial(random);
  expect(await recognised(serial)).toMatchObject({ isBlank: true });
  expect([serial.length, serial.subarray(0, 2), serial.subarray(3)]).toEqual([
    6,
    random.subarray(0, 2),
    random.subarray(3),
  ]);
});
