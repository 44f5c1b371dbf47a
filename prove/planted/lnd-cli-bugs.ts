import { bug, bugsOf } from "./bug.js";

const deputies = (named: string) => [{ tests: "test/cli/deputy-lnd.test.ts", named }];

/** Where commands work with an lnd. */
export const LND_CLI_BUGS = bugsOf("commands on lnd", [
  bug("a deputy's key is another one at each start", deputies("stays the same"), [
    "cli/node/deputy-terminals.ts",
    "return deriveDeputyKey(hexToBytes(this.#content?.master ?? newMaster()));",
    "return deriveDeputyKey(hexToBytes(newMaster()));",
  ]),
  bug("node start makes an embedded node beside an lnd", deputies("makes no embedded node"), [
    "cli/commands/node.ts",
    "if (lnd) return await startLnd",
    "if (lnd?.deputy === false) return await startLnd",
  ]),
  bug("an lnd that is not meant for deputies is given one", deputies("unless its configuration says so"), [
    "cli/lnd-node.ts",
    "const paid = deputy ?",
    "const paid = deputy !== undefined ?",
  ]),
  bug(
    "a service on lnd cannot be asked about its payments",
    [{ tests: "test/cli/node-check.test.ts", named: "compares its ledger with lnd" }],
    [
      "cli/issuer/node-books.ts",
      "const answer = await askRunning(nodeFolder, name, request, context.signal);",
      "const { answer } = await askNode(nodeFolder, name, request, context.signal);",
    ],
    ["cli/issuer/node-books.ts", "import { askRunning }", "import { askNode, askRunning }"],
  ),
]);
