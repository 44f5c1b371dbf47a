import { z } from "zod";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import { exportBundle, takeResults } from "../offline/carrying.js";
import { amount, operation, type Subject } from "./operation.js";

const path = z.string().max(4096);
const elsewhere = z.object({ isHere: z.literal(false) });
const ELSEWHERE = { isHere: false } as const;
const request = z.object({ sales: path, folder: path, file: path });

const storeOf = (subject: Subject, sales: string): SaleStore | undefined =>
  subject.sales?.path === sales ? subject.sales.store : undefined;

/** Writes a bundle of the sales that the asked process has open. */
export const salesBundle = operation({
  request,
  answer: z.discriminatedUnion("isHere", [
    elsewhere,
    z.object({ isHere: z.literal(true), sales: z.int(), total: amount }),
  ]),
  async run(subject, { sales, folder, file }) {
    const store = storeOf(subject, sales);
    return store ? { isHere: true as const, ...exportBundle(store, folder, file) } : ELSEWHERE;
  },
});

/** Takes a file of results into the sales that the asked process has open. */
export const salesResults = operation({
  request,
  answer: z.discriminatedUnion("isHere", [
    elsewhere,
    z.object({ isHere: z.literal(true), paid: z.int(), refused: z.int(), open: z.int(), known: z.int() }),
  ]),
  async run(subject, { sales, folder, file }) {
    const store = storeOf(subject, sales);
    return store ? { isHere: true as const, ...takeResults(store, folder, file) } : ELSEWHERE;
  },
});
