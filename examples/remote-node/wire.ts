import { hexToBytes } from "chequecard/common";
import type { LightningNode } from "chequecard/node";

/** Longest line in characters: a page of a thousand payments takes about a quarter of it. */
export const MAX_LINE_LENGTH = 1 << 20;

/** What can be asked for. */
export const METHODS = [
  "info",
  "createInvoice",
  "cancelInvoice",
  "lookupInvoice",
  "pay",
  "lookupPayment",
  "listPayments",
  "connect",
  "sendMessage",
  "keepPlace",
] as const satisfies readonly (keyof LightningNode)[];
export type Method = (typeof METHODS)[number];

/** What a node tells by itself. */
export type EventName = "message" | "disconnected" | "settled";

export interface Request {
  readonly id: number;
  readonly method: Method;
  readonly args: readonly unknown[];
}

export type Reply =
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: { readonly code: string; readonly message: string; readonly hint?: string };
    }
  | { readonly event: EventName; readonly value: unknown };

/** A value as one line of JSON: amounts as `{"int": "1000"}`, bytes as `{"hex": "00ff"}`. */
export const toLine = (value: unknown): string =>
  `${JSON.stringify(value, (_key, field: unknown) => {
    if (typeof field === "bigint") return { int: field.toString() };
    return field instanceof Uint8Array ? { hex: Buffer.from(field).toString("hex") } : field;
  })}\n`;

/** @throws SyntaxError, ParseError */
export const fromLine = (line: string): unknown =>
  JSON.parse(line, (_key, field: unknown) => {
    if (typeof field !== "object" || field === null) return field;
    if ("int" in field && typeof field.int === "string") return BigInt(field.int);
    return "hex" in field && typeof field.hex === "string" ? hexToBytes(field.hex) : field;
  });

/** Cuts a stream into lines. @throws RangeError when one is too long */
export function lineReader(onLine: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > MAX_LINE_LENGTH) throw new RangeError("a line is too long");
    for (const line of lines) onLine(line);
  };
}
