import { describe, expect, it } from "vitest";
import { statusMessage, verifySignature } from "../../apdu/index.js";
import { openSecureChannel, SecureChannelError } from "../../apdu/secure-channel/index.js";
import { ParseError } from "../../common/index.js";
import { kdf3 } from "../../keys/index.js";
import { blankCard } from "../../simulator/index.js";
import { plain, readVectorFile } from "../specs/vector-file.js";
import { h, hex } from "./fixture.js";

interface Conversation {
  readonly comment: string;
  readonly card: { readonly i: string; readonly version: number };
  readonly steps: readonly {
    readonly comment: string;
    readonly power?: "reset";
    readonly command?: string;
    readonly plain?: string;
    readonly sw?: string;
    readonly data?: string;
    readonly status?: Readonly<Record<string, string | number>>;
  }[];
}
interface Host {
  readonly comment: string;
  readonly valid: boolean;
  readonly staticKeys: Readonly<Record<"enc" | "mac" | "dek", string>> & { readonly version: number };
  readonly hostChallenge: string;
  readonly level: string;
  readonly initialize: string;
  readonly authenticate?: string;
  readonly response?: Readonly<Record<"plain" | "command" | "sw" | "data", string>>;
  readonly plain?: string;
  readonly error?: string;
}

const { keys, conversations, hosts } = readVectorFile<{
  keys: { masterKey: string; serial: string };
  conversations: readonly Conversation[];
  hosts: readonly Host[];
}>("scp03-sessions.json");
const { keys: cardKeys } = readVectorFile<{
  keys: { keySets: readonly { keySetId: string; sealKey: string }[] };
}>("card-sessions.json");

describe("conversations with a simulated card, scp03-sessions.json", () => {
  for (const { comment, card: made, steps } of conversations)
    it(comment, () => {
      const i = Number.parseInt(made.i, 16);
      const card = blankCard({
        serial: h(keys.serial),
        keys: (diversification) => kdf3(made.version, h(keys.masterKey), diversification),
        s16: (i & 0x01) !== 0,
        randomChallenge: (i & 0x10) === 0,
        plainResponses: (i & 0x60) === 0,
      });
      card.powerOn();
      let point = new Uint8Array(0);
      for (const step of steps) {
        if (step.power) {
          card.powerOn();
          continue;
        }
        const answer = hex(card.exchange(h(step.command ?? "")));
        const [data, sw] = [answer.slice(0, -4), answer.slice(-4)];
        expect(sw, step.comment).toBe(step.sw);
        if (step.data !== undefined) expect(data, step.comment).toBe(step.data);
        if (step.plain?.startsWith("8446") && sw === "9000") point = h(data).slice(5, 70);
        if (!step.status) continue;
        const opened = statusMessage.open(h(data), (id) =>
          h(cardKeys.keySets.find(({ keySetId }) => keySetId === hex(id))?.sealKey ?? ""),
        );
        expect(plain(opened.fields), step.comment).toMatchObject(step.status);
        expect(verifySignature(opened, point), step.comment).toBe(true);
      }
    });
});

/** How the host names what it refuses. */
function refusal(error: unknown): string {
  if (error instanceof ParseError) return "length";
  if (!(error instanceof SecureChannelError)) throw error;
  if (error.code === "wrong-keys") return "cryptogram";
  if (error.code === "unsupported") return /protocol/.test(error.message) ? "protocol" : "length";
  return error.code;
}
/** Every answer that a host cannot rely on ends the channel in one way. */
const INTEGRITY = ["mac", "padding", "length"];

describe("a host's half of the channel, scp03-sessions.json", () => {
  for (const vector of hosts)
    it(vector.comment, async () => {
      const { staticKeys, hostChallenge, level, initialize, authenticate, response } = vector;
      const script = [`${initialize}9000`, "9000", `${response?.data}${response?.sw}`];
      const sent: string[] = [];
      const transport = {
        async transmit(command: Uint8Array) {
          sent.push(hex(command));
          return h(script[sent.length - 1] ?? "");
        },
      };
      const size = hostChallenge.length / 2;
      const run = async (): Promise<string> => {
        const channel = await openSecureChannel(transport, {
          keyVersion: staticKeys.version,
          level: Number.parseInt(level, 16),
          mode: size === 16 ? "S16" : "S8",
          staticKeys: () => ({ enc: h(staticKeys.enc), mac: h(staticKeys.mac), dek: h(staticKeys.dek) }),
          random: () => h(hostChallenge),
        });
        expect(sent[1]).toBe(authenticate);
        try {
          return hex(await channel.transmit(h(response?.plain ?? "")));
        } catch (error) {
          expect(channel.isOpen).toBe(false);
          throw error;
        }
      };
      if (vector.valid) {
        expect(await run()).toBe(`${vector.plain}9000`);
        expect(sent[2]).toBe(response?.command);
        return;
      }
      const found = await run().then(() => "accepted", refusal);
      if (authenticate === undefined) {
        // Nothing was sent that a card could count.
        expect(sent).toHaveLength(1);
        expect(found).toBe(vector.error);
      } else {
        expect(found).toBe("integrity");
        expect(INTEGRITY).toContain(vector.error);
      }
    });
});
