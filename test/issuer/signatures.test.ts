import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { secp256k1 } from "../../common/index.js";
import { checkerOf } from "../../issuer/authorizer/signatures/checker.js";
import {
  readFindings,
  readRequests,
  writeFindings,
  writeRequests,
} from "../../issuer/authorizer/signatures/records.js";
import { SignatureThread } from "../../issuer/authorizer/signatures/thread.js";
import type { RequestSignatures } from "../../issuer/verify.js";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

const anyRequest: fc.Arbitrary<RequestSignatures> = fc.record({
  invoice: fc.record({
    digest: bytes(32),
    signature: bytes(64),
    recovery: fc.integer({ min: 0, max: 3 }),
    namedPayee: fc.option(bytes(33), { nil: undefined }),
  }),
  token: fc.record({ digest: bytes(32), signature: bytes(64) }),
  signer: fc.oneof(bytes(33), bytes(65)),
});

describe("records between threads", () => {
  test("requests come back as they went", () => {
    fc.assert(
      fc.property(fc.array(anyRequest, { maxLength: 5 }), (requests) => {
        expect(readRequests(writeRequests(requests))).toEqual(requests);
      }),
    );
  });

  test("so do findings", () => {
    const findings = fc.record({ signed: fc.boolean(), payee: fc.option(bytes(33), { nil: undefined }) });
    fc.assert(
      fc.property(fc.array(findings, { maxLength: 5 }), (list) => {
        expect(readFindings(writeFindings(list))).toEqual(list);
      }),
    );
  });
});

describe("what both signatures prove", () => {
  const secret = new Uint8Array(32).fill(7);
  const other = new Uint8Array(32).fill(9);
  const key = secp256k1.publicKey(secret);
  const digest = new Uint8Array(32).fill(5);
  const { signature, recovery } = secp256k1.signRecoverable(digest, secret);
  const invoice = { digest, signature, recovery, namedPayee: undefined };
  const genuine: RequestSignatures = { invoice, token: { digest, signature }, signer: key };
  const checker = checkerOf(secp256k1);

  test("a recovered payee and the card's signature", () => {
    expect(checker.check(genuine)).toEqual({ payee: key, signed: true });
  });

  test("a named payee is the payee, if it signed", () => {
    expect(checker.check({ ...genuine, invoice: { ...invoice, namedPayee: key } })).toMatchObject({
      payee: key,
    });
    const named = { ...invoice, namedPayee: secp256k1.publicKey(other) };
    expect(checker.check({ ...genuine, invoice: named })).toEqual({ payee: undefined, signed: true });
  });

  test("another card's signature, and a signature that is none", () => {
    const signer = secp256k1.publicKey(other, false);
    expect(checker.check({ ...genuine, signer })).toEqual({ payee: key, signed: false });
    const none = { ...invoice, signature: new Uint8Array(64) };
    expect(checker.check({ ...genuine, invoice: none })).toEqual({ payee: undefined, signed: true });
  });
});

describe("a thread of its own", () => {
  const entry = pathToFileURL(
    resolve(import.meta.dirname, "../../dist/issuer/authorizer/signatures/thread-entry.js"),
  );
  const here = checkerOf(secp256k1);
  const secrets = [1, 2, 3].map((byte) => new Uint8Array(32).fill(byte));
  /** Requests of which about half are right: signer, named payee and recovery id change independently. */
  const requests: RequestSignatures[] = Array.from({ length: 100 }, (_, i) => {
    const digest = new Uint8Array(32).fill(i);
    const { signature, recovery } = secp256k1.signRecoverable(digest, secrets[i % 3] as Uint8Array);
    const named = i % 5 === 0 ? secp256k1.publicKey(secrets[(i >> 3) % 3] as Uint8Array) : undefined;
    return {
      invoice: { digest, signature, recovery: i % 7 === 0 ? recovery ^ 1 : recovery, namedPayee: named },
      token: { digest, signature },
      signer: secp256k1.publicKey(secrets[(i >> 2) % 3] as Uint8Array, i % 2 === 0),
    };
  });
  const expected = requests.map((request) => here.check(request));
  const checkAll = (thread: SignatureThread) => Promise.all(requests.map((request) => thread.check(request)));

  test("finds what is found here, in the order asked", async () => {
    const failures: string[] = [];
    const thread = new SignatureThread(() => failures.push("ended"), entry);
    expect(await checkAll(thread)).toEqual(expected);
    const [first, second] = await Promise.all([checkAll(thread), checkAll(thread)]);
    expect(first).toEqual(expected);
    expect(second).toEqual(expected);
    const closing = checkAll(thread);
    await thread.close();
    expect(await closing).toEqual(expected);
    expect(await checkAll(thread)).toEqual(expected);
    expect(failures).toEqual([]);
  });

  test.each([
    ["never starts", "throw new Error('no')"],
    [
      "ends with requests in hand",
      "import { parentPort } from 'node:worker_threads'; parentPort.on('message', () => process.exit(1));",
    ],
  ])("that %s loses none: they are checked here", async (_name, program) => {
    const failures: string[] = [];
    const broken = new URL(`data:text/javascript,${encodeURIComponent(program)}`);
    const thread = new SignatureThread(() => failures.push("ended"), broken);
    expect(await checkAll(thread)).toEqual(expected);
    expect(await checkAll(thread)).toEqual(expected);
    expect(failures).toEqual(["ended"]);
    await thread.close();
  });
});
