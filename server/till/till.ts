import type { ChargeOptions } from "../../cli/charge-check.js";
import { readAnswer } from "../../cli/node/ask-node.js";
import type { AnswerOf, OperationName, RequestOf } from "../../cli/node/operations.js";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import type { Counter } from "./counter.js";

/** A till that serves an API. */
export interface OpenTill {
  readonly counter: Counter;
  readonly store: SaleStore;
  /** Absolute path of the file of sales, by which operations name it. */
  readonly sales: string;
  /** Folder of the merchant's node. */
  readonly folder: string;
  /** What its amounts mean: rate, currency, limit. */
  readonly charging: ChargeOptions;
  readonly place: string;
  /** How long a sale stays open unless a charge says otherwise. */
  readonly expirySeconds: number;
  /** What lies in the place of a PC/SC reader: the file of a simulated card. */
  readonly simulated: string | undefined;
  /** Does what the control channel of the node does. */
  run(request: unknown): Promise<unknown>;
}

/** Has an operation of the control channel done. @throws as the operation */
export const ask = async <Name extends OperationName>(
  { run }: Pick<OpenTill, "run">,
  name: Name,
  request: RequestOf<Name>,
): Promise<AnswerOf<Name>> => readAnswer(name, await run({ op: name, ...request }));
