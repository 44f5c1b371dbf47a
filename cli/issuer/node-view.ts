import { bytesToHex, formatMsat } from "../../common/index.js";
import type { NodeStanding, PaymentSum } from "../../issuer/ledger/index.js";
import { renderTable } from "../table.js";

const isoTime = (time: number): string => new Date(time).toISOString();

/** A node of the ledger in `--json`: amounts in msat. */
export const nodeData = ({ nodeId, label, state, addedAt, liquidity, ...books }: NodeStanding) => ({
  node: bytesToHex(nodeId),
  label,
  state,
  addedAt: isoTime(addedAt),
  cards: books.cards,
  inFlight: books.inFlight,
  settled: books.settled,
  unmatched: books.unmatched,
  ...(liquidity ? { liquidity: { ...liquidity, at: isoTime(liquidity.at) } } : {}),
});

const sumText = ({ payments, amount }: PaymentSum): string =>
  payments === 0n ? "" : `${payments}, ${formatMsat(amount)}`;

/** A node in a line of a table. */
export const nodeLabel = ({ nodeId, label }: Pick<NodeStanding, "nodeId" | "label">): string =>
  `${bytesToHex(nodeId).slice(0, 16)}...${label === "" ? "" : ` ${label}`}`;

/** The nodes of a ledger as a table for people. */
export const nodeTable = (nodes: readonly NodeStanding[]): string =>
  renderTable(
    ["NODE", "STATE", "CARDS", "IN FLIGHT", "SETTLED", "UNMATCHED", "CAN SEND", "CAN RECEIVE", "AS OF"],
    nodes.map(({ nodeId, label, state, cards, inFlight, settled, unmatched, liquidity }) => [
      nodeLabel({ nodeId, label }),
      state,
      cards.toString(),
      sumText(inFlight),
      sumText(settled),
      sumText(unmatched),
      liquidity ? formatMsat(liquidity.outbound) : "not told yet",
      liquidity ? formatMsat(liquidity.inbound) : "",
      liquidity ? isoTime(liquidity.at) : "",
    ]),
  );
