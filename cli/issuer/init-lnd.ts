import { resolve } from "node:path";
import { bytesToHex } from "../../common/index.js";
import type { Network } from "../../lightning/network.js";
import { lndConfigSchema } from "../../lightning/nodes/lnd/config.js";
import { InputError } from "../error-report.js";

/** Options of `issuer init` that name an lnd. */
export interface LndOptions {
  /** `host:port`. */
  readonly lnd?: string;
  readonly certificate?: string;
  readonly macaroon?: string;
}

/** The lnd of a new issuer, which was asked what it is. */
interface InitLnd {
  readonly network: Network;
  /** Hex. */
  readonly nodeId: string;
  /** `host:port` that lnd tells its peers, if any. */
  readonly announced: string | undefined;
  readonly address: string;
  /** Paths, absolute. */
  readonly certificate: string | undefined;
  readonly macaroon: string;
}

/**
 * Asks the lnd that the options name; undefined: they name none.
 * @throws InputError; NodeError where it cannot be used
 */
export async function lndOfOptions({ lnd, certificate, macaroon }: LndOptions): Promise<InitLnd | undefined> {
  if (lnd === undefined) {
    if (certificate === undefined && macaroon === undefined) return undefined;
    throw new InputError("--lnd: need host:port of lnd's gRPC beside --certificate and --macaroon");
  }
  if (macaroon === undefined)
    throw new InputError("--macaroon: need the file that opens lnd", {
      hint: "chequecard node check --role issuer prints the line that bakes one.",
    });
  const read = lndConfigSchema.shape.address.safeParse(lnd);
  if (!read.success) throw new InputError(`--lnd: ${read.error.issues[0]?.message ?? "not understood"}`);
  const access = {
    address: lnd,
    certificate: certificate === undefined ? undefined : resolve(certificate),
    macaroon: resolve(macaroon),
  };
  // Loaded only where there is an lnd.
  const { askLnd } = await import("../node/check-lnd.js");
  const { network, nodeId, addresses } = await askLnd(access, ["issuer"]);
  return { ...access, network, nodeId: bytesToHex(nodeId), announced: addresses[0] };
}
