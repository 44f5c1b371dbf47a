import { describe, expect, it } from "vitest";
import { generateKeyPair, LIFECYCLE, send } from "../../apdu/index.js";
import { openSecureChannel } from "../../apdu/secure-channel/index.js";
import { concatBytes } from "../../common/index.js";
import { kdf3 } from "../../keys/index.js";
import { readVectorFile } from "../specs/vector-file.js";
import { h, hex, lifecycleOf, newCard, open } from "./fixture.js";

interface Exchange {
  readonly command: string;
  readonly sw: string;
  readonly data: string;
}

interface Session {
  readonly comment: string;
  readonly fields: {
    readonly mode: "S8" | "S16";
    readonly level: string;
    readonly staticKeys: {
      readonly version: number;
      readonly enc: string;
      readonly mac: string;
      readonly dek: string;
    };
  };
  readonly opening: readonly Exchange[];
  readonly steps: readonly { readonly plain: Exchange; readonly wire: Exchange }[];
}

describe("SCP03 sessions of specs/04", () => {
  it.each(readVectorFile<{ vectors: Session[] }>("scp03-sessions.json").vectors)(
    "the host's half says the same bytes: $comment",
    async ({ fields, opening, steps }) => {
      const script = [...opening.slice(1), ...steps.map(({ wire }) => wire)];
      const { staticKeys } = fields;
      const transport = {
        async transmit(command: Uint8Array) {
          const expected = script.shift();
          expect(hex(command)).toBe(expected?.command);
          return concatBytes(h(expected?.data ?? ""), h(expected?.sw ?? ""));
        },
      };
      const size = fields.mode === "S16" ? 16 : 8;
      const channel = await openSecureChannel(transport, {
        keyVersion: staticKeys.version,
        level: Number.parseInt(fields.level, 16),
        mode: fields.mode,
        staticKeys: () => ({ enc: h(staticKeys.enc), mac: h(staticKeys.mac), dek: h(staticKeys.dek) }),
        random: () => h(opening[1]?.command ?? "").subarray(5, 5 + size),
      });
      for (const { plain } of steps)
        expect(hex(await channel.transmit(h(plain.command)))).toBe(`${plain.data}${plain.sw}`);
      expect(script).toEqual([]);
    },
  );
});

interface KdfVector {
  readonly kind: "kdf3";
  readonly fields: Readonly<Record<"master" | "diversification" | "enc" | "mac" | "dek", string>>;
}
interface StoreVector {
  readonly kind: "store-data";
  readonly comment: string;
  readonly valid: boolean;
  readonly blocks: readonly {
    readonly p1: string;
    readonly p2: string;
    readonly data: string;
    readonly sw: string;
  }[];
}

const { vectors } = readVectorFile<{ vectors: (KdfVector | StoreVector)[] }>("personalization.json");

describe("personalization vectors of specs/04", () => {
  it.each(vectors.filter((vector) => vector.kind === "kdf3"))("KDF3 of $fields.master", ({ fields }) => {
    const keys = kdf3(1, h(fields.master), h(fields.diversification));
    expect([keys.enc, keys.mac, keys.dek].map(hex)).toEqual([fields.enc, fields.mac, fields.dek]);
  });

  const stores = vectors.filter((vector) => vector.kind === "store-data");
  it.each(stores)("STORE DATA: $comment", async ({ valid, blocks }) => {
    const card = newCard();
    const { channel } = await open(card, { level: 0x33 });
    await send(channel, generateKeyPair, { challenge: new Uint8Array(16) });
    for (const { p1, p2, data, sw } of blocks) {
      const bytes = h(data);
      const length = bytes.length ? Uint8Array.of(bytes.length) : new Uint8Array(0);
      const apdu = concatBytes(h(`84e2${p1}${p2}`), length, bytes);
      expect(hex(await channel.transmit(apdu))).toBe(sw);
    }
    const last = valid && blocks.at(-1)?.p1 === "88";
    expect(await lifecycleOf(card)).toBe(last ? LIFECYCLE.PERSONALIZED : LIFECYCLE.BLANK);
  });

  it("STORE DATA without a key, and GENERATE KEY PAIR with everything else, leave the card blank", async () => {
    const whole = vectors.find((vector) => vector.kind === "store-data");
    if (whole?.kind !== "store-data") throw new Error("no vector");
    const card = newCard();
    const { channel } = await open(card, { level: 0x33 });
    const answers: string[] = [];
    for (const { p1, p2, data } of whole.blocks) {
      const bytes = h(data);
      answers.push(
        hex(await channel.transmit(concatBytes(h(`84e2${p1}${p2}`), Uint8Array.of(bytes.length), bytes))),
      );
    }
    expect(answers).toEqual(["9000", "6985"]);
    expect(await lifecycleOf(card)).toBe(LIFECYCLE.BLANK);
  });
});
