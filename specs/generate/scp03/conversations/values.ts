import { hex, uint } from "../../../../reference/bytes.js";
import { authorizeData } from "../../../../reference/card/pay.js";
import type { DataGroup } from "../../../../reference/personalize.js";
import { NEXT_VERSION } from "../cards.js";
import { conversation, first, generate, initialize, last, reset, S8, store } from "../commands.js";
import { firstBlock, GROUP } from "../groups.js";
import { apdu } from "../sessions.js";
import type { Talk } from "../talk.js";

const NO = "ff".repeat(8);
const authorize = (amount: bigint): Buffer => apdu("80300000", authorizeData(amount, "02".repeat(32)), true);

/** Group 0104: credit, max per transaction, PIN threshold, no-PIN budget, max transactions, publish bits. */
const limits = (...values: readonly string[]): DataGroup => ({ dgi: "0104", value: values.join("") });
/** A card made with these limits and no PIN, unless one is given. */
const made = (talk: Talk, group: DataGroup, more: readonly DataGroup[] = []): Talk =>
  talk
    .select()
    .open(0x03)
    .through("GENERATE KEY PAIR", generate, "9000")
    .through("block 00", first, "9000")
    .through("block 01", store("8801", [GROUP.issuer, group, ...more]), "9000");

/** Each value of STORE DATA reaches the card. */
export const valueConversations = (): readonly unknown[] => [
  conversation("every value of STORE DATA reaches the card", S8, (t) =>
    made(
      t,
      limits(
        "0102030405060708",
        "1112131415161718",
        "2122232425262728",
        "3132333435363738",
        "ffffffff",
        "0e",
      ),
    )
      .select()
      .clear(
        "profile: everything is published",
        "80ca00c100",
        "9000",
        "c12001000f0e00000000010203040506070811121314151617182122232425262728",
      ),
  ),
  conversation("nothing but the PIN threshold is published", S8, (t) =>
    made(
      t,
      limits(
        "0000000000000001",
        "0000000000000002",
        "0000000000000003",
        "0000000000000004",
        "ffffffff",
        "08",
      ),
    )
      .select()
      .clear("profile", "80ca00c100", "9000", `c12001000f0800000000${"00".repeat(16)}0000000000000003`),
  ),
  conversation("max transactions 0", S8, (t) =>
    made(t, limits("00000000000003e8", NO, NO, NO, "00000000", "0e")).clear(
      "AUTHORIZE",
      authorize(1n),
      "9c03",
    ),
  ),
  conversation("max transactions of which only the first byte is not 0", S8, (t) =>
    made(t, limits("00000000000003e8", NO, NO, NO, "01000000", "00")).clear(
      "AUTHORIZE",
      authorize(1n),
      "9000",
    ),
  ),
  conversation("a no-PIN budget of which only the last byte is not 0", S8, (t) =>
    made(t, limits("00000000000003e8", NO, NO, "0000000000000005", "ffffffff", "00"))
      .clear("AUTHORIZE 6 msat", authorize(6n), "6984")
      .clear("AUTHORIZE 5 msat", authorize(5n), "9000"),
  ),
  conversation("a PIN in block 00 stays, and block 00 again takes it away", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00 with a PIN", store("0800", [...firstBlock, GROUP.pin]), "9000")
      .through("block 01 without", store("8801", [GROUP.issuer, GROUP.limits]), "9000")
      .clear("VERIFY", "0020008008241234ffffffffff", "9000")
      .through("RESET", reset, "9000")
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00 with a PIN", store("0800", [...firstBlock, GROUP.pin]), "9000")
      .through("block 00 without", first, "9000")
      .through("block 01 without", store("8801", [GROUP.issuer, GROUP.limits]), "9000")
      .clear("VERIFY", "0020008008241234ffffffffff", "6984"),
  ),
  conversation("a PIN of which a try was used is new after it was stored again", S8, (t) =>
    made(t, GROUP.limits, [GROUP.pin])
      .clear("VERIFY, wrong", "0020008008249999ffffffffff", "63c2")
      .through("RESET", reset, "9000")
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .clear("VERIFY without data: three tries", "00200080", "63c3"),
  ),
  conversation("the version in INITIALIZE UPDATE chooses the keys", S8, (t) =>
    t
      .select()
      .clear("the new version is not there yet", initialize(`8050${hex(uint(NEXT_VERSION, 1))}00`, 8), "6a88")
      .open(0x03, { version: 0 }),
  ),
];
