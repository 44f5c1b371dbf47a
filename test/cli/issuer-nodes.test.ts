import { copyFileSync, mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { bytesToHex, sat, secp256k1 } from "../../common/index.js";
import { listCards, registerCard } from "../../issuer/ledger/index.js";
import { parsePolicy } from "../../issuer/policy/index.js";
import { openSqlite } from "../../issuer/store/index.js";
import { chequecard, inFolder } from "../../testing/command-run.js";

it("a second node is added, makes its own issuer's folder, has its own cards, and retires, from the command line", () =>
  inFolder(async (path) => {
    const [first, second] = [path("first"), path("second")];
    const env = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
    const run = (...args: string[]) => chequecard(["--json", ...args], { env });
    const said = ({ out, err }: { readonly out: string; readonly err: string }) => out + err;
    const init = (folder: string, ...more: string[]) =>
      run("issuer", "init", folder, "--factory-keys", "test", "--chain", path("chain.db"), ...more);
    const ledger = (...args: string[]) => run("ledger", ...args, "--issuer", first);
    expect(await init(first)).toMatchObject({ exitCode: EXIT.OK });
    mkdirSync(second);
    copyFileSync(`${first}/issuer.keys`, `${second}/issuer.keys`);
    const database = ["--database", path("first/ledger.db")];

    await run("simulate", "blank", path("blank.json"), "--test-key");
    const refused = await init(second, ...database);
    const id = /add-node ([0-9a-f]{66})/.exec(said(refused))?.[1] ?? "";
    expect(said(refused)).toContain(`not to ${id}`);
    expect(refused.exitCode).not.toBe(EXIT.OK);
    const added = await ledger("add-node", id, "--label", "machine b");
    expect(JSON.parse(added.out)).toMatchObject({ node: id, label: "machine b", state: "active" });
    const done = await init(second, ...database);
    expect(done.exitCode).toBe(EXIT.OK);
    expect(JSON.parse(done.out).uri).toContain(id);

    const store = await openSqlite({ path: path("first/ledger.db") });
    const limits = {
      maxPerTransaction: sat(1),
      pinThreshold: sat(1),
      noPinBudget: sat(1),
      maxTransactions: 9,
    };
    const card = (number: number, nodeId: Uint8Array) => ({
      cardId: new Uint8Array(8).fill(number),
      publicKey: secp256k1.publicKey(new Uint8Array(32).fill(number)),
      keySetId: new Uint8Array(4),
      label: `${number}`,
      credit: sat(0),
      limits,
      policy: parsePolicy({}),
      nodeId,
    });
    await registerCard(store, card(1, Buffer.from(id, "hex")), 1_800_000_000_000);
    const stranger = secp256k1.publicKey(new Uint8Array(32).fill(9));
    await expect(registerCard(store, card(2, stranger), 0)).rejects.toMatchObject({
      code: "unknown-node",
      message: `the ledger has no node ${bytesToHex(stranger)}`,
    });
    expect(await listCards(store.db)).toHaveLength(1);
    await store.close();
    const listed = await run("cards", "list", "--issuer", first, "--node", id);
    expect(JSON.parse(listed.out).cards).toMatchObject([{ label: "1" }]);
    expect(said(await run("cards", "list", "--issuer", first, "--node", id.slice(2)))).toMatch(
      /--node: need a node id of 66 hex digits/,
    );

    const nodes = JSON.parse((await ledger("nodes")).out).nodes;
    expect(nodes).toMatchObject([
      { state: "active", cards: "0", inFlight: { payments: "0" } },
      { node: id, state: "active", cards: "1" },
    ]);
    const retired = await chequecard(["ledger", "retire-node", id, "--issuer", first], { env });
    expect(retired.out).toContain("One card in use names it and cannot pay any more until replaced");
    const last = await ledger("retire-node", nodes[0].node);
    expect(said(last)).toContain("is the ledger's only node in use");

    // Cards for a node that was retired are refused before any is touched.
    const made = await run(
      "personalize",
      "one",
      "--issuer",
      second,
      "--test-key",
      "--card",
      path("blank.json"),
    );
    expect(said(made)).toContain(`node-uri: node ${id} was retired from the ledger`);
    expect(said(made)).toContain("No card was touched.");
  }));
