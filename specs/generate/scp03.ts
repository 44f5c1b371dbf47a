import { KEY_VERSION, MASTER_KEY, NEXT_VERSION, SERIAL } from "./scp03/cards.js";
import { conversations } from "./scp03/conversations.js";
import { hosts } from "./scp03/hosts.js";
import { playSessions } from "./scp03/sessions.js";

export const file = "scp03-sessions.json";

export function generate(): unknown {
  return {
    title: "Complete SCP03 sessions with fixed randomness",
    spec: "specs/04 §4",
    keys: {
      comment: "For vectors only. Static keys come from the master key by KDF3 (specs/04 §3).",
      masterKey: MASTER_KEY.toString("hex"),
      versions: { first: KEY_VERSION, next: NEXT_VERSION },
      serial: SERIAL.toString("hex"),
    },
    vectors: playSessions(),
    conversations: conversations(),
    hosts: hosts(),
  };
}
