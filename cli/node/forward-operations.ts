import { z } from "zod";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { InputError } from "../error-report.js";
import type { Origin, ShopForwarding } from "../offline/shop-forwarding.js";
import { amount, operation, type Subject } from "./operation.js";

const path = z.string().max(4096);
const origin = z.object({
  keyId: z.string().regex(/^[0-9a-f]{8}$/),
  fileId: z.string().regex(/^[0-9a-f]{32}$/),
});
const originOf = ({ keyId, fileId }: z.output<typeof origin>): Origin => ({
  keyId: hexToBytes(keyId),
  fileId: hexToBytes(fileId),
});

function forwardingOf({ forwarding }: Subject): ShopForwarding {
  if (forwarding) return forwarding;
  throw new InputError("this folder has no node that could forward", {
    hint: "Carry the bundle to the shop: chequecard terminal forward BUNDLE --node SHOP",
  });
}

/** Takes a bundle that lies in a file, and forwards its sales in the background. */
export const forwardBundle = operation({
  request: z.object({ bundle: path }),
  answer: z.object({ sales: z.int(), known: z.int(), origin }),
  async run(subject, { bundle }) {
    const taken = await forwardingOf(subject).take(bundle);
    const { keyId, fileId } = taken.origin;
    return {
      sales: taken.sales,
      known: taken.known,
      origin: { keyId: bytesToHex(keyId), fileId: bytesToHex(fileId) },
    };
  },
});

/** How the sales of one terminal stand. */
export const forwardTotals = operation({
  request: origin,
  answer: z.object({ paid: z.int(), received: amount, refused: z.int(), open: z.int(), busy: z.boolean() }),
  run: async (subject, request) => forwardingOf(subject).totals(originOf(request)),
});

/** Writes the file of results of one terminal. */
export const forwardResults = operation({
  request: z.object({ ...origin.shape, out: path }),
  answer: z.object({ sales: z.int() }),
  run: async (subject, { out, ...request }) => ({
    sales: await forwardingOf(subject).writeResults(originOf(request), out),
  }),
});
