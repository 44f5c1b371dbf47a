import { z } from "zod";
import { bytesToHex, hexToBytes, mistakeText, ParseError, schemaMistakes } from "../../common/index.js";
import { writeDeputyProfile } from "../../lightning/dpp/index.js";
import { formatNodeUri, MAX_URI_LENGTH, type NodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { encodeOdtMessage } from "../../lightning/odt/index.js";
import { InputError } from "../error-report.js";
import { cardStatus } from "./card-status-operation.js";
import { salesBundle, salesResults } from "./carry-operations.js";
import { salesDay, salesOne, salesPage } from "./day-operations.js";
import { terminalName } from "./deputy-terminals.js";
import { forwardBundle, forwardResults, forwardTotals } from "./forward-operations.js";
import { makeInvoice } from "./invoice-operation.js";
import { amount, type CommandNode, type Operation, operation, type Subject } from "./operation.js";
import { requestRefundOperation, salesRefund, salesTotals } from "./sales-operations.js";

/** Milliseconds for the channels to be usable again when the node has just been started: to pay, and to look. */
const CHANNELS_MS = 10_000;
const INFO_MS = 1500;
const LOOK_MS = 100;

const uri = z.string().max(MAX_URI_LENGTH);

const info = operation({
  request: z.object({}),
  answer: z.object({
    alias: z.string(),
    uri: z.string(),
    network: z.enum(["bc", "tb", "tbs", "bcrt", "sb"]),
    outbound: amount,
    inbound: amount,
    blockHeight: z.int(),
    /** False while a peer with whom there is a channel is away. */
    channelsUsable: z.boolean(),
    /** Of the process that runs the node. */
    pid: z.int(),
  }),
  async run({ node }) {
    const channelsUsable = await node.channelsReady(INFO_MS);
    const { alias, network, outbound, inbound, blockHeight } = await node.info();
    return {
      alias,
      uri: await nodeUri(node),
      network,
      outbound,
      inbound,
      blockHeight,
      channelsUsable,
      pid: process.pid,
    };
  },
});

const connect = operation({
  request: z.object({ uri }),
  answer: z.object({ peer: z.string() }),
  async run({ node }, request) {
    const peer = parseNodeUri(request.uri);
    await connectTo(node, peer);
    return { peer: formatNodeUri(peer) };
  },
});

const fund = operation({
  request: z.object({ peer: uri, capacity: amount, push: amount }),
  answer: z.object({ peer: z.string(), outbound: amount, inbound: amount, blockHeight: z.int() }),
  async run({ node }, { peer, capacity, push }) {
    const address = parseNodeUri(peer, "--peer");
    if (!node.openChannel)
      throw new InputError("this node is an lnd, which opens its channels itself", {
        hint: "Open one there: lncli openchannel.",
      });
    if (push > capacity) throw new InputError("--push: more than the channel holds");
    await connectTo(node, address);
    try {
      await node.openChannel({ peer: address.nodeId, capacity, push });
    } catch (cause) {
      if (!(cause instanceof NodeError) || cause.code !== "timeout") throw cause;
      throw new NodeError("timeout", cause.message, {
        cause,
        hint: "Both nodes must live on the same simulated chain: start them with the same --chain file.",
      });
    }
    await node.channelsReady(INFO_MS);
    const { outbound, inbound, blockHeight } = await node.info();
    return { peer: formatNodeUri(address), outbound, inbound, blockHeight };
  },
});

const pay = operation({
  request: z.object({ invoice: z.string().max(4096), maxFee: amount, proof: z.boolean() }),
  answer: z.discriminatedUnion("state", [
    z.object({
      state: z.literal("settled"),
      fee: amount,
      /** The offline message that proves the payment, as hex; only when asked for. */
      proof: z.string().optional(),
    }),
    z.object({ state: z.literal("failed"), reason: z.string() }),
    z.object({ state: z.literal("unknown") }),
  ]),
  async run({ node }, { invoice, maxFee, proof }) {
    await untilSpendable(node);
    const result = await node.pay({ invoice, maxFee });
    if (result.state !== "settled") return result;
    const { preimage, fee } = result;
    const message = proof ? bytesToHex(encodeOdtMessage({ kind: "preimage", preimage })) : undefined;
    return {
      state: "settled" as const,
      fee,
      ...(message === undefined ? {} : { proof: message.toUpperCase() }),
    };
  },
});

/** How payments of this node stand; for the issuer, who holds its books against it. */
const lookupPayments = operation({
  request: z.object({
    paymentHashes: z.array(z.string().regex(/^[0-9a-f]{64}$/, "need 32 bytes in hex")).max(200),
  }),
  answer: z.object({
    payments: z.array(
      z.discriminatedUnion("state", [
        z.object({ state: z.literal("settled"), fee: amount }),
        z.object({ state: z.enum(["failed", "unknown", "not-found"]) }),
      ]),
    ),
  }),
  async run({ node }, { paymentHashes }) {
    const payments = await Promise.all(
      paymentHashes.map(async (hash) => {
        const found = await node.lookupPayment(hexToBytes(hash));
        return found.state === "settled" ? { state: found.state, fee: found.fee } : { state: found.state };
      }),
    );
    return { payments };
  },
});

/** Payments of this node since a time, a page at a time, without their preimages. */
const listPayments = operation({
  request: z.object({ since: z.int().min(0), page: z.string().max(128).optional() }),
  answer: z.object({
    payments: z.array(
      z.object({
        paymentHash: z.string().regex(/^[0-9a-f]{64}$/),
        amount,
        startedAt: z.int(),
        state: z.enum(["settled", "failed", "unknown"]),
        fee: amount.optional(),
      }),
    ),
    next: z.string().optional(),
  }),
  async run({ node }, query) {
    const { payments, next } = await node.listPayments(query);
    return {
      payments: payments.map(({ paymentHash, amount: paid, startedAt, state }) => ({
        paymentHash: bytesToHex(paymentHash),
        amount: paid,
        startedAt,
        state: state.state,
        ...(state.state === "settled" ? { fee: state.fee } : {}),
      })),
      ...(next === undefined ? {} : { next }),
    };
  },
});

const deputyAdd = operation({
  request: z.object({ name: terminalName }),
  answer: z.object({ keyId: z.string(), profile: z.string() }),
  async run({ node, terminals }, { name }) {
    // First a profile for no terminal: a node that cannot make any leaves no terminal behind.
    await node.deputyProfile({ name, keyId: new Uint8Array(4), terminalKey: new Uint8Array(32) });
    const terminal = terminals.add(name);
    const profile = await node.deputyProfile(terminal);
    return { keyId: bytesToHex(terminal.keyId), profile: writeDeputyProfile(profile) };
  },
});

const deputyRevoke = operation({
  request: z.object({ terminal: z.string().max(64) }),
  answer: z.object({ keyId: z.string(), name: z.string(), revokedAt: z.int().optional() }),
  async run({ terminals }, { terminal }) {
    const { keyId, name, revokedAt } = terminals.revoke(terminal);
    return { keyId, name, ...(revokedAt === undefined ? {} : { revokedAt }) };
  },
});

/** Everything that the process which runs a node does for others. */
export const OPERATIONS = {
  info,
  connect,
  fund,
  invoice: makeInvoice,
  pay,
  "lookup-payments": lookupPayments,
  "list-payments": listPayments,
  "card-status": cardStatus,
  "deputy-add": deputyAdd,
  "deputy-revoke": deputyRevoke,
  "forward-bundle": forwardBundle,
  "forward-results": forwardResults,
  "forward-totals": forwardTotals,
  "request-refund": requestRefundOperation,
  "sales-bundle": salesBundle,
  "sales-day": salesDay,
  "sales-one": salesOne,
  "sales-page": salesPage,
  "sales-refund": salesRefund,
  "sales-results": salesResults,
  "sales-totals": salesTotals,
} as const;

export type OperationName = keyof typeof OPERATIONS;
export type RequestOf<Name extends OperationName> = z.output<(typeof OPERATIONS)[Name]["request"]>;
export type AnswerOf<Name extends OperationName> = z.output<(typeof OPERATIONS)[Name]["answer"]>;

/** A request that was understood. */
interface AskedOperation {
  readonly of: Operation<unknown, unknown>;
  readonly request: unknown;
}

/**
 * Reads a request.
 * @param request as it came over the control channel, or as the command made it
 * @throws ParseError naming the field; NodeError `bad-request` for an operation that there is not
 */
export function readOperation(request: unknown): AskedOperation {
  const { op, ...fields } = z
    .looseObject({ op: z.string().max(32) })
    .catch({ op: "" })
    .parse(request);
  const found = Object.entries(OPERATIONS).find(([name]) => name === op);
  if (!found)
    throw new NodeError("bad-request", "the process that runs the node does not know this request", {
      hint: "It may run another version of this software; stop it and start it again.",
    });
  const of = found[1] as Operation<unknown, unknown>;
  const read = of.request.safeParse(fields);
  if (read.success) return { of, request: read.data };
  const list = schemaMistakes(read.error, of.request, fields);
  throw new ParseError("request", list.map((mistake) => mistakeText(mistake, "request")).join("; "));
}

/** Does what a request asks for. @throws as {@link readOperation}; whatever the operation throws */
export async function runOperation(subject: Subject, request: unknown): Promise<unknown> {
  const asked = readOperation(request);
  return await asked.of.run(subject, asked.request);
}

/** Where peers reach a node: `pubkey@host:port`. */
export async function nodeUri(node: CommandNode): Promise<string> {
  const { nodeId, addresses } = await node.info();
  return `${bytesToHex(nodeId)}@${addresses[0] ?? ""}`;
}

const connectTo = (node: CommandNode, { nodeId, host, port }: NodeUri): Promise<void> =>
  node.connect({ nodeId, host, port });

/** A node that has just been started needs a moment for its channels; one that has spent its money needs none. */
async function untilSpendable(node: CommandNode): Promise<void> {
  const deadline = performance.now() + CHANNELS_MS;
  while ((await node.info()).outbound === 0n && performance.now() < deadline)
    if (await node.channelsReady(LOOK_MS)) return;
}
