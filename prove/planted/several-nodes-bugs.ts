import { bug, bugsOf, type PlantedBug } from "./bug.js";

const nodes = (named: string) => ({ tests: "test/issuer/several-nodes.test.ts", named });

const LEASES = "issuer/reconciler/leases.ts";

/** In what keeps the Lightning nodes of one ledger apart. */
export const SEVERAL_NODES_BUGS: readonly PlantedBug[] = bugsOf("several nodes", [
  bug(
    "a service takes over what a service of another node has left, and pays it a second time",
    [nodes("sqlite of 20 payments"), nodes("postgres of 20 payments")],
    [LEASES, '      .where("l.node", "=", node)\n', ""],
    ["issuer/ledger/resolve.ts", "and authorizations.node = ", "and authorizations.node <> -"],
  ),
  bug(
    "a service that starts inherits the leases of the other nodes",
    [nodes("sqlite of 20 payments")],
    [LEASES, '      .where("node", "=", nodeKey(nodeId))\n', ""],
    [LEASES, '      .where("l.node", "=", node)\n', ""],
  ),
  bug(
    "a service voids what another node is paying",
    [nodes("sqlite a service voids nothing")],
    ["issuer/ledger/resolve.ts", "  if (lease.node !== node) return false;\n", ""],
  ),
  bug(
    "what another node has paid is reserved for this one, and paid again",
    [nodes("sqlite what one node paid and the ledger forgot")],
    ["issuer/authorizer/decide.ts", "facts.paidUnmatched?.node ?? world.node", "world.node"],
  ),
  bug(
    "an expired invoice is refused though another node may have paid it",
    [nodes("sqlite an expired invoice is not refused")],
    ["issuer/authorizer/authorizer.ts", "since)).length > 0;", "since)).length < 0;"],
  ),
  bug(
    "a payment of a node counts for the authorization of another",
    [nodes("sqlite a payment of a node for what another")],
    ["issuer/ledger/book-unmatched.ts", "live[i]?.node !== node", "!live[i] || node === undefined"],
  ),
  bug(
    "gaps are released though another node's payments were not compared",
    [nodes("sqlite skipped authorizations stay")],
    ["issuer/reconciler/reconciler.ts", "return unchecked.length === 0;", "return unchecked.length >= 0;"],
  ),
  bug(
    "a check of a node counts as clear though something is in flight that nothing accounts for",
    [nodes("sqlite skipped authorizations stay")],
    [
      "issuer/reconciler/sent-payments.ts",
      "const isClear = inFlight.length === 0;",
      "const isClear = inFlight.length >= 0;",
    ],
  ),
  bug(
    "the nodes of a ledger share one limit of payments in flight",
    [nodes("sqlite each node has its own limit")],
    [
      "issuer/ledger/fees.ts",
      "and side = 'reserved') as reserved_payments",
      "and side = 'reserved') + (select count(*) from leases) as reserved_payments",
    ],
  ),
  bug(
    "an invoice of the issuer's other node is paid",
    [nodes("sqlite no node pays an invoice")],
    [
      "issuer/authorizer/authorizer.ts",
      "...otherNodes(), ...deputies]",
      "...deputies, ...otherNodes().slice(0, 0)]",
    ],
  ),
  bug(
    "a node that was retired goes on reserving",
    [nodes("sqlite a node that retires")],
    [
      "issuer/ledger/node-table.ts",
      'await tx.deleteFrom("node_totals").where("node", "=", found.node).execute();',
      "",
    ],
  ),
  bug(
    "the first node that comes is added to any ledger",
    [nodes("a ledger takes a second node only when it is added")],
    [
      "issuer/store/nodes.ts",
      "  if (!found) throw unlisted(ids, nodeId);\n",
      '  if (!found) return await insertNode(tx, nodeId, "", Date.now());\n',
    ],
  ),
]);
