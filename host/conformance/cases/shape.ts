import { CAPABILITY } from "../../../apdu/index.js";
import { sat } from "../../../common/index.js";
import type { CardShape } from "../context.js";

/** The card of the cases: 50,000 sat, 25,000 at once, PIN 1234 above 5,000, 20,000 without it. */
export const SHAPE: CardShape = {
  nodeUri: "02e89ca9e8da72b33d896bae51d20e7e6675aa971f7557500b6591b15429e717f1@pay.example:9735",
  limits: {
    credit: sat(50_000),
    maxPerTransaction: sat(25_000),
    pinThreshold: sat(5_000),
    noPinBudget: sat(20_000),
    maxTransactions: 10_000,
  },
  publish: CAPABILITY.MAX_PER_TRANSACTION_PUBLISHED | CAPABILITY.PIN_THRESHOLD_PUBLISHED,
  pin: "1234",
};
