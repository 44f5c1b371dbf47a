import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "../../common/index.js";
import { parseInvoice } from "../../lightning/bolt11/index.js";
import { bakedMacaroon } from "../../testing/lnd/baked-macaroon.js";
import { readyLnd } from "../../testing/lnd/ready-lnd.js";
import { StubLnd } from "../../testing/lnd/stub-lnd.js";
import { preimageOf } from "../../testing/nodes/scripted-node.js";
import { NODE_ID } from "../issuer/service-process.js";

const PERMISSIONS = ["info", "offchain", "peers", "invoices"].flatMap((one) => [
  `${one}:read`,
  `${one}:write`,
]);

/** An lnd with no money behind it: pays every invoice of the benchmark at once, and does nothing else. */
async function serve(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "chequecard-bench-stub-"));
  const ready = readyLnd();
  const stub = await StubLnd.start(folder, {
    ...ready,
    "lnrpc.Lightning/GetInfo": () => ({
      identity_pubkey: bytesToHex(NODE_ID),
      alias: "stub",
      version: "0.21.1-beta",
      chains: [{ network: "regtest" }],
      synced_to_chain: true,
      block_height: 1000,
    }),
    "routerrpc.Router/SendPaymentV2": ({ payment_request }, stream) => {
      const { description, paymentHash, amount } = parseInvoice(payment_request);
      const serial = Number.parseInt((description ?? "").replace("sale ", ""), 10);
      stream.write({
        payment_hash: bytesToHex(paymentHash),
        payment_preimage: bytesToHex(preimageOf(serial)),
        value_msat: String(amount),
        fee_msat: "1000",
        status: "SUCCEEDED",
      });
      stream.end();
    },
  });
  stub.macaroon = bakedMacaroon(PERMISSIONS);
  stub.writeFiles();
  process.on("disconnect", () => {
    stub.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  process.send?.(stub.access);
}

await serve();
