import { bug, bugsOf, type PlantedBug } from "./bug.js";

/** What the audit log must note, the command that shows it, and where its line is written. */
const LINES: readonly (readonly [what: string, command: string, file: string, piece: string])[] = [
  ["a block", "cards block", "cli/commands/cards.ts", "await audited(folder, { action, card }"],
  ["limits", "cards limits", "cli/issuer/limits.ts", "await audited(folder, entry, give"],
  ["a top-up", "cards top-up", "cli/issuer/orders.ts", "await audited(folder, entry, place"],
  ["the end of a card", "cards retire", "cli/commands/cards-money.ts", "await audited(folder, entry, end"],
  ["a new PIN", "cards new-pin", "cli/commands/cards-new-pin.ts", "await audited(\n        folder,"],
  ["a card's page", "cards page new", "cli/commands/cards-page.ts", "await audited(\n          folder,"],
  [
    "the keys of a wiped chip",
    "cards bolt wipe",
    "cli/issuer/bolt-cards.ts",
    "const row = await audited(\n      folder,",
  ],
  [
    "a pack",
    "issuer pack make",
    "cli/issuer/packs.ts",
    "const { row, file } = await audited(\n        folder,",
  ],
  ["a closing", "issuer close-event", "cli/issuer/close-event.ts", "await audited(path, entry,"],
  [
    "a write-off",
    "ledger write-off",
    "cli/commands/ledger.ts",
    "const written = await audited(\n      folder,",
  ],
  ["a restored ledger", "ledger restore", "cli/commands/ledger.ts", "await audited(\n    folder,"],
  ["a node", "ledger add-node", "cli/commands/ledger-nodes.ts", "await audited(folder, entry,"],
  ["the issuer's keys", "keys add-batch", "cli/commands/keys.ts", "await audited(issuerOf(path),"],
  ["a rotated key", "keys rotate", "cli/commands/keys-rotate.ts", "await audited(\n      issuerOf(path),"],
  ["a webhook", "issuer webhook remove", "cli/commands/api-webhooks.ts", "isAudited ? folder : undefined"],
];

/** Without the folder of an issuer nothing is written. */
const without = (piece: string): string =>
  piece.replace(/\b(?:folder|issuerOf\(path\)|path)(?=,| :)/, "undefined");

const bugs = LINES.map(([what, command, file, piece]) =>
  bug(
    `${what} by command leaves no line in the audit log`,
    [{ tests: "test/server/audit-commands.test.ts", named: `${command} leaves one line` }],
    [file, piece, without(piece)],
  ),
);

/** In the audit log: a kind of change by command that leaves no line. */
export const AUDIT_BUGS: readonly PlantedBug[] = bugsOf("audit", bugs);
