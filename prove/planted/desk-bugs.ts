import { bugsOf, type PlantedBug } from "./bug.js";

const orders = (named: string) => ({ tests: "test/issuer/orders.test.ts", named });
const desk = (named: string) => ({ tests: "test/cli/desk-orders.test.ts", named });
const kills = (named: string) => ({ tests: "prove/tests/command-kills.test.ts", named });

const questions = (named: string) => ({ tests: "test/cli/desk-questions.test.ts", named });

const AGREE = "cli/issuer/agree.ts";
const ORDERS = "issuer/ledger/orders.ts";
const OPERATIONS = "issuer/ledger/operations.ts";
const COMMAND = "cli/issuer/orders.ts";
const CLOSING = "issuer/ledger/closing.ts";

/** In money that the issuer's people book. */
export const DESK_BUGS: readonly PlantedBug[] = bugsOf("desk", [
  {
    name: "an order is not looked for under its reference",
    edits: { [ORDERS]: [['.where("reference", "=", reference)', '.where("reference", "=", "")']] },
    caughtBy: [
      orders("sqlite under one reference are booked once"),
      orders("COMMIT was kept but not answered"),
    ],
  },
  {
    name: "an order is looked for before the card is locked",
    edits: {
      [ORDERS]: [["await lockAccounts(store, tx, cardsOf(order));", "await lockAccounts(store, tx, []);"]],
    },
    caughtBy: [orders("postgres that are placed many times at once")],
  },
  {
    name: "a reference of another order counts as a repeat",
    edits: { [ORDERS]: [["found && found.request !== request", "found && found.request === undefined"]] },
    caughtBy: [orders("sqlite are refused under the reference of another order")],
  },
  {
    name: "each run of a command makes a new reference",
    edits: { [COMMAND]: [["before?.reference ?? given ?? newReference(now)", "given ?? newReference(now)"]] },
    caughtBy: [desk("a top-up is booked once by the same command")],
  },
  {
    name: "an order is forgotten before its user is told",
    edits: {
      [COMMAND]: [["    const repeatText = done", "    told();\n    const repeatText = done"]],
    },
    caughtBy: [kills("cards top-up")],
  },
  {
    name: "an order that may be booked is forgotten",
    edits: { [COMMAND]: [["if (isCertain(error)) told();", "told();"]] },
    caughtBy: [desk("a top-up is booked once by the same command")],
  },
  {
    name: "a top-up is reversed though its money is spent",
    edits: {
      [OPERATIONS]: [
        [
          "return left < topUp.notReversed ? left : topUp.notReversed;",
          "return left < 0n ? left : topUp.notReversed;",
        ],
      ],
    },
    caughtBy: [orders("sqlite a top-up is reversed as far as it is unspent")],
  },
  {
    name: "a top-up is reversed twice",
    edits: { [OPERATIONS]: [["msat(found.amount - reversed)", "msat(found.amount - 0n * reversed)"]] },
    caughtBy: [orders("sqlite a top-up is reversed as far as it is unspent")],
  },
  {
    name: "the list of a closing lacks what a run under another note paid out",
    edits: { [CLOSING]: [["{referencesOf(since)}%", "{referencesOf(since + 1n)}%"]] },
    caughtBy: [desk("a closed event pays every card out once")],
  },
  {
    name: "an amount at the desk has fractions of a satoshi",
    edits: { [AGREE]: [["amount % 1000n !== 0n", "amount % 1n !== 0n"]] },
    caughtBy: [questions("takes whole satoshi up to the largest")],
  },
  {
    name: "a top-up has no upper bound",
    edits: { [AGREE]: [["amount > maxTopUp", "amount < 0n && amount > maxTopUp"]] },
    caughtBy: [questions("takes whole satoshi up to the largest")],
  },
  {
    name: "an answer that is not yes counts as yes",
    edits: {
      "cli/prompt/confirm.ts": [
        [
          "if (await confirm(context, question, yes)) return;",
          "await confirm(context, question, yes);\n  if (question) return;",
        ],
      ],
    },
    caughtBy: [questions("asks on a terminal of 80")],
  },
]);
