import { Option } from "commander";
import { hexToBytes } from "../../common/index.js";
import { listAuthorizations, showAuthorization } from "../../issuer/reports/index.js";
import type { AuthorizationState } from "../../issuer/store/schema.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { CARD_ARGUMENT, findCardId } from "../issuer/card-choice.js";
import { authorizationData, authorizationRecord, authorizationTable } from "../issuer/card-view.js";
import { type IssuerChoice, issuerOption, withIssuerLedger } from "../issuer/folder.js";
import { type DaySpan, readSpan } from "../issuer/time-span.js";
import type { CommandOutput } from "../output.js";

interface ListOptions extends IssuerChoice, DaySpan {
  readonly card?: string;
  readonly state?: AuthorizationState;
  readonly payee?: string;
  readonly paymentHash?: string;
  readonly limit: string;
}

function bytes(text: string | undefined, length: number, option: string): Uint8Array | undefined {
  if (text === undefined) return undefined;
  if (!new RegExp(`^[0-9a-fA-F]{${2 * length}}$`).test(text))
    throw new InputError(`${option}: need ${2 * length} hex digits, have "${text.slice(0, 80)}"`);
  return hexToBytes(text.toLowerCase());
}

async function list(context: CommandContext, options: ListOptions): Promise<CommandOutput> {
  const payee = bytes(options.payee, 33, "--payee");
  const paymentHash = bytes(options.paymentHash, 32, "--payment-hash");
  if (!/^[1-9]\d{0,5}$/.test(options.limit))
    throw new InputError(`--limit: need a number of 1 to 999999, have "${options.limit.slice(0, 20)}"`);
  return withIssuerLedger(context, options, async (store, config) => {
    const found = await listAuthorizations(
      store.db,
      {
        card: options.card === undefined ? undefined : await findCardId(store, options.card),
        state: options.state,
        payee,
        paymentHash,
        ...readSpan(options, config.timeZone),
      },
      Number.parseInt(options.limit, 10),
    );
    return {
      data: { authorizations: found.map(authorizationData) },
      text: found.length ? authorizationTable(found) : "No such authorization.",
    };
  });
}

async function show(
  context: CommandContext,
  card: string,
  counter: string,
  options: IssuerChoice,
): Promise<CommandOutput> {
  if (!/^\d{1,10}$/.test(counter))
    throw new InputError(`counter: need a number, have "${counter.slice(0, 20)}"`);
  return withIssuerLedger(context, options, async (store) => {
    const found = await showAuthorization(store.db, await findCardId(store, card), BigInt(counter));
    if (!found)
      throw new InputError(`counter ${counter} of this card was never seen`, {
        hint: "The card may have authorized it: a token that was never presented is released after a while.",
      });
    return { data: authorizationData(found), text: authorizationRecord(found) };
  });
}

export const registerAuthorizations: RegisterCommand = (program, run) => {
  const authorizations = program
    .command("authorizations")
    .description("what cards have authorized, and what became of it");
  issuerOption(authorizations.command("list").description("the newest first"))
    .option("--card <card>", CARD_ARGUMENT)
    .addOption(new Option("--state <state>", "only those").choices(["reserved", "settled", "void"]))
    .option("--payee <node id>", "only to this node")
    .option("--payment-hash <hash>", "only of this payment")
    .option("--from <day>", "decided on this day or later, such as 2026-11-22")
    .option("--to <day>", "decided on this day or before")
    .option("--limit <number>", "at most that many", "100")
    .addHelpText("after", "\nExample:\n  chequecard authorizations list --card A17 --state reserved\n")
    .action((options: ListOptions) => run((context) => list(context, options)));
  issuerOption(
    authorizations
      .command("show <card> <counter>")
      .description(`one authorization with its proof (<card>: ${CARD_ARGUMENT})`),
  ).action((card: string, counter: string, options: IssuerChoice) =>
    run((context) => show(context, card, counter, options)),
  );
};
