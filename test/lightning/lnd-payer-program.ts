// Pays one invoice by lnd and prints how it stands, then ends. Arguments: access and invoice as JSON, file of its record.
import { sat } from "../../common/index.js";
import { decodeInvoice } from "../../lightning/bolt11/index.js";
import { LndNode } from "../../lightning/nodes/lnd/node.js";

const [access = "", invoice = "", record = ""] = process.argv.slice(2);
const node = await LndNode.start({ ...JSON.parse(access), network: "bcrt", record });
console.log(`pays ${Buffer.from(decodeInvoice(invoice).paymentHash).toString("hex")}`);
const { state } = await node.pay({ invoice, maxFee: sat(1), timeoutMs: 10_000 });
console.log(state);
await node.close();
