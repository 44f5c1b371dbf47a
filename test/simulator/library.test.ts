import { expect, it } from "vitest";
import {
  authorizationMessage,
  authorize,
  encodeCommandApdu,
  NO_LIMIT,
  select,
  verifySignature,
} from "../../apdu/index.js";
import { sat, secp256k1, utf8 } from "../../common/index.js";
import { connectCard, provisionCard } from "../../simulator/index.js";

it("is a card in ten lines", async () => {
  const { card, publicKey } = provisionCard({
    cardId: utf8("CARD0001"),
    keySetId: utf8("DEMO"),
    sealKey: new Uint8Array(16).fill(7),
    nodeUri: "node@example.org:9735",
    issuerPublicKey: secp256k1.publicKey(new Uint8Array(32).fill(1)),
    limits: {
      credit: sat(100),
      maxPerTransaction: NO_LIMIT,
      pinThreshold: NO_LIMIT,
      noPinBudget: NO_LIMIT,
      maxTransactions: 10,
    },
  });
  const connection = connectCard(card);
  await connection.transmit(encodeCommandApdu(select.encodeRequest({})));
  const request = authorize.encodeRequest({ amount: sat(21), invoiceHash: new Uint8Array(32) });
  const token = (await connection.transmit(encodeCommandApdu(request))).slice(0, -2);
  const opened = authorizationMessage.open(token, () => new Uint8Array(16).fill(7));
  expect(verifySignature(opened, publicKey)).toBe(true);
  expect(opened.fields.authorizedTotal).toBe(sat(21));
});
