import { sha256 } from "@noble/hashes/sha2.js";
import { expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { bytesToHex, msat, sat } from "../../common/index.js";
import { bookUnmatched } from "../../issuer/ledger/book-unmatched.js";
import { listNodes, openSqlite } from "../../issuer/store/index.js";
import { chequecard, inFolder } from "../../testing/command-run.js";

it("unmatched payments are listed, hold the proof up, and are written off with a reason, from the command line", () =>
  inFolder(async (path) => {
    const issuer = path("issuer");
    const run = (...args: string[]) =>
      chequecard(["--json", ...args], { env: { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" } });
    const ledger = (...args: string[]) => run("ledger", ...args, "--issuer", issuer);
    expect(
      await run("issuer", "init", issuer, "--factory-keys", "test", "--chain", path("chain.db")),
    ).toMatchObject({ exitCode: EXIT.OK });
    expect(JSON.parse((await ledger("unmatched")).out)).toEqual({ payments: [] });
    expect(await ledger("verify")).toMatchObject({ exitCode: EXIT.OK });

    const store = await openSqlite({ path: path("issuer/ledger.db") });
    const preimage = new Uint8Array(32).fill(7);
    const paymentHash = sha256(preimage);
    const node = (await listNodes(store.db))[0]?.node ?? 0n;
    const paid = { node, paymentHash, preimage, amount: sat(5), fee: msat(3n), sentAt: 1_800_000_000_000 };
    await bookUnmatched(store, [paid], 1_800_000_001_000);
    await store.close();

    const hash = bytesToHex(paymentHash);
    const listed = { paymentHash: hash, state: "open", amount: "5000", fee: "3" };
    expect(JSON.parse((await ledger("unmatched")).out)).toMatchObject({ payments: [listed] });
    const text = await chequecard(["ledger", "unmatched", "--issuer", issuer]);
    expect(text.out).toMatch(new RegExp(`${hash}\\s+open\\s+5 sat`));
    const proof = await ledger("verify");
    expect(proof.exitCode).toBe(EXIT.CHECK_FAILED);
    expect(JSON.parse(proof.out)).toMatchObject({
      violations: [],
      unmatched: { payments: 1, amount: "5003" },
    });

    for (const [wrong, note] of [
      [hash.slice(2), "too short"],
      ["00".repeat(32), "nobody's"],
      [hash, ""],
    ] as const)
      expect((await ledger("write-off", wrong, "--note", note)).exitCode).not.toBe(EXIT.OK);
    expect(await ledger("write-off", hash, "--note", "paid by hand")).toMatchObject({ exitCode: EXIT.OK });
    expect(await ledger("write-off", hash, "--note", "again")).toMatchObject({ exitCode: EXIT.OK });
    expect(JSON.parse((await ledger("unmatched")).out)).toMatchObject({
      payments: [{ ...listed, state: "written-off", note: "paid by hand" }],
    });
    expect(await ledger("verify")).toMatchObject({ exitCode: EXIT.OK });
  }));
