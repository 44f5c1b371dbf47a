import { describe, expect, it } from "vitest";
import { msat } from "../../common/index.js";
import { encodeInvoice, invoiceOf } from "../../lightning/bolt11/index.js";
import { chequecard } from "../../testing/command-run.js";

const TIME = 1_700_000_000;
const make = (expirySeconds: number): string =>
  encodeInvoice(
    { network: "bc", amount: msat(100_000n), timestamp: TIME },
    {
      paymentHash: new Uint8Array(32),
      paymentSecret: new Uint8Array(32),
      description: "beer",
      expirySeconds,
    },
    new Uint8Array(32).fill(5),
  );
const INVOICE = make(3600);

describe("what people paste for an invoice", () => {
  it.each([
    ["an invoice", INVOICE],
    ["an upper-case invoice with its scheme", `LIGHTNING:${INVOICE.toUpperCase()}`],
    ["a bitcoin: address with an invoice", `bitcoin:bc1qexample?amount=0.000001&lightning=${INVOICE}`],
    ["an upper-case bitcoin: address", `BITCOIN:BC1QEXAMPLE?LIGHTNING=${INVOICE.toUpperCase()}&LABEL=X`],
    ["a bitcoin: address that is only an invoice", `bitcoin:?lightning=${INVOICE}`],
  ])("%s is read", async (_, text) => {
    const { out } = await chequecard(["--json", "invoice", "decode", text]);
    expect(JSON.parse(out)).toMatchObject({ invoice: INVOICE, amountMsat: "100000" });
  });

  it.each([
    ["LNURL1DP68GURN8GHJ7MR0VDJHXUEWDAHXSEFW", "an LNURL"],
    ["lightning:lnurl1dp68gurn8ghj7mr0vdjhxuewdahxsefw", "an LNURL"],
    ["lnurlp://wallet.example/pay", "an LNURL"],
    ["user@wallet.example", "a Lightning address"],
    ["lightning:user+beer@wallet.example", "a Lightning address"],
    [
      "lno1pqps7sjqpgtyzm3qv4uxzmtsd3jjqer9wd3hy6tsw35k7msjzfpy7nz5yqcnygrfdej82um5wf5k2uckyypwa3e",
      "a BOLT 12 offer",
    ],
    [
      "bitcoin:?lightning=lno1pqps7sjqpgtyzm3qv4uxzmtsd3jjqer9wd3hy6tsw35k7msjzfpy7nz5yqcnygrfdej82",
      "a BOLT 12 offer",
    ],
    ["lni1qqgds4gweqxey37gexf5jus4kcrwu", "a BOLT 12 invoice"],
    ["bitcoin:bc1qexample?amount=1", "a bitcoin: address without a Lightning invoice"],
    [`lightning://${INVOICE}`, "lightning:// instead of lightning:"],
  ])("%s is named, with what to do instead", async (text, name) => {
    const { exitCode, err, out } = await chequecard(["invoice", "decode", text]);
    expect(err).toMatch(new RegExp(`^invoice: this is ${name}.*\\n.+\\n$`));
    expect({ exitCode, out }).toEqual({ exitCode: 2, out: "" });
  });

  it("a bitcoin: address with two invoices is refused", () => {
    expect(() => invoiceOf(`bitcoin:?lightning=${INVOICE}&lightning=${INVOICE}`)).toThrow("more than one");
  });

  it.each([
    [86_400, "2023-11-15 22:13:20 UTC"],
    [2 ** 40, "after the year 9999"],
    [2 ** 50 - 1, "after the year 9999"],
  ])("an expiry of %d seconds is shown as %s", async (expirySeconds, shown) => {
    const { out, err } = await chequecard(["invoice", "decode", make(expirySeconds)]);
    expect(err).toBe("");
    expect(out).toContain(`Expires       ${shown}`);
  });
});
