import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { sat } from "../../common/index.js";
import { SaleStore } from "../../host/index.js";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { createCardFile } from "../../simulator/index.js";
import { startForeignServer, TLS_NAME } from "../../testing/bolt-card/foreign-server.js";
import { buildProgram } from "../../testing/build-program.js";
import { newFolder } from "../../testing/hooks.js";
import { selfSigned } from "../../testing/lnd/certificate.js";
import { Caller, serve } from "../../testing/processes/channel.js";
import { start } from "../../testing/processes/links.js";
import { nodeTargets, tellEvents } from "../../testing/processes/remote-node.js";
import type { ChildOrder } from "./terminal-child.js";

let network: LittleNetwork;
let programs: readonly string[];
const folder = newFolder("memory");
beforeAll(async () => {
  network = await startLittleNetwork();
  programs = [
    await buildProgram("testing/bolt-card/foreign-server-process.ts"),
    await buildProgram("test/bolt-card/terminal-child.ts"),
  ];
});
afterAll(() => network?.close());

const pay = async (invoice: string): Promise<boolean> =>
  (await network.payer.pay({ invoice, maxFee: sat(10) })).state === "settled";

let shops = 0;
/**
 * Charges a card whose server answers by HTTPS, with a terminal of its own process.
 * @param isTrusted the terminal's system trusts who signed the certificate
 */
async function charge(
  options: Parameters<typeof selfSigned>[0],
  isTrusted: boolean,
  rest: Partial<ChildOrder> = { givesUp: true },
) {
  const tls = selfSigned(options);
  const [serverProgram = "", terminalProgram = ""] = programs;
  const server = await startForeignServer(serverProgram, pay, { tls });
  const name = join(folder, `shop-${++shops}`);
  const [card, sales, authority] = [`${name}.json`, `${name}.db`, `${name}.pem`];
  createCardFile(card, server.card());
  writeFileSync(authority, tls.certificate);
  const order: ChildOrder = { sales, card, ...rest };
  const terminal = start(terminalProgram, order, isTrusted ? { NODE_EXTRA_CA_CERTS: authority } : {});
  serve(terminal.link, nodeTargets(network.merchant));
  const notices: string[] = [];
  new Caller(terminal.link).on<string>("notice", (sentence) => notices.push(sentence));
  const stopTelling = tellEvents(network.merchant, terminal.link);
  await terminal.ended;
  stopTelling();
  const store = new SaleStore(sales);
  const [sale] = store.between(0, Number.MAX_SAFE_INTEGER);
  const wasAsked = store.wasBoltCardAsked(sale?.number ?? 0);
  store.close();
  await server.stop();
  return { state: sale?.state, wasAsked, notices, offers: server.offers(), calls: server.calls().length };
}

it("a Bolt Card's server with a right certificate is asked by HTTPS, and pays", async () => {
  const { state, offers, calls } = await charge({ name: TLS_NAME }, true, {});
  expect({ state, offers, calls }).toEqual({ state: "paid", offers: [1], calls: 1 });
});

const day = 86_400_000;
it.each([
  ["that it has signed itself", { name: TLS_NAME }, false, "DEPTH_ZERO_SELF_SIGNED_CERT"],
  ["of another name", { name: "other.example" }, true, "ERR_TLS_CERT_ALTNAME_INVALID"],
  [
    "that has expired",
    { name: TLS_NAME, from: new Date(Date.now() - 2 * day), until: new Date(Date.now() - day) },
    true,
    "CERT_HAS_EXPIRED",
  ],
])(
  "a Bolt Card's server with a certificate %s is not asked, and the merchant told why",
  async (_, made, isTrusted, code) => {
    const { notices, ...found } = await charge(made, isTrusted);
    expect(found).toEqual({ state: "cancelled", wasAsked: false, offers: [], calls: 0 });
    expect(notices).toEqual([
      `The card's server cannot be reached (its certificate is not valid for its address, ${code}), and a Bolt Card pays through it alone; ask for another card or another payment.`,
    ]);
  },
);
