import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { takeResults } from "../../cli/offline/carrying.js";
import { bytesToHex, equalBytes, hexToBytes, msat, ParseError, sat } from "../../common/index.js";
import { SaleStore } from "../../host/index.js";
import { deriveTerminalKey, writeDeputyProfile } from "../../lightning/dpp/index.js";
import type { Network } from "../../lightning/network.js";
import { readBundle, writeBundle } from "../../offline/bundle.js";
import { readResults, type SaleResult, writeResults } from "../../offline/results.js";
import { BundleError } from "../../offline/sealed-list.js";
import vectors from "../../specs/vectors/offline-bundle.json" with { type: "json" };
import { newFolder } from "../../testing/hooks.js";

const { reader } = vectors;
const network = reader.network as Network;
const terminalKey = hexToBytes(reader.terminalKey);
const keyId = hexToBytes(reader.keyId);
const fileId = hexToBytes(reader.fileId);
const keyOf = (id: Uint8Array) => (equalBytes(id, keyId) ? terminalKey : undefined);

/** What a reader's error names: the field where there is one, else the code. */
function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    expect(error.message).not.toContain(reader.terminalKey.slice(0, 16));
    return error.cause instanceof ParseError ? error.cause.path : error.code;
  }
  return "accepted";
}

interface Head {
  readonly network: string;
  readonly keyId: string;
  readonly fileId: string;
  readonly madeAt: number;
}
const headOf = (head: Head) => ({
  network: head.network as Network,
  keyId: hexToBytes(head.keyId),
  fileId: hexToBytes(head.fileId),
  madeAt: head.madeAt,
});

describe("bundles of specs/vectors/offline-bundle.json", () => {
  it.each(vectors.bundles)("$comment", ({ hex, fields, error }) => {
    const read = () => readBundle(hexToBytes(hex), network, keyOf);
    if (!fields) {
      expect(refusal(read)).toBe(error);
      return;
    }
    const { head, sales } = read();
    expect(head).toEqual(headOf(fields));
    expect(sales.map((one) => ({ ...one, token: bytesToHex(one.token) }))).toEqual(fields.sales);
    expect(bytesToHex(writeBundle(head, sales, terminalKey))).toBe(hex);
  });
});

describe("results of specs/vectors/offline-bundle.json", () => {
  it.each(vectors.results)("$comment", ({ hex, fields, error }) => {
    const read = () => readResults(hexToBytes(hex), network, { keyId, terminalKey, fileId });
    if (!fields) {
      expect(refusal(read)).toBe(error);
      return;
    }
    const wanted = fields.results.map(({ paymentHash, state, reason, received, paidAt }) => ({
      paymentHash: hexToBytes(paymentHash),
      state,
      ...(state === "paid" ? { received: msat(BigInt(received)), paidAt } : {}),
      ...(state === "refused" ? { reason: reason ?? undefined } : {}),
    }));
    expect(read()).toEqual(wanted);
    expect(bytesToHex(writeResults(headOf(fields), read(), terminalKey))).toBe(hex);
  });
});

describe("results at a terminal", () => {
  const folder = newFolder();
  const master = new Uint8Array(32).fill(5);
  const own = {
    keyId: hexToBytes("00000007"),
    terminalKey: deriveTerminalKey(master, hexToBytes("00000007")),
  };
  writeFileSync(
    join(folder, "deputy-profile.json"),
    writeDeputyProfile({
      ...{ network, name: "field", payeeKey: new Uint8Array(32).fill(7), ...own },
      routeHints: [
        [
          {
            nodeId: hexToBytes(`02${"79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"}`),
            shortChannelId: 1n,
            feeBase: 0,
            feeProportional: 0,
            cltvDelta: 42,
          },
        ],
      ],
      ...{ secretScheme: { type: "derived" }, minFinalCltv: 40, multiPart: false, media: [] },
    }),
    { mode: 0o600 },
  );
  const hash = new Uint8Array(32).fill(0x31);
  const stored = (result: SaleResult, of: Uint8Array): string => {
    const file = join(folder, "results");
    writeFileSync(
      file,
      writeResults({ network, keyId: own.keyId, fileId: of, madeAt: 1 }, [result], own.terminalKey),
    );
    return file;
  };
  const newStore = () => {
    const store = new SaleStore(":memory:");
    const { number } = store.create({
      ...{ amount: sat(100), description: "beer", fiat: undefined, invoice: "lnbcrt1", paymentHash: hash },
      ...{ createdAt: 1, expiresAt: 601 },
    });
    store.accepted.accept(
      number,
      {
        cardId: new Uint8Array(8),
        keySetId: new Uint8Array(4),
        counter: 1,
        amount: sat(100),
        total: sat(100),
        pinVerified: false,
      },
      { token: new Uint8Array(149), nodeUri: "n", issuer: new Uint8Array(33), acceptedAt: 1 },
    );
    return store;
  };
  const PAID: SaleResult = { paymentHash: hash, state: "paid", received: sat(100), paidAt: 9 };
  const REFUSED: SaleResult = { paymentHash: hash, state: "refused", reason: 36 };
  const OPEN: SaleResult = { paymentHash: hash, state: "open" };

  it.each<[string, readonly SaleResult[], string]>([
    ["paid after open", [OPEN, PAID], "paid"],
    ["older results after paid ones change nothing", [PAID, OPEN, REFUSED], "paid"],
    ["older results after a refusal change nothing", [REFUSED, OPEN, REFUSED], "refused"],
    ["money that came after a refusal", [REFUSED, PAID], "paid"],
  ])("%s", (_, results, state) => {
    const store = newStore();
    for (const result of results) takeResults(store, folder, stored(result, store.accepted.id()));
    expect(store.get(1).state).toBe(state);
    store.close();
  });

  it("of another file of sales are refused", () => {
    const store = newStore();
    expect(() => takeResults(store, folder, stored(PAID, new Uint8Array(16)))).toThrow(
      expect.objectContaining({ code: "other-terminal" }),
    );
    expect(store.get(1).state).toBe("accepted");
    store.close();
  });
});
