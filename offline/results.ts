import { concatBytes, equalBytes, readU16, readU64, u8, u16, u32, u64 } from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";
import { type Msat, msat } from "../common/msat.js";
import type { Network } from "../lightning/network.js";
import { BundleError, type ListForm, type ListHead, readList, writeList } from "./sealed-list.js";

/** What became of a sale of a bundle, as the shop knows it. */
type ForwardState =
  | { readonly state: "paid"; readonly received: Msat; readonly paidAt: number }
  /** `reason`: of the reject (specs/08 §5), undefined where there was none. */
  | { readonly state: "refused"; readonly reason: number | undefined }
  | { readonly state: "open" };

/** What a file of results says of one sale. */
export type SaleResult = ForwardState & {
  /** 32 bytes. */
  readonly paymentHash: Uint8Array;
};

const FORM: ListForm = { magic: "CQRS", name: "file of results", tag: "chequecard/offline-results" };
const STATE = { open: 0, paid: 1, refused: 2 } as const;
const NO_REASON = 0xffff;

/** What became of a terminal's sales, for a person to carry back (specs/09 §7.2). */
export const writeResults = (
  head: ListHead,
  results: readonly SaleResult[],
  terminalKey: Uint8Array,
): Uint8Array =>
  writeList(
    FORM,
    head,
    results.map((one) =>
      concatBytes(
        one.paymentHash,
        u8(STATE[one.state]),
        u16(one.state === "refused" ? (one.reason ?? NO_REASON) : NO_REASON),
        u64(one.state === "paid" ? one.received : 0n),
        u32(one.state === "paid" ? one.paidAt : 0),
      ),
    ),
    terminalKey,
  );

/**
 * Reads results at the terminal that made the bundle. Its MAC is the proof: who can make one has the deputy key of this terminal,
 * from which every preimage of its invoices follows (specs/09 §7.2).
 * @throws BundleError
 */
export function readResults(
  bytes: Uint8Array,
  network: Network,
  of: { readonly keyId: Uint8Array; readonly terminalKey: Uint8Array; readonly fileId: Uint8Array },
): readonly SaleResult[] {
  const keyOf = (id: Uint8Array) => (equalBytes(id, of.keyId) ? of.terminalKey : undefined);
  const { head, records } = readList(FORM, bytes, network, keyOf, (reader, path): SaleResult => {
    const paymentHash = reader.take(32, `${path}/paymentHash`);
    const [state] = reader.take(1, `${path}/state`);
    const reason = readU16(reader.take(2, `${path}/reason`));
    const received = amountOf(readU64(reader.take(8, `${path}/received`)), `${path}/received`);
    const paidAt = reader.u32(`${path}/paidAt`);
    if (state === STATE.paid) return { paymentHash, state: "paid", received, paidAt };
    if (state === STATE.refused)
      return { paymentHash, state: "refused", reason: reason === NO_REASON ? undefined : reason };
    if (state !== STATE.open) throw new ParseError(`${path}/state`, `need 0, 1 or 2, have ${state}`);
    return { paymentHash, state: "open" };
  });
  if (!equalBytes(head.fileId, of.fileId))
    throw new BundleError(
      "other-terminal",
      "The file of results is for another file of sales of this terminal.",
      {
        hint: "Give the file of sales that the bundle was made of, with --sales.",
      },
    );
  return records;
}

function amountOf(value: bigint, path: string): Msat {
  try {
    return msat(value);
  } catch (cause) {
    throw cause instanceof ValueError ? new ParseError(path, cause.problem) : cause;
  }
}
