import { bug, bugsOf, type PlantedBug } from "./bug.js";

/** What the audit log must note, and where its line is written. */
const LINES: readonly (readonly [what: string, file: string, piece: string])[] = [
  ["a block", "cli/commands/cards.ts", "await audited(folder, { action, card }"],
  ["limits", "cli/issuer/limits.ts", "await audited(folder, entry, give"],
  ["a top-up", "cli/issuer/orders.ts", "await audited(folder, entry, place"],
  ["the end of a card", "cli/commands/cards-money.ts", "await audited(folder, entry, end"],
  ["a new PIN", "cli/commands/cards-new-pin.ts", "await audited(\n        folder,"],
  ["a card's page", "cli/commands/cards-page.ts", "await audited(\n          folder,"],
  ["the keys of a wiped chip", "cli/issuer/bolt-cards.ts", "const row = await audited(\n      folder,"],
  ["a pack", "cli/issuer/packs.ts", "const { row, file } = await audited(\n        folder,"],
  ["a closing", "cli/issuer/close-event.ts", "await audited(path, entry,"],
  ["a write-off", "cli/commands/ledger.ts", "const written = await audited(\n      folder,"],
  ["a restored ledger", "cli/commands/ledger.ts", "await audited(\n    folder,"],
  ["a node", "cli/commands/ledger-nodes.ts", "await audited(folder, entry,"],
  ["the issuer's keys", "cli/commands/keys.ts", "await audited(issuerOf(path),"],
  ["a rotated key", "cli/commands/keys-rotate.ts", "await audited(\n      issuerOf(path),"],
  ["a webhook", "cli/commands/api-webhooks.ts", "isAudited ? folder : undefined"],
];

/** Without the folder of an issuer nothing is written. */
const without = (piece: string): string =>
  piece.replace(/\b(?:folder|issuerOf\(path\)|path)(?=,| :)/, "undefined");

const bugs = LINES.map(([what, file, piece]) =>
  bug(
    `${what} by command leaves no line in the audit log`,
    // All of them: some commands need what those before have made.
    [{ tests: "test/server/audit-commands.test.ts", named: "leaves one line with who did it" }],
    [file, piece, without(piece)],
  ),
);

/** In the audit log: a kind of change by command that leaves no line. */
export const AUDIT_BUGS: readonly PlantedBug[] = bugsOf("audit", bugs);
