import { bug, bugsOf, type PlantedBug } from "./bug.js";

const orders = (named: string) => ({ tests: "test/issuer/orders.test.ts", named });
const desk = (named: string) => ({ tests: "test/cli/desk-orders.test.ts", named });
const kills = (named: string) => ({ tests: "prove/tests/command-kills.test.ts", named });

const questions = (named: string) => ({ tests: "test/cli/desk-questions.test.ts", named });

const newPin = (named: string) => ({ tests: "test/cli/new-pin-torn.test.ts", named });

const init = (named: string) => ({ tests: "test/cli/issuer-init.test.ts", named });

const AGREE = "cli/issuer/agree.ts";
const NEW_PIN = "cli/issuer/new-pin.ts";
const ORDERS = "issuer/ledger/orders.ts";
const OPERATIONS = "issuer/ledger/operations.ts";
const COMMAND = "cli/issuer/orders.ts";
const CLOSING = "issuer/ledger/closing.ts";

/** In money that the issuer's people book. */
export const DESK_BUGS: readonly PlantedBug[] = bugsOf("desk", [
  bug(
    "the commands after init take the test key for the maker's",
    [init("--factory-keys known ends with commands that make a card")],
    ["cli/issuer/next-steps.ts", 'const test = isTest ? " --test-key" : "";', 'const test = " --test-key";'],
  ),
  bug(
    "init goes on with another factory key than was typed",
    [init("keeps one factory key over an interruption")],
    [
      "cli/issuer/init-keys.ts",
      "kept.diversification === diversification && equalBytes(enc, wanted.enc)",
      "equalBytes(enc, enc) && wanted.enc.length > 0",
    ],
  ),
  bug(
    "init leaves the profile of answers that were given before",
    [init("keeps one factory key over an interruption")],
    [
      "cli/issuer/init.ts",
      "writeDurableFile(profilePath(folder), profileTemplate(",
      "if (!existsSync(profilePath(folder))) writeDurableFile(profilePath(folder), profileTemplate(",
    ],
  ),
  bug(
    "a sum at the desk is taken at a rate of another currency",
    [init("a top-up takes sums in the issuer's currency")],
    [AGREE, "parseCharge(text, rate, currency)", "parseCharge(text, rate)"],
  ),
  bug(
    "ids of cards have no dashes in JSON",
    [
      {
        tests: "test/cli/card-ids.test.ts",
        named: "has dashes wherever it stands in JSON, as Uint8Array and as Buffer",
      },
    ],
    ["cli/output.ts", 'key === "cardId" ? formatCardId(bytes) : bytesToHex(bytes)', "bytesToHex(bytes)"],
  ),
  bug(
    "what an order asks is kept in another form than earlier versions compare with",
    [orders("are refused under the reference of another order")],
    [ORDERS, "storedCardName(cardKey(order.cardId))", "formatCardId(order.cardId)"],
  ),
  bug(
    "an order is not looked for under its reference",
    [orders("sqlite under one reference are booked once"), orders("COMMIT was kept but not answered")],
    [ORDERS, '.where("reference", "=", reference)', '.where("reference", "=", "")'],
  ),
  bug(
    "an order is looked for before the card is locked",
    [orders("postgres that are placed many times at once")],
    [ORDERS, "await lockAccounts(store, tx, [...cards, ...faces]);", "await lockAccounts(store, tx, []);"],
  ),
  bug(
    "a reference of another order counts as a repeat",
    [orders("sqlite are refused under the reference of another order")],
    [ORDERS, "found && found.request !== request", "found && found.request === undefined"],
  ),
  bug(
    "each run of a command makes a new reference",
    [desk("a top-up is booked once by the same command")],
    [COMMAND, "before?.reference ?? given ?? newReference(now)", "given ?? newReference(now)"],
  ),
  bug(
    "an order is forgotten before its user sees the result",
    [kills("cards top-up")],
    [COMMAND, "    const repeatText = done", "    told();\n    const repeatText = done"],
  ),
  bug(
    "an order that may be booked is forgotten",
    [desk("a top-up is booked once by the same command")],
    [COMMAND, "if (isCertain(error)) told();", "told();"],
  ),
  bug(
    "a top-up is reversed though its money is spent",
    [orders("sqlite a top-up is reversed as far as it is unspent")],
    [
      OPERATIONS,
      "return left < topUp.notReversed ? left : topUp.notReversed;",
      "return left < 0n ? left : topUp.notReversed;",
    ],
  ),
  bug(
    "a top-up is reversed twice",
    [orders("sqlite a top-up is reversed as far as it is unspent")],
    [OPERATIONS, "msat(found.amount - reversed)", "msat(found.amount - 0n * reversed)"],
  ),
  bug(
    "the list of a closing lacks what a run under another note paid out",
    [desk("a closed event pays every card out once")],
    [CLOSING, "{referencesOf(since)}%", "{referencesOf(since + 1n)}%"],
  ),
  bug(
    "an amount at the desk has fractions of a satoshi",
    [questions("takes whole satoshi up to the largest")],
    [AGREE, "amount % 1000n !== 0n", "amount % 1n !== 0n"],
  ),
  bug(
    "a top-up has no upper bound",
    [questions("takes whole satoshi up to the largest")],
    [AGREE, "amount > maxTopUp", "amount < 0n && amount > maxTopUp"],
  ),
  bug(
    "an answer that is not yes counts as yes",
    [questions("asks on a terminal of 80")],
    [
      "cli/prompt/confirm.ts",
      "if (await confirm(context, question, yes)) return;",
      "await confirm(context, question, yes);\n  if (question) return;",
    ],
  ),
  bug(
    "a card with a new PIN is made with the profile's credit beside its money",
    [newPin("is torn at any write")],
    [NEW_PIN, 'holder: holder.join(" "), credit: msat(0n) }', 'holder: holder.join(" ") }'],
    [
      NEW_PIN,
      "import { ChequecardError, equalBytes, formatMsat, msat }",
      "import { ChequecardError, equalBytes, formatMsat }",
    ],
  ),
  bug(
    "a card can pay while it is made again",
    [newPin("pays nothing and keeps its money")],
    [NEW_PIN, "await blockCard(store, cardId, Date.now());", "await showCard(store.db, cardId);"],
    [
      NEW_PIN,
      "import { blockCard, facesOf, LedgerError, showCard }",
      "import { facesOf, LedgerError, showCard }",
    ],
  ),
  bug(
    "a renewal counts as finished before its money has moved",
    [newPin("whichever transaction of the ledger fails")],
    [
      "cli/issuer/renewals.ts",
      'if (item?.stage !== "done" || !item.cardId) return true;',
      'if (item?.stage !== "done" || !item.cardId) return true;\n  if (item.stage === "done") return false;',
    ],
  ),
]);
