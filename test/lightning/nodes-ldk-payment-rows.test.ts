import { expect, it } from "vitest";
import { bytesToHex, msat, u32 } from "../../common/index.js";
import { PaymentRows } from "../../lightning/nodes/ldk/payment-rows.js";
import { NodeStore } from "../../lightning/nodes/ldk/store.js";

const hashOf = (serial: number): Uint8Array => {
  const hash = new Uint8Array(32);
  hash.set(u32((serial * 2_654_435_761) % 2 ** 32));
  return hash;
};

it("payments of one second are listed over several pages, each once, in the order of their beginning", () => {
  const store = new NodeStore(undefined);
  const rows = new PaymentRows(store);
  for (let serial = 1; serial <= 1203; serial++)
    rows.start(hashOf(serial), "lnbcrt1", msat(1000n), serial <= 1100 ? 50 : 40 + serial);
  const found: { readonly startedAt: number; readonly hash: string }[] = [];
  const sizes: number[] = [];
  let page: string | undefined;
  do {
    const { payments, next } = rows.list(50, page);
    sizes.push(payments.length);
    found.push(
      ...payments.map(({ startedAt, paymentHash }) => ({ startedAt, hash: bytesToHex(paymentHash) })),
    );
    page = next;
  } while (page !== undefined);
  expect(sizes).toEqual([500, 500, 203]);
  expect(new Set(found.map(({ hash }) => hash)).size).toBe(1203);
  expect(found.map(({ startedAt }) => startedAt)).toEqual(
    found.map(({ startedAt }) => startedAt).sort((a, b) => a - b),
  );
  expect(rows.list(51, undefined).payments).toHaveLength(103);
  store.close();
});
