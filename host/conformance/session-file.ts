import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ParseError } from "../../common/index.js";

/** State in which a session finds its card; amounts in msat as decimal strings. */
export type ScriptedCard =
  | { readonly lifecycle: "blank" }
  | {
      readonly lifecycle: "personalized";
      readonly credit: string;
      readonly maxPerTransaction: string;
      readonly pinThreshold: string;
      readonly noPinBudget: string;
      readonly maxTransactions: number;
      readonly publish: readonly ("available" | "maxPerTransaction" | "pinThreshold")[];
      readonly nodeUri: string;
      readonly pin: string | null;
      /** 128 bytes, hex; null: none. */
      readonly certificate: string | null;
    };

/** How a scripted update is made, and in what it is wrong (specs/README.md, "Vectors"). */
export interface ScriptedUpdate {
  readonly sequence: number;
  readonly flags: number;
  readonly reserved: string;
  readonly credit: string;
  readonly maxPerTransaction: string;
  readonly pinThreshold: string;
  readonly noPinBudget: string;
  readonly maxTransactions: number;
  readonly cardId: string;
  readonly keyCheck: string;
  readonly signedBy: "issuer" | "another key";
  readonly signature: ScriptedSignature;
  readonly keySetId: string;
  readonly signedKeySetId: string;
  readonly sealKey: "own" | "another key";
  readonly type: string;
  readonly flip: { readonly offset: number; readonly mask: string } | null;
}

export type ScriptedSignature =
  | "low-s"
  | "high-s"
  | "bit-flipped"
  | "r-zero"
  | "s-zero"
  | "r-not-below-n"
  | "s-not-below-n"
  | "all-ones";

/** Response data that a step expects: exact hex, or a sealed message with these fields. */
export type ScriptedData =
  | string
  | { readonly authorization: Readonly<Record<string, string | number>> }
  | { readonly status: Readonly<Record<string, string | number>> }
  /** C2 with a sealed message whose body is this, hex. */
  | { readonly certificate: string };

export interface ScriptedCommand {
  readonly comment: string;
  /** Hex of the APDU; an update in it is under the keys of the file. */
  readonly command: string;
  readonly sw: string | readonly string[];
  readonly data?: ScriptedData;
  /** Present where the command has to be made again for a card with other keys. */
  readonly update?: ScriptedUpdate;
}

export type ScriptedStep = ScriptedCommand | { readonly comment: string; readonly power: "reset" };

export interface ScriptedSession {
  readonly id: string;
  readonly section: string;
  readonly title: string;
  readonly optional?: boolean;
  readonly malformed?: boolean;
  readonly card: ScriptedCard;
  readonly steps: readonly ScriptedStep[];
}

const FILE = join("specs", "vectors", "card-sessions.json");

/**
 * The scripted sessions that come with this package.
 * @throws ParseError when the file is missing or is no JSON
 */
export function readSessions(): readonly ScriptedSession[] {
  const start = dirname(fileURLToPath(import.meta.url));
  for (let at = start; ; at = dirname(at)) {
    const path = join(at, FILE);
    if (existsSync(path)) return parseSessions(readFileSync(path, "utf8"));
    if (dirname(at) === at) throw new ParseError(FILE, "not found in this package");
  }
}

function parseSessions(text: string): readonly ScriptedSession[] {
  try {
    const { sessions } = JSON.parse(text) as { sessions: readonly ScriptedSession[] };
    return sessions;
  } catch (cause) {
    throw new ParseError(FILE, "not JSON", { cause });
  }
}
