import { afterAll, beforeAll, it } from "vitest";
import { type LittleNetwork, startLittleNetwork } from "../../lightning/nodes/ldk/index.js";
import { crossAllMessages } from "./all-messages.js";

let network: LittleNetwork;
beforeAll(async () => {
  network = await startLittleNetwork();
});
afterAll(() => network.close());

it("all messages cross a real connection, and the payment is real", () =>
  crossAllMessages(network.merchant, network.payer));
