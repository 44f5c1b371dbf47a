import { describe, expect, it } from "vitest";
import type { SecureChannel } from "../../apdu/index.js";
import { concatBytes } from "../../common/index.js";
import { makeKey } from "../../personalize/write-card.js";
import { h, hex } from "../secure-channel/fixture.js";
import { readVectorFile } from "../specs/vector-file.js";

interface Proof {
  readonly comment: string;
  readonly valid: boolean;
  readonly challenge: string;
  readonly hex: string;
  readonly point?: string;
  readonly error?: "form" | "signature";
}

const { proofs } = readVectorFile<{ proofs: Proof[] }>("personalization.json");
const NAME = { form: "unsupported-card", signature: "bad-proof" };

describe("proofs of a new key, specs/04 §5", () => {
  it.each(proofs)("$comment", async ({ challenge, hex: answer, point, error }) => {
    const card = { transmit: async () => concatBytes(h(answer), h("9000")) } as unknown as SecureChannel;
    const made = makeKey(card, () => h(challenge));
    if (error) await expect(made).rejects.toMatchObject({ code: NAME[error] });
    else expect(hex(await made)).toBe(point);
  });
});
