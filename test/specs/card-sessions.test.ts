import { expect, test } from "vitest";
import { MESSAGE_TYPE, openBody, sealBody } from "../../apdu/index.js";
import { bytesToHex, hexToBytes } from "../../common/index.js";
import { readSessions } from "../../host/conformance/session-file.js";
import { scriptedUpdate } from "../../host/conformance/update-message.js";
import { named } from "../../specs/generate/card/material.js";
import { readVectorFile } from "./vector-file.js";

interface Keys {
  readonly issuer: { readonly secretKey: string };
  readonly keySets: readonly [{ readonly keySetId: string; readonly sealKey: string }];
  readonly cards: readonly [{ readonly cardId: string; readonly secretKey: string; readonly point: string }];
}

const { keys } = readVectorFile<{ keys: Keys }>("card-sessions.json");
const [keySet] = keys.keySets;
const [card] = keys.cards;
const recipient = {
  cardId: hexToBytes(card.cardId),
  publicKey: hexToBytes(card.point),
  keySetId: hexToBytes(keySet.keySetId),
  sealKey: hexToBytes(keySet.sealKey),
  issuerSecretKey: hexToBytes(keys.issuer.secretKey),
};
const wrong = { issuerSecretKey: named("another issuer key"), sealKey: named("seal key of nobody", 16) };

const updates = readSessions().flatMap(({ id, steps }) =>
  steps.flatMap((step) =>
    "command" in step && step.update
      ? [{ id, comment: step.comment, command: step.command, update: step.update }]
      : [],
  ),
);

test.each(updates)("the update of $id, $comment, can be made from its description", (step) => {
  const sent = hexToBytes(step.command).subarray(5);
  const iv = sent.slice(5, 21);
  const { offset = -1, mask = "00" } = step.update.flip ?? {};
  if (offset >= 5 && offset < 21) iv[offset - 5] = (iv[offset - 5] ?? 0) ^ Number.parseInt(mask, 16);
  expect(bytesToHex(scriptedUpdate(step.update, recipient, wrong, iv))).toBe(bytesToHex(sent));
});

test("the sessions hold updates of every kind", () => {
  const forms = new Set(updates.map(({ update }) => update.signature));
  expect(forms.size).toBe(8);
  expect(updates.some(({ update }) => update.type !== "03")).toBe(true);
  const [first] = updates;
  const message = hexToBytes(first?.command ?? "").subarray(5);
  const body = openBody(recipient.sealKey, message.subarray(5, 21), message.subarray(21));
  expect(message[0]).toBe(MESSAGE_TYPE.UPDATE);
  expect(bytesToHex(sealBody(recipient.sealKey, message.subarray(5, 21), body))).toBe(
    bytesToHex(message.subarray(21)),
  );
});
