import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesToHex, type Msat, msat, secp256k1 } from "../../common/index.js";
import {
  decodeInvoice,
  encodeInvoice,
  type InvoiceContent,
  type Network,
  TAG,
} from "../../lightning/bolt11/index.js";
import { type DeputyProfile, deriveTerminalKey, makeDeputyInvoice } from "../../lightning/dpp/index.js";
import { openChannel } from "../../testing/lnd/channels.js";
import { LndRefusal } from "../../testing/lnd/lnd.js";
import { startLndNetwork } from "../../testing/lnd/network.js";
import { programOf } from "../../testing/lnd/programs.js";
import { content, head, secretKey } from "./bolt11-arbitrary.js";

/** What lnd's own reader makes of invoices, in their order. */
function byLnd(invoices: readonly string[]): Record<string, unknown>[] {
  const run = spawnSync(programOf("decode"), { input: invoices.join("\n"), maxBuffer: 1 << 28 });
  if (run.status !== 0) throw new Error(`the reader ended with ${run.status}: ${run.stderr}`);
  return run.stdout
    .toString()
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** The same by our reader. */
function byUs(invoice: string): Record<string, unknown> {
  const read = decodeInvoice(invoice);
  const hex = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : bytesToHex(bytes));
  return {
    paymentHash: hex(read.paymentHash),
    paymentSecret: hex(read.paymentSecret),
    payee: hex(read.payee),
    amount: read.amount?.toString(),
    description: read.description,
    descriptionHash: hex(read.descriptionHash),
    metadata: hex(read.metadata),
    timestamp: read.timestamp,
    expirySeconds: read.expirySeconds,
    // Without the field, BOLT 11 says 18 and lnd assumes 24.
    minFinalCltv: read.fields.some(({ tag }) => tag === TAG.minFinalCltv) ? read.minFinalCltv : 24,
    features: [...read.features].sort((one, other) => one - other),
    routeHints: read.routeHints.map((hops) =>
      hops.map((hop) => ({
        ...hop,
        nodeId: bytesToHex(hop.nodeId),
        shortChannelId: hop.shortChannelId.toString(),
      })),
    ),
  };
}

/** Without what is not there, and without fallback addresses, which each reader writes in its own way. */
const bare = (read: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(read).filter(
      ([name, value]) =>
        name !== "fallback" &&
        value !== undefined &&
        value !== null &&
        !(Array.isArray(value) && value.length === 0),
    ),
  );

/** lnd reads tenths of a millisatoshi as 64 bits, which is less than all bitcoin. */
const readable = (amount: Msat | undefined): Msat | undefined =>
  amount === undefined ? undefined : msat((amount % 10n ** 18n) + 1n);

/** lnd refuses an invoice whose fallback is no address of today: taproot of another length, versions to come. */
const withoutOddFallbacks = ({ fallbacks, ...rest }: InvoiceContent): InvoiceContent => ({
  ...rest,
  ...(fallbacks && {
    fallbacks: fallbacks.filter(
      ({ version, program }) => version === 0 || version > 16 || (version === 1 && program.length === 32),
    ),
  }),
});

const profile = (network: Network): DeputyProfile => ({
  network,
  name: "tap",
  payeeKey: randomBytes(32),
  routeHints: [
    [
      {
        nodeId: secp256k1.publicKey(randomBytes(32)),
        shortChannelId: randomBytes(8).readBigUInt64BE(),
        feeBase: 0,
        feeProportional: 0,
        cltvDelta: 42,
      },
    ],
  ],
  secretScheme: { type: "derived" },
  keyId: randomBytes(4),
  terminalKey: deriveTerminalKey(randomBytes(32), randomBytes(4)),
  minFinalCltv: 40,
  multiPart: true,
  media: [],
});

describe("BOLT 11 here and in lnd", () => {
  it("400 random invoices of ours are read alike, field by field", () => {
    const made = fc
      .sample(fc.tuple(head, content, secretKey), { numRuns: 400, seed: 20_261_126 })
      .map(([before, fields, key]) =>
        encodeInvoice({ ...before, amount: readable(before.amount) }, withoutOddFallbacks(fields), key),
      );
    for (const [at, theirs] of byLnd(made).entries())
      expect([made[at], bare(theirs)]).toEqual([made[at], bare(byUs(made[at] ?? ""))]);
  });

  it("so are invoices to deputies, on every network", () => {
    const made = (["bc", "tb", "tbs", "bcrt", "sb"] as const).flatMap((network) =>
      Array.from(
        { length: 20 },
        (_, n) =>
          makeDeputyInvoice(profile(network), {
            amount: msat(BigInt(1 + n * 997)),
            description: `beer ☕ ${"x".repeat(n)}`,
          }).invoice,
      ),
    );
    for (const [at, theirs] of byLnd(made).entries())
      expect(bare(theirs)).toEqual(bare(byUs(made[at] ?? "")));
  });

  it("an invoice with a changed letter is refused by both", () => {
    const [good = ""] = fc
      .sample(fc.tuple(head, content, secretKey), { numRuns: 1, seed: 1 })
      .map(([before, fields, key]) => encodeInvoice(before, fields, key));
    const bad = `${good.slice(0, -1)}${good.endsWith("q") ? "p" : "q"}`;
    expect(byLnd([bad])[0]).toHaveProperty("error");
    expect(() => decodeInvoice(bad)).toThrow();
  });

  it("all kinds of lnd's invoices are read alike here, and those without a payment secret refused", async () => {
    const { btcd, nodes, stop } = await startLndNetwork([{ alias: "one" }, { alias: "two" }]);
    try {
      const [one, two] = nodes;
      if (!one || !two) throw new Error("the network is not whole");
      // A hint names a peer that is known to all.
      await openChannel(btcd, one, two, { sat: 1_000_000 });
      await openChannel(btcd, one, two, { sat: 1_000_000, isPrivate: true });
      const { address } = await two.get<{ address: string }>("/v1/newaddress");
      const add = async (request: object) =>
        (await two.post<{ payment_request: string }>("/v1/invoices", request)).payment_request;
      await expect
        .poll(async () => decodeInvoice(await add({ value: "5", private: true })).routeHints.length)
        .toBe(1);
      const made = await Promise.all(
        [
          {},
          { memo: "one beer", value_msat: "1234567", expiry: "90" },
          { memo: "ä".repeat(319), value: "5" },
          { description_hash: randomBytes(32).toString("base64"), value: "5" },
          { memo: "private", value: "5", private: true },
          { memo: "cltv", value: "5", cltv_expiry: "200" },
          { memo: "fallback", value: "5", fallback_addr: address },
          { memo: "amp", value: "5", is_amp: true },
        ].map(add),
      );
      expect(decodeInvoice(made[4] ?? "").routeHints).toHaveLength(1);
      for (const [at, theirs] of byLnd(made).entries())
        expect(bare(theirs)).toEqual(bare(byUs(made[at] ?? "")));
      // Its payment secret would be in the blinded path.
      const blinded = await add({ memo: "blinded", value: "5", is_blinded: true }).catch((error: unknown) => {
        if (error instanceof LndRefusal) return undefined;
        throw error;
      });
      if (blinded !== undefined) expect(() => decodeInvoice(blinded)).toThrow(/payment secret/i);
    } finally {
      await stop();
    }
  });
});
