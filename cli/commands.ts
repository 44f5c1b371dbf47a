import type { RegisterCommand } from "./command-context.js";

/** A command of the first level. Its file, with all that it needs, is loaded when the command is asked for. */
export interface CommandEntry {
  readonly name: string;
  /** The description of the command's own file, for the help of all commands. */
  readonly description: string;
  /** True for a command that works on the whole tree of commands. */
  readonly needsAll?: true;
  load(): Promise<readonly RegisterCommand[]>;
}

/** Every command of the first level, in the order of the help. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "readers",
    description: "list the PC/SC readers and what lies on them",
    load: async () => [(await import("./commands/readers.js")).registerReaders],
  },
  {
    name: "card",
    description: "talk to the card on a reader",
    load: async () => [(await import("./commands/card.js")).registerCard],
  },
  {
    name: "simulate",
    description: "simulated cards: make, inspect, put behind PC/SC",
    load: async () => [
      (await import("./commands/simulate.js")).registerSimulate,
      (await import("./commands/simulate-blank.js")).registerSimulateBlank,
      (await import("./commands/simulate-ntag.js")).registerSimulateNtag,
    ],
  },
  {
    name: "keys",
    description: "the issuer's key file (passphrase: CHEQUECARD_PASSPHRASE, or asked for)",
    load: async () => [
      (await import("./commands/keys.js")).registerKeys,
      (await import("./commands/keys-rotate.js")).registerKeysRotate,
    ],
  },
  {
    name: "profiles",
    description: "profiles of cards",
    load: async () => [(await import("./commands/profiles.js")).registerProfiles],
  },
  {
    name: "personalize",
    description: "turn blank cards into prepaid cards",
    load: async () => [(await import("./commands/personalize.js")).registerPersonalize],
  },
  {
    name: "issuer",
    description: "the issuer's service: verifies taps, pays them once, keeps the ledger",
    load: async () => [
      (await import("./commands/issuer.js")).registerIssuer,
      (await import("./commands/issuer-pack.js")).registerIssuerPack,
      (await import("./commands/issuer-audit.js")).registerIssuerAudit,
    ],
  },
  {
    name: "cards",
    description: "the cards of an issuer: see, block, change, replace, pay out",
    load: async () => [(await import("./commands/cards.js")).registerCards],
  },
  {
    name: "authorizations",
    description: "what cards have authorized, and what became of it",
    load: async () => [(await import("./commands/authorizations.js")).registerAuthorizations],
  },
  {
    name: "report",
    description: "what was paid by day, payee and card, and what the books say",
    load: async () => [(await import("./commands/report.js")).registerReport],
  },
  {
    name: "ledger",
    description: "the issuer's books: prove, back up, restore",
    load: async () => [(await import("./commands/ledger.js")).registerLedger],
  },
  {
    name: "invoice",
    description: "inspect BOLT 11 invoices",
    load: async () => [(await import("./commands/invoice.js")).registerInvoice],
  },
  {
    name: "token",
    description: "inspect sealed messages of a card",
    load: async () => [(await import("./commands/token.js")).registerToken],
  },
  {
    name: "terminal",
    description: "sell: charge cards at a counter",
    load: async () => [(await import("./commands/terminal.js")).registerTerminal],
  },
  {
    name: "till",
    description: "sell in a browser: serve the till's page and open it",
    load: async () => [(await import("./commands/till.js")).registerTill],
  },
  {
    name: "desk",
    description: "the issuer's desk in a browser: run the service, serve its page and open it",
    load: async () => [(await import("./commands/desk.js")).registerDesk],
  },
  {
    name: "node",
    description:
      "the embedded Lightning node (real protocol, simulated chain, for trying and tests), and lnd",
    load: async () => [(await import("./commands/node.js")).registerNode],
  },
  {
    name: "deputy",
    description: "Deputy Payment Processing: a point of sale without a node and without a network",
    load: async () => [(await import("./commands/deputy.js")).registerDeputy],
  },
  {
    name: "odt",
    description: "Offline Data Transmission: messages that devices show each other without the network",
    load: async () => [(await import("./commands/odt.js")).registerOdt],
  },
  {
    name: "conformance",
    description: "hold a card to the specification, for authors of card applications",
    load: async () => [(await import("./commands/conformance.js")).registerConformance],
  },
  {
    name: "demo",
    description: "show everything working, from the card to the payment (this is what `npm start` runs)",
    load: async () => [(await import("./commands/demo.js")).registerDemo],
  },
  {
    name: "completion",
    description: "print a script with which a shell completes commands and options",
    needsAll: true,
    load: async () => [(await import("./commands/completion.js")).registerCompletion],
  },
];
