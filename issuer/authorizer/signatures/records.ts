import type { RequestSignatures, SignatureFindings } from "../../verify.js";

/** Token: digest 32, signature 64, length of the key 1, key 65. Invoice: digest 32, signature 64, recovery 1, named 1, payee 33. */
const REQUEST = 293;
/** Signed 1, payee there 1, payee 33. */
const FINDINGS = 35;

/** Requests as one run of records of equal length, for another thread. */
export function writeRequests(requests: readonly RequestSignatures[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(requests.length * REQUEST);
  requests.forEach(({ invoice, token, signer }, i) => {
    const at = i * REQUEST;
    bytes.set(token.digest, at);
    bytes.set(token.signature, at + 32);
    bytes[at + 96] = signer.length;
    bytes.set(signer, at + 97);
    bytes.set(invoice.digest, at + 162);
    bytes.set(invoice.signature, at + 194);
    bytes[at + 258] = invoice.recovery;
    if (!invoice.namedPayee) return;
    bytes[at + 259] = 1;
    bytes.set(invoice.namedPayee, at + 260);
  });
  return bytes;
}

/** The inverse of {@link writeRequests}. */
export function readRequests(bytes: Uint8Array): RequestSignatures[] {
  return Array.from({ length: bytes.length / REQUEST }, (_, i) => {
    const record = bytes.subarray(i * REQUEST, (i + 1) * REQUEST);
    return {
      token: { digest: record.subarray(0, 32), signature: record.subarray(32, 96) },
      signer: record.subarray(97, 97 + (record[96] ?? 0)),
      invoice: {
        digest: record.subarray(162, 194),
        signature: record.subarray(194, 258),
        recovery: record[258] ?? 0,
        namedPayee: record[259] ? record.subarray(260, 293) : undefined,
      },
    };
  });
}

/** Findings as one run of records of equal length. */
export function writeFindings(findings: readonly SignatureFindings[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(findings.length * FINDINGS);
  findings.forEach(({ signed, payee }, i) => {
    const at = i * FINDINGS;
    bytes[at] = signed ? 1 : 0;
    if (!payee) return;
    bytes[at + 1] = 1;
    bytes.set(payee, at + 2);
  });
  return bytes;
}

/** The inverse of {@link writeFindings}. */
export function readFindings(bytes: Uint8Array): SignatureFindings[] {
  return Array.from({ length: bytes.length / FINDINGS }, (_, i) => {
    const at = i * FINDINGS;
    const payee = bytes[at + 1] === 1 ? bytes.subarray(at + 2, at + FINDINGS) : undefined;
    return { signed: bytes[at] === 1, payee };
  });
}
