import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readCharge } from "../../cli/charge-check.js";
import { withSettings } from "../../cli/terminal-settings.js";
import { sat } from "../../common/index.js";
import { newFolder } from "../../testing/hooks.js";

const settings = (text: string): string => {
  const node = newFolder();
  writeFileSync(join(node, "terminal.yaml"), text);
  return node;
};

it("the settings of a terminal name its currency, place and largest sale, and options come first", () => {
  const node = settings("currency: eur\nplace: Bar\nmax-sale: 50000sat\n");
  expect(withSettings({ node })).toEqual({ node, currency: "eur", place: "Bar", maxSale: "50000sat" });
  expect(withSettings({ node, place: "Stall 2", currency: "usd" })).toMatchObject({
    place: "Stall 2",
    currency: "usd",
  });
  const options = { rate: "60000", ...withSettings({ node }) };
  expect(readCharge("3,00", options)).toEqual({ amount: sat(5000), fiat: "3.00 EUR" });
});

it("without settings a terminal is called chequecard", () => {
  const node = newFolder();
  expect(withSettings({ node })).toEqual({ node, place: "chequecard" });
});

it("settings with mistakes are refused with all of them", () => {
  const node = settings("curency: eur\nmax-sale: 2.500sat\nplace: ''\n");
  expect(() => withSettings({ node })).toThrow(
    `${join(node, "terminal.yaml")}: 3 mistakes:
  line 1: curency: unknown field; did you mean currency?
  line 2: max-sale: "2.500sat" can be read in two ways; write 2500sat
  line 3: place: need at least 1 character`,
  );
});
