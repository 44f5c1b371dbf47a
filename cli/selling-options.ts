import type { Command } from "commander";
import { receiptOptions } from "./receipt-options.js";

const SETTINGS_HELP =
  "\nA file terminal.yaml in the node's folder says what is not given: currency: eur, place: Bar, max-sale: 50000sat.\n";

/** Adds the options that name a merchant's node and sales. */
export const nodeOptions = (command: Command): Command =>
  command
    .requiredOption(
      "--node <folder>",
      "the merchant's embedded node, or a folder whose terminal.yaml names an lnd",
    )
    .option("--sales <file>", "where the sales are kept; default: sales.db in the node's folder");

/** Adds the options of commands that sell. */
export const sellingOptions = (command: Command): Command =>
  receiptOptions(nodeOptions(command))
    .option("--reader <name>", "PC/SC reader: its name or a part of it; not needed when there is one")
    .option("--card <file>", "a simulated card instead of a reader")
    .option("--place <text>", 'printed on receipts (default: "chequecard")')
    .option("--expiry <seconds>", "how long a sale stays open", "600")
    .option("--rate <price>", "price of one bitcoin, such as 61500eur, for amounts such as 3.50eur")
    .option("--currency <code>", "currency of amounts that name none, such as 3.50 (ISO 4217)")
    .option("--max-sale <amount>", "ask again above this amount")
    .option("--yes", "do not ask again")
    .option("--no-qr", "show no QR code")
    .addHelpText("after", SETTINGS_HELP);
