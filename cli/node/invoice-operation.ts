import { z } from "zod";
import { amount, operation } from "./operation.js";

/** An invoice of the node, for who tries cards and payments out. */
export const makeInvoice = operation({
  request: z.object({
    amount,
    description: z.string().max(639),
    expirySeconds: z.int().min(1).max(31_536_000),
  }),
  answer: z.object({ invoice: z.string() }),
  async run({ node }, request) {
    const { invoice } = await node.createInvoice(request);
    return { invoice };
  },
});
