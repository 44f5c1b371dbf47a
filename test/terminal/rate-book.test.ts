import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { RateBook } from "../../host/terminal/rate-book.js";
import { newFolder } from "../../testing/hooks.js";

const RULES = { bandPercent: 10, maxAgeSeconds: 3600 };

function newBook(given?: string) {
  const path = join(newFolder("memory"), "rate.json");
  let seconds = 1_800_000_000;
  const open = (option?: string) =>
    new RateBook(path, RULES, { given: option, currency: "eur", now: () => seconds * 1000 });
  return {
    path,
    book: open(given),
    open,
    pass(more: number) {
      seconds += more;
    },
  };
}

it("a source's rate is used where it is near the last one, and held where it is not", () => {
  const { book } = newBook();
  expect(book.last).toBeUndefined();
  expect(book.offer("60000", "kraken")).toBe("used");
  expect(book.offer("66000", "kraken")).toBe("used");
  // A tenth more is in the band, a cent beyond it is not.
  expect(book.offer("72600.01", "kraken")).toBe("held");
  expect(book.last).toMatchObject({ price: "66000eur", from: "kraken" });
  expect(book.held).toMatchObject({ price: "72600.01eur" });
  expect(book.offer("59400", "kraken")).toBe("used");
  expect(book.held).toBeUndefined();
  expect(book.offer("53459.99", "kraken")).toBe("held");
});

it("a shift lead takes the rate that is held, and later ones are compared with it", () => {
  const { book, pass } = newBook("60000eur");
  book.offer("90000", "kraken");
  pass(60);
  expect(book.set("90000eur")).toMatchObject({ price: "90000eur", from: "kraken", at: 1_800_000_000 });
  expect(book.held).toBeUndefined();
  expect(book.offer("91000", "kraken")).toBe("used");
  expect(book.set("65000")).toMatchObject({ price: "65000eur", from: "hand", at: 1_800_000_060 });
});

it("a rate gets too old, unless it was given at the start", () => {
  const { book, pass, open } = newBook();
  book.set("60000");
  pass(3600);
  expect(book.last?.isTooOld).toBe(false);
  pass(1);
  expect(book.last?.isTooOld).toBe(true);
  const given = open("61500eur");
  pass(1_000_000);
  expect(given.last).toMatchObject({ price: "61500eur", from: "option", isTooOld: false });
});

it("the last rate is known after a restart, so that the first one then is held to it", () => {
  const { book, open, path } = newBook();
  book.offer("60000", "kraken");
  const next = open();
  expect(next.last).toMatchObject({ price: "60000eur", from: "kraken" });
  expect(next.offer("6000", "kraken")).toBe("held");
  expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ price: "60000eur" });
  writeFileSync(path, "{");
  expect(() => open()).toThrow("need a rate as the till keeps it");
  expect(open("61500eur").last).toMatchObject({ price: "61500eur" });
});

it("a rate in another currency or without a number is refused, and changes nothing", () => {
  const { book } = newBook("60000eur");
  for (const wrong of ["60000usd", "eur", "0eur", "-1eur", "1e5eur"])
    expect(() => book.set(wrong)).toThrow(/^rate: need/);
  expect(book.last).toMatchObject({ price: "60000eur", from: "option" });
});
