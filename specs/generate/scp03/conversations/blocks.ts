import { join, unhex } from "../../../../reference/bytes.js";
import { authorizeData } from "../../../../reference/card/pay.js";
import { named } from "../../card/material.js";
import { CHALLENGE, conversation, first, generate, initialize, last, reset, S8, store } from "../commands.js";
import { firstBlock, GROUP, lastBlock } from "../groups.js";
import { apdu } from "../sessions.js";

/** How a card is made in blocks, and what interrupts it. */
export const blockConversations = (): readonly unknown[] => [
  conversation("a block that is refused changes nothing; the next one may come", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 02 in place of 01", store("8802", lastBlock), "6a86")
      .through("block 01 with an unknown group", apdu("84e28801", unhex("019900")), "6a88")
      .through("block 01 with a group that came before", store("8801", [GROUP.sealKey]), "6a80")
      .through("block 01 without what is needed", store("8801", [GROUP.pin]), "6985")
      .through("block 01", last, "9000")
      .identify("the card is personalized", { counter: 0, credit: "50000000", authorizedTotal: "0" }),
  ),
  conversation("a refused block 00 keeps what came before it", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 00 with a group cut off", apdu("84e20800", unhex("0101")), "6a80")
      .through("block 01", last, "9000"),
  ),
  conversation("INITIALIZE UPDATE between two blocks: they start over", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .open(0x03)
      .through("block 01 alone", last, "6a86")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000"),
  ),
  conversation("an INITIALIZE UPDATE that is refused ends channel and blocks too", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .clear("a version that is not there", initialize("80503100", 8), "6a88")
      .through("block 01", last, "6982")
      .open(0x03)
      .through("block 01 in a new channel", last, "6a86"),
  ),
  conversation("SELECT between two blocks: they start over", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .select("SELECT again")
      .through("block 01", last, "6982")
      .open(0x03)
      .through("block 01", last, "6a86")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000"),
  ),
  conversation("power between two blocks: they start over, the key stays", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .reset()
      .select()
      .open(0x03)
      .through("block 01", last, "6a86")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000"),
  ),
  conversation("without a key of the card the last block is refused", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("block 00", first, "9000")
      .through("block 01, no key", last, "6985")
      .through("GENERATE KEY PAIR between the blocks", generate, "9000")
      .through("block 01", last, "9000")
      .identify("under the key that was made last", { counter: 0, credit: "50000000", authorizedTotal: "0" }),
  ),
  conversation("GENERATE KEY PAIR again: the last key counts", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("GENERATE KEY PAIR again", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .identify("under the second key", { counter: 0, credit: "50000000", authorizedTotal: "0" }),
  ),
  conversation("P1 P2 and lengths behind the secure channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, P1 00", apdu("84460000", CHALLENGE), "6a86")
      .through("GENERATE KEY PAIR, P2 01", apdu("84468001", CHALLENGE), "6a86")
      .through("GENERATE KEY PAIR, 15 bytes", apdu("84468000", CHALLENGE.subarray(1)), "6700")
      .through("GENERATE KEY PAIR, 17 bytes", apdu("84468000", join(CHALLENGE, unhex("00"))), "6700")
      .through("GENERATE KEY PAIR, P1 before the length", apdu("84460000", unhex("00")), "6a86")
      .through("STORE DATA, P1 00", store("0000", firstBlock), "6a86")
      .through("STORE DATA, P1 80", store("8000", firstBlock), "6a86")
      .through("STORE DATA, P1 09", store("0900", firstBlock), "6a86")
      .through("STORE DATA, P1 before the groups", apdu("84e20000", unhex("0101")), "6a86")
      .through("RESET, P1 01", apdu("84e40100"), "6a86")
      .through("RESET, P2 01", apdu("84e40001"), "6a86")
      .through("RESET with data", apdu("84e40000", unhex("00")), "6700")
      .through("GENERATE KEY PAIR", generate, "9000"),
  ),

  conversation("after RESET a card is made anew, and its counters begin anew", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .clear("AUTHORIZE", apdu("80300000", authorizeData(1_000n, "01".repeat(32)), true), "9000")
      .identify("one authorization", { counter: 1, credit: "50000000", authorizedTotal: "1000" })
      .through("RESET", reset, "9000")
      .clear("IDENTIFY of a blank card", apdu("80320000", named("challenge"), true), "6985")
      .through("block 00, no key", first, "9000")
      .through("block 01, no key", last, "6985")
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 01", last, "9000")
      .identify("no authorization", { counter: 0, credit: "50000000", authorizedTotal: "0" })
      .clear("the same invoice", apdu("80300000", authorizeData(1_000n, "01".repeat(32)), true), "9000")
      .identify("counter 1 again", { counter: 1, credit: "50000000", authorizedTotal: "1000" }),
  ),
  conversation("what the lifecycle refuses is no part of the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .through("block 00", first, "9000")
      .through("block 01", last, "9000")
      .through("STORE DATA on a personalized card: its MAC is not looked at", first, "6985")
      .through("RESET: the host's chain went on, the card's did not", reset, "6982")
      .open(0x03)
      .through("RESET", reset, "9000"),
  ),
];
