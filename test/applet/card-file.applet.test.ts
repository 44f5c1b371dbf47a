import { join } from "node:path";
import { expect, test } from "vitest";
import { createCardFile, openAppletFile, openCardFile, readCardFile } from "../../simulator/index.js";
import { newFolder } from "../../testing/hooks.js";
import { authorizeApdu, hash, SELECT, send, tappedCard } from "../simulator/fixture.js";

const folder = newFolder();

test("a card file goes from one card to the other and back, and each continues where the other ended", () => {
  const path = join(folder, "card.json");
  createCardFile(path, tappedCard() as never);
  const names = Object.keys(readCardFile(path).memory.cells);
  const pay = (open: typeof openAppletFile | typeof openCardFile, invoice: string) => {
    const file = open(path);
    file.card.powerOn();
    send(file.card as never, SELECT);
    const { sw, data } = send(file.card as never, authorizeApdu(1_000n, hash(invoice)));
    file.close();
    return [sw, data.length];
  };
  expect(pay(openAppletFile, "first")).toEqual(["9000", 149]);
  expect(pay(openCardFile, "second")).toEqual(["9000", 149]);
  expect(pay(openAppletFile, "third")).toEqual(["9000", 149]);
  const { cells, journal } = readCardFile(path).memory;
  expect(Buffer.from(cells["card-application/counter"] ?? []).toString("hex")).toBe("00000003");
  expect(Buffer.from(cells["card-application/authorized"] ?? []).toString("hex")).toBe("0000000000000bb8");
  expect(Object.keys(cells).toSorted()).toEqual(names.toSorted());
  expect(journal).toEqual([]);
});
