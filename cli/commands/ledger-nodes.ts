import type { Command } from "commander";
import { bytesToHex, equalBytes, formatMsat } from "../../common/index.js";
import { addNode, type NodeStanding, nodeStandings, retireNode } from "../../issuer/ledger/index.js";
import type { Store } from "../../issuer/store/index.js";
import type { CommandContext, RunAction } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { type IssuerChoice, issuerOption, withIssuerLedger } from "../issuer/folder.js";
import { NODE_ARGUMENT, readNodeId } from "../issuer/node-choice.js";
import { nodeData, nodeTable } from "../issuer/node-view.js";
import type { CommandOutput } from "../output.js";

async function list(context: CommandContext, options: IssuerChoice): Promise<CommandOutput> {
  return withIssuerLedger(context, options, async (store) => {
    const nodes = await store.read((tx) => nodeStandings(tx), { long: true });
    return {
      data: { nodes: nodes.map(nodeData) },
      text: nodes.length
        ? nodeTable(nodes)
        : "The ledger belongs to no node yet: the first start of the service, or issuer init, makes it one's.",
    };
  });
}

/** What is done with a node. */
interface NodeChange {
  /** Its name in the audit log. */
  readonly action: string;
  work(store: Store, nodeId: Uint8Array): Promise<void>;
}

/** The node of the argument as it stands in the ledger after the work. */
async function changed(
  context: CommandContext,
  text: string,
  options: IssuerChoice,
  { action, work }: NodeChange,
  sentence: (standing: NodeStanding) => string,
): Promise<CommandOutput> {
  const nodeId = readNodeId(text, "node");
  return withIssuerLedger(context, options, async (store, _config, folder) => {
    const entry = { action, asked: { node: bytesToHex(nodeId) } };
    await audited(folder, entry, () => work(store, nodeId));
    const nodes = await store.read((tx) => nodeStandings(tx), { long: true });
    const standing = nodes.find((one) => equalBytes(one.nodeId, nodeId));
    if (!standing) throw new Error("a node of the ledger is in its table");
    return { data: nodeData(standing), text: sentence(standing) };
  });
}

const cardsText = (cards: bigint): string =>
  cards === 0n
    ? "No card in use names it."
    : `${cards === 1n ? "One card in use names" : `${cards} cards in use name`} it and cannot pay any more until replaced: chequecard cards list --node`;

/** Commands for the table of the nodes that pay for a ledger. */
export function registerLedgerNodes(ledger: Command, run: RunAction): void {
  issuerOption(
    ledger
      .command("nodes")
      .description("the Lightning nodes that pay for this ledger: cards, payments and liquidity of each"),
  ).action((options: IssuerChoice) => run((context) => list(context, options)));
  issuerOption(
    ledger
      .command("add-node <node>")
      .description(`let another node pay for this ledger (<node>: ${NODE_ARGUMENT})`),
  )
    .option("--label <text>", "for people, such as the machine it runs on", "")
    .addHelpText(
      "after",
      `
Each payment stays with the node that reserved it. Every service of the ledger must be of this release before a second
node is added; docs/scale.md has the steps.
`,
    )
    .action((node: string, options: IssuerChoice & { label: string }) =>
      run((context) =>
        changed(
          context,
          node,
          options,
          {
            action: "add-node",
            work: (store, nodeId) => addNode(store, nodeId, { label: options.label.trim().slice(0, 64) }),
          },
          ({ nodeId }) =>
            `Node ${bytesToHex(nodeId)} may pay for this ledger. Next: chequecard issuer serve <folder> with its folder.`,
        ),
      ),
    );
  issuerOption(
    ledger
      .command("retire-node <node>")
      .description(
        `let a node reserve nothing more; refused while payments of it are in flight (<node>: ${NODE_ARGUMENT})`,
      ),
  ).action((node: string, options: IssuerChoice) =>
    run((context) =>
      changed(
        context,
        node,
        options,
        { action: "retire-node", work: retireNode },
        ({ nodeId, cards, unmatched }) =>
          [
            `Node ${bytesToHex(nodeId)} is retired: its services stop, and nothing is paid by it for this ledger.`,
            cardsText(cards),
            unmatched.payments === 0n
              ? ""
              : `It paid ${formatMsat(unmatched.amount)} without an authorization: see "chequecard ledger unmatched".`,
          ]
            .filter(Boolean)
            .join("\n"),
      ),
    ),
  );
}
