import { bytesToHex, secp256k1 } from "../../../common/index.js";
import { decodeInvoice, type RouteHop } from "../../bolt11/index.js";
import type { DeputyProfile } from "../../dpp/index.js";
import { NodeError } from "../errors.js";
import type { LndConnection } from "./connection.js";
import type { LndFacts } from "./start.js";

/**
 * The channel to the deputy, which does not exist: block 16,700,000, above those of all channels for centuries and above
 * lnd's aliases for channels without one (16,000,000 to 16,250,000).
 */
export const DEPUTY_CHANNEL = (16_700_000n << 40n) | (1n << 16n);
/** Blocks of the hop to the deputy, and from there on: lnd does not offer HTLCs with fewer than 22 left. */
const DEPUTY_CLTV = 42;
const MIN_FINAL_CLTV = 40;
/** Ways into the node that a terminal names: each makes its QR codes larger. */
const MAX_HINTS = 3;
/** Seconds, of the invoice that is only made to be read. */
const READ_EXPIRY = 1;

/** @param deputyKey secret key of the deputy, 32 bytes @throws NodeError `not-connected` without an active channel */
export async function deputyProfile(
  connection: LndConnection,
  { nodeId, network }: LndFacts,
  deputyKey: Uint8Array,
  terminal: Pick<DeputyProfile, "name" | "keyId" | "terminalKey">,
): Promise<DeputyProfile> {
  if (!secp256k1.isSecretKey(deputyKey))
    throw new NodeError("bad-request", "the deputy's key is no secret key");
  const { channels } = await connection.call("lnrpc.Lightning/ListChannels", { active_only: true });
  if (channels.length === 0)
    throw new NodeError("not-connected", "lnd has no active channel, so its deputy cannot be reached", {
      hint: "Open a channel over which lnd can be paid first.",
    });
  const toDeputy: RouteHop = {
    ...{ nodeId, shortChannelId: DEPUTY_CHANNEL, cltvDelta: DEPUTY_CLTV },
    ...{ feeBase: 0, feeProportional: 0 },
  };
  const into = await hintsInto(connection);
  return {
    network,
    ...terminal,
    payeeKey: deputyKey,
    // Over channels that are announced the node is found without a hint.
    routeHints: into.length === 0 ? [[toDeputy]] : into.map((hint) => [...hint, toDeputy]),
    secretScheme: { type: "derived" },
    minFinalCltv: MIN_FINAL_CLTV,
    multiPart: true,
    media: [],
  };
}

/** What lnd itself tells payers of its channels that are not announced: the hints of an invoice, made to be read. */
async function hintsInto(connection: LndConnection): Promise<readonly (readonly RouteHop[])[]> {
  const { r_hash, payment_request } = await connection.call("lnrpc.Lightning/AddInvoice", {
    ...{ memo: "", value_msat: "1000", expiry: String(READ_EXPIRY), private: true },
  });
  await connection
    .call("invoicesrpc.Invoices/CancelInvoice", { payment_hash: r_hash })
    .catch((error: unknown) => {
      // It expires by itself.
      if (!(error instanceof NodeError)) throw error;
    });
  const seen = new Set<string>();
  return decodeInvoice(payment_request)
    .routeHints.filter((hint) => {
      const peer = bytesToHex(hint[0]?.nodeId ?? new Uint8Array());
      return !seen.has(peer) && seen.add(peer);
    })
    .slice(0, MAX_HINTS);
}
