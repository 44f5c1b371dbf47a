import { bytesToHex, secp256k1 } from "../../common/index.js";
import type { GetInfoResponse } from "../../lightning/nodes/lnd/calls.js";
import type { StubCalls } from "./stub-lnd.js";

/** Public key of the stub, hex. */
export const STUB_IDENTITY = bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(7)));

/** What an lnd says that is ready and has nothing to tell. @param network lnd's name for it @param info what else it says of itself */
export const readyLnd = (
  network = "regtest",
  version = "0.21.1-beta",
  info: Partial<GetInfoResponse> = {},
): StubCalls => ({
  "lnrpc.State/GetState": () => ({ state: "SERVER_ACTIVE" }),
  "lnrpc.Lightning/GetInfo": () => ({
    identity_pubkey: STUB_IDENTITY,
    alias: "stub",
    version: `${version} commit=v${version}`,
    chains: [{ network }],
    synced_to_chain: true,
    block_height: 1000,
    ...info,
  }),
  "lnrpc.Lightning/ListChannels": () => ({ channels: [] }),
  "lnrpc.Lightning/PendingChannels": () => ({}),
  "lnrpc.Lightning/ListPayments": () => ({ payments: [] }),
  "lnrpc.Lightning/SubscribeInvoices": () => {},
  "lnrpc.Lightning/SubscribePeerEvents": () => {},
  "lnrpc.Lightning/SubscribeCustomMessages": () => {},
  "routerrpc.Router/TrackPayments": () => {},
});
