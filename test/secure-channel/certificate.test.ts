import { expect, it } from "vitest";
import { type DataGroup, DGI, reset, send, storeData } from "../../apdu/index.js";
import { hex, newCard, open } from "./fixture.js";

const certificate: DataGroup = { dgi: DGI.CERTIFICATE, value: new Uint8Array(128).fill(0xce) };

it("a stored certificate goes with RESET, and with the first block of another personalization", async () => {
  const { card, channel } = await open(newCard(), { level: 0x33 });
  const stored = () => hex(card.image().cells["card-application/certificate"] ?? new Uint8Array(0));
  const store = (groups: readonly DataGroup[]) => send(channel, storeData, { block: 0, last: false, groups });
  expect(stored()).toBe("00".repeat(129));
  await store([certificate]);
  expect(stored()).toBe(`80${"ce".repeat(128)}`);
  await send(channel, reset, {});
  expect(stored()).toBe("00".repeat(129));
  await store([certificate]);
  expect(stored()).toBe(`80${"ce".repeat(128)}`);
  await store([]);
  expect(stored()).toBe("00".repeat(129));
});
