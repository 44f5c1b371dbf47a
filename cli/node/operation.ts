import { z } from "zod";
import { type Msat, msat } from "../../common/index.js";
import type { SaleStore } from "../../host/terminal/sale-store.js";
import type { DeputyProfile } from "../../lightning/dpp/index.js";
import type { DeputyTerminal, LdkNode } from "../../lightning/nodes/ldk/index.js";
import type { LightningNode } from "../../lightning/nodes/port.js";
import type { ShopForwarding } from "../offline/shop-forwarding.js";
import type { DeputyTerminals } from "./deputy-terminals.js";

/** An amount in msat: a number here, decimal digits on the control channel. */
export const amount = z
  .union([
    z.bigint(),
    z
      .string()
      .regex(/^\d{1,19}$/)
      .transform(BigInt),
  ])
  .transform((value, context): Msat => {
    try {
      return msat(value);
    } catch {
      context.addIssue({ code: "custom", message: "need an amount in msat" });
      return z.NEVER;
    }
  });

/** A node as commands use it. What only one kind of node does is left out by the others. */
export interface CommandNode extends LightningNode {
  /** Waits until all channels can be used, at most so many milliseconds. @returns whether they can */
  channelsReady(timeoutMs: number): Promise<boolean>;
  openChannel?: LdkNode["openChannel"];
  deputyProfile(terminal: DeputyTerminal): DeputyProfile | Promise<DeputyProfile>;
}

/** What an operation works on. */
export interface Subject {
  readonly node: CommandNode;
  readonly terminals: DeputyTerminals;
  /** The sales that the process which runs the node has open; undefined when it sells nothing. */
  readonly sales: OpenSales | undefined;
  /** Forwards what terminals have accepted; undefined where there is no node. */
  readonly forwarding: ShopForwarding | undefined;
}

/** A file of sales that one process has open for as long as it sells. */
export interface OpenSales {
  /** Absolute. */
  readonly path: string;
  readonly store: SaleStore;
}

export interface Operation<Request, Answer> {
  readonly request: z.ZodType<Request>;
  readonly answer: z.ZodType<Answer>;
  run(subject: Subject, request: Request): Promise<Answer>;
}

/** Ties the types of one operation together. */
export const operation = <Request, Answer>(of: Operation<Request, Answer>): Operation<Request, Answer> => of;
