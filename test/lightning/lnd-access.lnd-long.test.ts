import { copyFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { NodeError } from "../../lightning/nodes/errors.js";
import { LndConnection } from "../../lightning/nodes/lnd/connection.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";
import { callsOf, type LndRole } from "../../lightning/nodes/lnd/permissions.js";
import { newFolder } from "../../testing/hooks.js";
import { openChannel } from "../../testing/lnd/channels.js";
import type { Lnd } from "../../testing/lnd/lnd.js";
import { type LndNetwork, startLndNetwork } from "../../testing/lnd/network.js";

let network: LndNetwork;
let payer: Lnd;
let payee: Lnd;
let file: string;
beforeAll(async () => {
  network = await startLndNetwork([{ alias: "payer" }, { alias: "payee" }]);
  const [first, second] = network.nodes;
  if (!first || !second) throw new Error("the network is not whole");
  [payer, payee] = [first, second];
  await openChannel(network.btcd, payer, payee, { sat: 1_000_000 });
});
afterAll(() => network.stop());
beforeEach(() => {
  file = join(newFolder(), "chequecard.macaroon");
});

/** What `lncli bakemacaroon` does. */
async function bake(lnd: Lnd, calls: readonly string[], rootKey = 45): Promise<void> {
  const permissions = calls.map((call) => ({ entity: "uri", action: `/${call}` }));
  const { macaroon } = await lnd.post<{ macaroon: string }>("/v1/macaroon", {
    permissions,
    root_key_id: String(rootKey),
  });
  writeFileSync(file, Buffer.from(macaroon, "hex"));
}

const start = (lnd: Lnd, roles?: readonly LndRole[]) =>
  LndNode.start({ ...lnd.access, macaroon: file, network: "bcrt", ...(roles && { roles }) });
const bill = async () =>
  (await payee.post<{ payment_request: string }>("/v1/invoices", { value: "100" })).payment_request;

async function refusal(promise: Promise<unknown>): Promise<NodeError> {
  const error = await promise.then(
    () => new Error("nothing was refused"),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(NodeError);
  return error as NodeError;
}

describe("a macaroon of a real lnd", () => {
  it("with what an issuer needs pays and is paid refunds, and does nothing else", async () => {
    await bake(payer, callsOf(["issuer"]));
    const node = await start(payer, ["issuer"]);
    expect(await node.pay({ invoice: await bill(), maxFee: sat(1) })).toMatchObject({ state: "settled" });
    const { paymentHash } = await node.createInvoice({
      ...{ amount: sat(1), description: "refund", expirySeconds: 60 },
    });
    expect(await node.lookupInvoice(paymentHash)).toEqual({ state: "open" });
    const other = { chan_id: "1", htlc_index: "1" };
    const connection = new LndConnection({ ...payer.access, macaroon: file });
    const asked = connection.call("lnrpc.Lightning/LookupHtlcResolution", other);
    expect(await refusal(asked)).toMatchObject({ code: "permission" });
    connection.close();
    await node.close();
  });

  it("with what a merchant needs is paid, and pays nothing", async () => {
    await bake(payee, callsOf(["merchant"]));
    const node = await start(payee, ["merchant"]);
    const { invoice, paymentHash } = await node.createInvoice({
      ...{ amount: sat(5), description: "beer", expirySeconds: 60 },
    });
    await bake(payer, callsOf(["issuer"]));
    const issuer = await start(payer, ["issuer"]);
    expect(await issuer.pay({ invoice, maxFee: sat(1) })).toMatchObject({ state: "settled" });
    await expect.poll(() => node.lookupInvoice(paymentHash)).toMatchObject({ state: "settled" });
    // Known before lnd is asked: nothing was sent.
    expect(await refusal(node.pay({ invoice: await bill(), maxFee: sat(1) }))).toMatchObject({
      code: "bad-request",
      message: expect.stringContaining("does not allow payments"),
      hint: expect.stringContaining("lncli bakemacaroon"),
    });
    await Promise.all([node.close(), issuer.close()]);
  });

  it("that is missing, damaged or another lnd's is refused, naming its file", async () => {
    expect(await refusal(start(payer))).toMatchObject({
      code: "permission",
      message: expect.stringContaining(file),
    });
    writeFileSync(file, "no macaroon");
    expect(await refusal(start(payer))).toMatchObject({
      code: "permission",
      message: expect.stringContaining(file),
    });
    await bake(payee, callsOf(["issuer", "merchant"]));
    expect(await refusal(start(payer))).toMatchObject({
      code: "permission",
      message: expect.stringContaining(file),
    });
  });

  it("that is too weak is refused at the start, with what is missing and the line that bakes one", async () => {
    const calls = callsOf(["issuer"]).filter((call) => call !== "routerrpc.Router/SendPaymentV2");
    await bake(payer, calls);
    const error = await refusal(start(payer, ["issuer"]));
    expect(error).toMatchObject({ code: "permission", message: expect.stringContaining("SendPaymentV2") });
    expect(error.hint).toContain("lncli bakemacaroon");
  });

  it("that is revoked is refused from then on, and a new one is taken without a restart", async () => {
    await bake(payer, callsOf(["issuer"]), 77);
    const node = await start(payer, ["issuer"]);
    await node.info();
    await payer.delete("/v1/macaroon/77");
    expect(await refusal(node.info())).toMatchObject({ code: "permission" });
    await bake(payer, callsOf(["issuer"]), 78);
    await expect.poll(() => node.info().catch(() => undefined)).toMatchObject({ alias: "payer" });
    expect(await node.pay({ invoice: await bill(), maxFee: sat(1) })).toMatchObject({ state: "settled" });
    await node.close();
  });
});

it("a certificate that lnd has renewed is taken as soon as it is in the file, without a restart", async () => {
  await bake(payer, callsOf(["issuer"]));
  const certificate = join(newFolder(), "tls.cert");
  copyFileSync(payer.access.certificate, certificate);
  const node = await LndNode.start({
    ...{ ...payer.access, certificate, macaroon: file, network: "bcrt", roles: ["issuer"] },
  });
  await payer.stop();
  for (const name of ["tls.cert", "tls.key"]) rmSync(payer.file(name));
  await payer.launch();
  const error = await refusal(node.info());
  expect(error).toMatchObject({ code: "unreachable" });
  copyFileSync(payer.access.certificate, certificate);
  await expect.poll(() => node.info().catch(() => undefined)).toMatchObject({ alias: "payer" });
  await node.close();
});
