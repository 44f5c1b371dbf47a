import { join } from "node:path";
import { formatMsat, sat } from "../../common/index.js";
import {
  makeDeputyInvoice,
  PointOfSale,
  readDeputyProfile,
  SaleFile,
  writeDeputyProfile,
} from "../../lightning/dpp/index.js";
import { odtFromHex, odtToHex, qrPng, readQrPng } from "../../lightning/odt/index.js";
import type { Story } from "./story.js";
import type { World } from "./world.js";

/** A beer tap without any connection sells a beer to a phone (specs/07). */
export async function offlineChapter(story: Story, world: World): Promise<void> {
  story.chapter(
    "A tap with no connection",
    "This beer tap has no network and no Lightning node. It was given a file once, and makes invoices from it.",
  );
  const profile = readDeputyProfile(writeDeputyProfile(await world.nodes.deputyProfile("beer tap")));
  const sales = new SaleFile(join(world.folder, "tap-sales.db"));
  const tap = new PointOfSale({
    store: sales,
    makeInvoice: (request) => makeDeputyInvoice(profile, request),
  });
  try {
    let invoice = "";
    let preimage: Uint8Array | undefined;
    await story.step("The tap shows a QR code for 800 sat. A phone scans it.", async () => {
      const made = tap.sell({ amount: sat(800), description: "beer" });
      invoice = readQrPng(qrPng(`lightning:${made.invoice}`.toUpperCase()))
        .toLowerCase()
        .replace("lightning:", "");
      const known = await world.nodes.merchant.lookupInvoice(made.paymentHash);
      return {
        outcome: `${formatMsat(sat(800))}: ${invoice.slice(0, 60)}... The bar's node ${known.state === "not-found" ? "has never seen it" : "knows it"}.`,
        facts: { invoice },
      };
    });
    await story.step("The phone pays it over Lightning, as any invoice.", async () => {
      const result = await world.nodes.payer.pay({ invoice, maxFee: sat(10) });
      if (result.state !== "settled") throw new Error(`the phone could not pay: ${result.state}`);
      preimage = result.preimage;
      return {
        outcome: "The bar's node recognized it, worked the secret out and took the money.",
        facts: {},
      };
    });
    await story.step("The phone shows the tap a QR code with the proof of payment.", async () => {
      if (!preimage) throw new Error("nothing was paid");
      const picture = qrPng(odtToHex({ kind: "preimage", preimage }));
      const message = odtFromHex(readQrPng(picture));
      if (message.kind !== "preimage") throw new Error("another message was returned");
      const first = tap.accept(message.preimage).result;
      const second = tap.accept(message.preimage).result;
      if (first !== "accepted" || second !== "already-used")
        throw new Error(`the tap said ${first}, then ${second}`);
      return {
        outcome: "The tap opens. Shown a second time, the same proof opens nothing.",
        facts: { first, second },
      };
    });
  } finally {
    sales.end();
  }
}
