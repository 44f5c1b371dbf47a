import type { Command } from "commander";
import { NO_LIMIT } from "../../apdu/index.js";
import { parseAmount } from "../../common/index.js";
import { type LimitsChange, setLimits, setPolicy } from "../../issuer/ledger/index.js";
import { cardKey } from "../../issuer/store/values.js";
import type { CommandContext } from "../command-context.js";
import { audited } from "../desk/audit-log.js";
import { InputError } from "../error-report.js";
import type { CommandOutput } from "../output.js";
import { cardText, findCardId } from "./card-choice.js";
import { type IssuerChoice, withIssuerLedger } from "./folder.js";

export interface LimitsOptions extends IssuerChoice {
  readonly maxPerTransaction?: string;
  readonly pinThreshold?: string;
  readonly budgetWithoutPin?: string;
  readonly maxTransactions?: string;
  readonly resetPinTries?: boolean;
  readonly resetBudget?: boolean;
  readonly policy?: string;
}

/** Adds the options of {@link LimitsOptions} to a command. */
export const limitsOptions = (command: Command): Command =>
  command
    .option("--max-per-transaction <amount|none>", "most at once")
    .option("--pin-threshold <amount|none>", "PIN needed above this amount")
    .option("--budget-without-pin <amount|none>", "spendable in all before the PIN is needed")
    .option("--max-transactions <number>", "how many payments in all")
    .option("--reset-pin-tries", "give the PIN its three tries back")
    .option("--reset-budget", "restart the budget without PIN")
    .option("--policy <name>", "a policy of the configuration, which the issuer enforces itself");

const amountOrNone = (text: string, option: string): bigint =>
  text === "none" ? NO_LIMIT : parseAmount(text, option);

/** The change that options ask for. @throws InputError, ParseError */
export function changeOf(options: LimitsOptions): LimitsChange {
  const { maxPerTransaction, pinThreshold, budgetWithoutPin, maxTransactions } = options;
  if (maxTransactions !== undefined && !/^\d{1,10}$/.test(maxTransactions))
    throw new InputError(`--max-transactions: need a number, have "${maxTransactions.slice(0, 20)}"`);
  return {
    ...(maxPerTransaction === undefined
      ? {}
      : { maxPerTransaction: amountOrNone(maxPerTransaction, "--max-per-transaction") }),
    ...(pinThreshold === undefined ? {} : { pinThreshold: amountOrNone(pinThreshold, "--pin-threshold") }),
    ...(budgetWithoutPin === undefined
      ? {}
      : { noPinBudget: amountOrNone(budgetWithoutPin, "--budget-without-pin") }),
    ...(maxTransactions === undefined ? {} : { maxTransactions: Number.parseInt(maxTransactions, 10) }),
    ...(options.resetPinTries ? { resetPinTries: true } : {}),
    ...(options.resetBudget ? { resetNoPinSpent: true } : {}),
  };
}

/** Gives a card new limits, which it enforces itself, and a policy, which the issuer enforces. */
export async function limitCards(
  context: CommandContext,
  card: string,
  options: LimitsOptions,
): Promise<CommandOutput> {
  const change = changeOf(options);
  const changes = Object.keys(change).length > 0;
  if (!changes && options.policy === undefined)
    throw new InputError("nothing to change: give a limit, a reset or a policy");
  return withIssuerLedger(context, options, async (store, config, folder) => {
    const policy = options.policy === undefined ? undefined : config.policies[options.policy];
    if (options.policy !== undefined && !policy)
      throw new InputError(`--policy: no policy "${options.policy.slice(0, 64)}" in the configuration`, {
        hint: `There are: ${Object.keys(config.policies).join(", ") || "none"}`,
      });
    const cardId = await findCardId(store, card);
    const named = cardText(cardKey(cardId));
    const entry = { action: "limits", card: named, asked: { ...change, policy: options.policy } };
    const give = async (): Promise<void> => {
      if (changes) await setLimits(store, cardId, change, Date.now());
      if (policy) await setPolicy(store, cardId, policy);
    };
    await audited(folder, entry, give, () => ({ card: named, told: {} }));
    return {
      data: { card: cardText(cardKey(cardId)), limits: change, policy: options.policy },
      text: [
        changes
          ? `Card ${cardText(cardKey(cardId))} gets its new limits with its next tap, or at once with: chequecard cards deliver`
          : "",
        policy
          ? `The policy "${options.policy}" holds for card ${cardText(cardKey(cardId))} from now on.`
          : "",
      ]
        .filter(Boolean)
        .join("\n"),
    };
  });
}
