import { keysForFile } from "./card/material.js";
import { authorizeSessions } from "./sessions/authorize.js";
import { certificateSessions } from "./sessions/certificate.js";
import { dispatchSessions } from "./sessions/dispatch.js";
import { pinSessions } from "./sessions/pin.js";
import { pinRuleSessions } from "./sessions/pin-rules.js";
import { ringSessions } from "./sessions/ring.js";
import type { Session } from "./sessions/script.js";
import { selectionSessions } from "./sessions/selection.js";
import { updateSessions } from "./sessions/update.js";

export const file = "card-sessions.json";

export const sessions: readonly Session[] = [
  ...selectionSessions,
  ...dispatchSessions,
  ...pinSessions,
  ...authorizeSessions,
  ...pinRuleSessions,
  ...ringSessions,
  ...updateSessions,
  ...certificateSessions,
];

export function generate(): unknown {
  return {
    title: "Scripted conversations with a card",
    spec: "specs/01",
    keys: keysForFile,
    sessions,
  };
}
