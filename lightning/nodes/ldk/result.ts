import * as ldk from "lightningdevkit";
import { NodeError } from "../errors.js";

interface Outcome {
  is_ok(): boolean;
}

/** What LDK says about a call that it did not like. */
export function apiProblem(error: ldk.APIError): string {
  if (
    error instanceof ldk.APIError_APIMisuseError ||
    error instanceof ldk.APIError_ChannelUnavailable ||
    error instanceof ldk.APIError_InvalidRoute
  )
    return error.err;
  return error.constructor.name.replace("APIError_", "");
}

function describe(result: Outcome): string {
  const err: unknown = "err" in result ? result.err : undefined;
  if (err instanceof ldk.APIError) return apiProblem(err);
  return typeof err === "object" && err !== null ? err.constructor.name : "";
}

/**
 * The value of an LDK result.
 * @param kind the OK class of the result, which tells the type of its value; @param what was being done
 * @throws NodeError `internal` when the result is an error
 */
export function unwrap<T>(result: Outcome, kind: { readonly prototype: { res: T } }, what: string): T {
  if (result.is_ok() && "res" in result) return (result as typeof kind.prototype).res;
  throw refused(result, what);
}

/** Holds that an LDK result without a value is no error. @throws NodeError `internal` */
export function expectOk(result: Outcome, what: string): void {
  if (!result.is_ok()) throw refused(result, what);
}

function refused(result: Outcome, what: string): NodeError {
  const reason = describe(result);
  return new NodeError("internal", `${what} was refused${reason ? `: ${reason}` : ""}`);
}

/** A plain Uint8Array: the bindings do not take a Buffer. */
export const plain = (bytes: Uint8Array): Uint8Array =>
  bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes);

/** An optional u64 for LDK. */
export const optionU64 = (value: bigint | undefined): ldk.Option_u64Z =>
  value === undefined ? ldk.Option_u64Z.constructor_none() : ldk.Option_u64Z.constructor_some(value);

/** The u64 in an LDK option, if any. */
export const u64Of = (option: ldk.Option_u64Z): bigint | undefined =>
  option instanceof ldk.Option_u64Z_Some ? option.some : undefined;

/** The bytes in an LDK option, if any. */
export const bytesOf = (option: ldk.Option_ThirtyTwoBytesZ | ldk.Option_CVec_u8ZZ): Uint8Array | undefined =>
  option instanceof ldk.Option_ThirtyTwoBytesZ_Some || option instanceof ldk.Option_CVec_u8ZZ_Some
    ? option.some
    : undefined;

/** The bindings hand a u16 over with its sign extended: 45001 arrives as -20535. */
export const unsigned16 = (value: number): number => value & 0xffff;

/** The bindings write a u128 from its low byte and read it from its high one: what arrives is reversed. */
export function unsigned128(value: bigint): bigint {
  let swapped = 0n;
  for (let i = 0n; i < 128n; i += 8n) swapped = (swapped << 8n) | ((value >> i) & 0xffn);
  return swapped;
}

/**
 * True for a struct of LDK's that is not there: the bindings hand over null, or an object with a null pointer
 * that must not be used.
 */
export const isAbsent = (struct: object | null): boolean =>
  struct === null || Reflect.get(struct, "ptr") === 0n;
