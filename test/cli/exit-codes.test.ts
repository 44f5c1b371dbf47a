import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine } from "../../cli/edge.js";
import { createEmbeddedNode } from "../../cli/embedded-node.js";
import { EXIT, EXIT_CODE_HELP, type ExitCode } from "../../cli/exit-codes.js";
import { msat, sat } from "../../common/index.js";
import { encodeInvoice } from "../../lightning/bolt11/index.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { openCommandLineShop } from "./terminal-shop.js";

const invoice = (amount: bigint, timestamp: number): string =>
  encodeInvoice(
    { network: "bcrt", amount: msat(amount), timestamp },
    { paymentHash: new Uint8Array(32), paymentSecret: new Uint8Array(32), description: "beer" },
    new Uint8Array(32).fill(5),
  );

let folder: string;
let shop: Awaited<ReturnType<typeof openCommandLineShop>>;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = newFolder();
  shop = await openCommandLineShop(folder);
});
afterAll(async () => {
  await shop?.close();
});

const run = async (...args: string[]): Promise<number> => (await chequecard(args)).exitCode;
const stopped = () => ({ signal: AbortSignal.abort() });

/** For each exit code, ways to get it. */
const WAYS: Readonly<Record<ExitCode, Readonly<Record<string, () => Promise<number>>>>> = {
  [EXIT.OK]: { "the version": () => run("--version"), "help asked for": () => run("help", "card") },
  [EXIT.INTERNAL]: {
    "a fault of the software": () => {
      let said = "";
      return runCommandLine(["completion", "bash"], {
        out: () => {
          throw new TypeError("x is not a function");
        },
        err: (text) => {
          said += text;
        },
        env: {},
        signal: new AbortController().signal,
      }).finally(() => expect(said).toMatch(/^Internal fault: x is not a function\n.+CHEQUECARD_DEBUG=1/));
    },
  },
  [EXIT.INPUT]: {
    "no command": () => run(),
    "an unknown command": () => run("crad"),
    "an unknown option": () => run("card", "info", "--crad", "x"),
    "a conformance run without a case": () =>
      run("conformance", "--card", shop.cards.guest.file, "--only", "nonsense"),
    "a list of no conformance case": () => run("conformance", "--list", "--only", "nonsense"),
    "a PIN without a terminal to type it": () =>
      run("card", "pin", "change", "--card", shop.cards.guest.file),
    "a passphrase without a terminal to type it": () => run("keys", "create", at("keys.json")),
  },
  [EXIT.CARD_REFUSED]: {
    "an amount above the card's limit": () =>
      run(
        "card",
        "authorize",
        invoice(sat(15_000), Math.floor(Date.now() / 1000)),
        "--card",
        shop.cards.guest.file,
      ),
  },
  [EXIT.READER]: { "no such reader": () => run("card", "info", "--reader", "no such reader") },
  [EXIT.CHECK_FAILED]: {
    "an expired invoice": () => run("invoice", "decode", invoice(1000n, 1_700_000_000)),
  },
  [EXIT.NOT_PAID]: {
    "a sale that the issuer declines": () =>
      run(
        ...["terminal", "charge", "--node", shop.folder, "--card", shop.cards.limited.file],
        ...["--no-qr", "--amount", "2500sat"],
      ),
  },
  [EXIT.SERVICE]: {
    "a node that goes away": async () => {
      createEmbeddedNode(at("gone"));
      const server = createServer((socket) => socket.once("data", () => socket.destroy()));
      await new Promise<void>((done) => server.listen(join(at("gone"), "control.sock"), done));
      try {
        return await run("node", "info", at("gone"));
      } finally {
        server.close();
      }
    },
  },
  [EXIT.INTERRUPTED]: {
    "a node that runs until Ctrl-C": async () =>
      (await chequecard(["node", "start", at("stopped")], stopped())).exitCode,
    "a reader that is waited for": async () =>
      (await chequecard(["card", "info", "--reader", "none"], stopped())).exitCode,
    "a sale": async () =>
      (
        await chequecard(
          ["terminal", "charge", "--node", shop.folder, "--card", shop.cards.guest.file, "--amount", "1sat"],
          stopped(),
        )
      ).exitCode,
  },
};

describe("exit codes", () => {
  for (const [code, ways] of Object.entries(WAYS))
    it.each(Object.entries(ways))(`${code}: %s`, async (_, provoke) => {
      expect(await provoke()).toBe(Number(code));
    });

  it("the help, the README and the table name the same codes", async () => {
    const codes = EXIT_CODE_HELP.map(([code]) => code);
    expect(codes).toEqual(Object.values(EXIT));
    const { out } = await chequecard(["--help"]);
    for (const [code, text] of EXIT_CODE_HELP) expect(out).toContain(`${code}  ${text}\n`);
    const readme = readFileSync(resolve(import.meta.dirname, "../../README.md"), "utf8");
    const [, listed = ""] = /Exit codes: ([^.]+)\./.exec(readme) ?? [];
    expect(listed.split(", ").flatMap((part) => /^\d+/.exec(part) ?? [])).toEqual(codes.map(String));
  });
});
