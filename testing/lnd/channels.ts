import type { Btcd } from "./btcd.js";
import { type Lnd, LndRefusal } from "./lnd.js";
import { eventually } from "./process.js";

/** A channel as lnd lists it. */
interface ListedChannel {
  readonly channel_point: string;
  readonly chan_id: string;
  readonly remote_pubkey: string;
  readonly active: boolean;
  readonly local_balance: string;
  readonly pending_htlcs: readonly { readonly incoming: boolean; readonly hash_lock: string }[];
}

const channelsOf = async (lnd: Lnd): Promise<readonly ListedChannel[]> =>
  (await lnd.get<{ channels: ListedChannel[] }>("/v1/channels")).channels;

/** @param to node id in hex, and `host:port` */
export async function connectPeers(
  from: Lnd,
  to: { readonly nodeId: string; readonly address: string },
): Promise<void> {
  try {
    await from.post("/v1/peers", { addr: { pubkey: to.nodeId, host: to.address }, perm: false });
  } catch (error) {
    if (!(error instanceof LndRefusal && /already connected/.test(error.message))) throw error;
  }
}

/**
 * Waits until `from` finds a way to a node: a channel is active before lnd's router knows it, and until then payments
 * fail with INSUFFICIENT_BALANCE.
 */
export async function routable(from: Lnd, nodeId: string): Promise<void> {
  await eventually(`${from.alias} finds a way`, () =>
    from.get(`/v1/graph/routes/${nodeId}/1`).then(
      () => true,
      () => false,
    ),
  );
}

export interface ChannelPlan {
  /** Capacity. */
  readonly sat: number;
  /** What the other end gets of it. Default 0. */
  readonly pushSat?: number;
  readonly isPrivate?: boolean;
}

/** Funds a channel to a connected peer and mines it in. @returns the channel point */
export async function fundChannel(
  btcd: Btcd,
  from: Lnd,
  nodeId: string,
  { sat, pushSat = 0, isPrivate = false }: ChannelPlan,
): Promise<string> {
  const opened = await from.post<{ funding_txid_bytes: string; output_index: number }>("/v1/channels", {
    node_pubkey: Buffer.from(nodeId, "hex").toString("base64"),
    local_funding_amount: String(sat),
    push_sat: String(pushSat),
    private: isPrivate,
    sat_per_vbyte: "2",
    spend_unconfirmed: true,
    min_confs: 0,
  });
  const txid = Buffer.from(opened.funding_txid_bytes, "base64").reverse().toString("hex");
  await eventually("the funding waits for a block", async () => (await btcd.waiting()).includes(txid));
  // lnd announces a channel after six blocks; the embedded node wants six for one that is its peer's.
  await btcd.mine(6);
  return `${txid}:${opened.output_index}`;
}

/** Opens a channel between two lnd and waits until both can use it. */
export async function openChannel(btcd: Btcd, from: Lnd, to: Lnd, plan: ChannelPlan): Promise<ListedChannel> {
  await connectPeers(from, to);
  const point = await fundChannel(btcd, from, to.nodeId, plan);
  const usable = async (lnd: Lnd) =>
    (await channelsOf(lnd)).find(({ channel_point, active }) => channel_point === point && active);
  await eventually(`${to.alias} uses the channel`, () => usable(to));
  const channel = await eventually(`${from.alias} uses the channel`, () => usable(from));
  await routable(from, to.nodeId);
  if (plan.pushSat) await routable(to, from.nodeId);
  return channel;
}

/** Sends coins from one wallet to another, in a block. */
export async function sendCoins(btcd: Btcd, from: Lnd, to: Lnd, sat: number): Promise<void> {
  const { address } = await to.get<{ address: string }>("/v1/newaddress");
  const sent = { addr: address, amount: String(sat), sat_per_vbyte: "2", spend_unconfirmed: true };
  const { txid } = await from.post<{ txid: string }>("/v1/transactions", sent);
  await eventually("the coins wait for a block", async () => (await btcd.waiting()).includes(txid));
  await btcd.mine();
  await eventually(`${to.alias} has the coins`, async () => {
    const { confirmed_balance } = await to.get<{ confirmed_balance: string }>("/v1/balance/blockchain");
    return BigInt(confirmed_balance) >= BigInt(sat);
  });
}
