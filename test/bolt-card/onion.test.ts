import { expect, it } from "vitest";
import { readCardAddress } from "../../bolt-card/address.js";
import { sat } from "../../common/index.js";
import { askForOffer, judgeCallback } from "../../host/bolt-card/server.js";

const HOST = `${"a".repeat(56)}.onion`;
const rules = {
  network: "bc",
  resolve: () => Promise.reject(new Error("an onion address went to a name service")),
} as const;

it("a Bolt Card whose server is an onion service is refused with a sentence that says why and what to do, unasked", async () => {
  const { signal } = new AbortController();
  const refusal = {
    code: "unreachable",
    message: `The card's server cannot be reached (${HOST} is an onion address, which needs a proxy that is not there), and a Bolt Card pays through it alone; ask for another card or another payment.`,
  };
  const address = readCardAddress(`lnurlw://${HOST}/ln?p=00&c=00`);
  await expect(askForOffer(address, rules, signal)).rejects.toMatchObject(refusal);
  // Also where the card's address is on the web, and its callback leads there.
  const callback = new URL(`http://${HOST}/cb`);
  const offer = { callback, k1: "k", min: sat(1), max: sat(2), pinLimit: undefined };
  await expect(judgeCallback(offer, "lnbc1", undefined, rules)).rejects.toMatchObject(refusal);
});
