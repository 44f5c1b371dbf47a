import { hex, uint } from "../../../../reference/bytes.js";
import { conversation, first, generate, initialize, reset, S8 } from "../commands.js";
import type { Talk } from "../talk.js";

const S16 = 0x71;
const fail = (talk: Talk, times: number, spoilt: "mac" | "cryptogram"): Talk => {
  for (let n = 0; n < times; n++) talk.open(0x03, { spoilt, sw: spoilt === "mac" ? "6982" : "6300" });
  return talk;
};

/** What ends a channel, and what opens one. */
export const channelConversations = (): readonly unknown[] => [
  conversation("a wrong MAC ends the channel, and a new one can be opened", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, wrong MAC", generate, "6982", "mac")
      .through("GENERATE KEY PAIR, right", generate, "6982")
      .again("EXTERNAL AUTHENTICATE again", 3, "6985")
      .open(0x03)
      .through("GENERATE KEY PAIR in the new channel", generate, "9000"),
  ),
  conversation("a wrong MAC in S16 ends the channel", S16, (t) =>
    t
      .select()
      .open(0x33)
      .through("GENERATE KEY PAIR, wrong MAC", generate, "6982", "mac")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("padding that is not there ends the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, 16 bytes of 55 in place of padded data", generate, "6982", "padding")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("data in clear where they must be encrypted end the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, its challenge in clear", generate, "6982", "clear")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("data that are no whole blocks end the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR, 15 bytes", generate, "6982", "length")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("a command out of its place in the chain ends the channel", S8, (t) =>
    t.select().open(0x03).through("GENERATE KEY PAIR, another chain", generate, "6982", "chain"),
  ),
  conversation("a command that comes twice ends the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000")
      .again("the same bytes again", 1, "6982")
      .through("STORE DATA, right", first, "6982"),
  ),
  conversation("a command without its MAC ends the channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .clear("RESET without a MAC", reset, "6982")
      .through("GENERATE KEY PAIR, right", generate, "6982"),
  ),
  conversation("a command without data through the channel", S8, (t) =>
    t.select().open(0x03).through("RESET of a blank card", reset, "9000").through("again", reset, "9000"),
  ),

  conversation("a wrong host cryptogram under a right MAC", S8, (t) =>
    t
      .select()
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .again("EXTERNAL AUTHENTICATE again", 1, "6985")
      .through("GENERATE KEY PAIR", generate, "6982")
      .open(0x03)
      .through("GENERATE KEY PAIR in a new channel", generate, "9000"),
  ),
  conversation("a wrong MAC in EXTERNAL AUTHENTICATE", S8, (t) =>
    t.select().open(0x03, { spoilt: "mac", sw: "6982" }).again("EXTERNAL AUTHENTICATE again", 1, "6985"),
  ),
  conversation("INITIALIZE UPDATE: P2, length, key version", S8, (t) =>
    t
      .select()
      .clear("P2 01", initialize("80503001", 8), "6a86")
      .clear("P2 before the length", initialize("80503001", 7), "6a86")
      .clear("7 bytes", initialize("80503000", 7), "6700")
      .clear("16 bytes: S16 is not this card's", initialize("80503000", 16), "6700")
      .clear("length before the version", initialize("80503100", 7), "6700")
      .clear("a version that is not there", initialize("80503100", 8), "6a88")
      .open(0x03, { version: 0 })
      .through("version 00 is the first key set", generate, "9000"),
  ),
  conversation("INITIALIZE UPDATE in S16 wants 16 bytes", S16, (t) =>
    t
      .select()
      .clear("8 bytes", initialize("80503000", 8), "6700")
      .open(0x33)
      .through("16 bytes", generate, "9000"),
  ),
  conversation("EXTERNAL AUTHENTICATE: state, level, P2, length", S8, (t) =>
    t
      .select()
      .clear("without INITIALIZE UPDATE", `8482030010${"00".repeat(16)}`, "6985")
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000")
      .clear("level 02", `8482020010${"00".repeat(16)}`, "6a86")
      .clear("level 31", `8482310010${"00".repeat(16)}`, "6a86")
      .clear("level 30", `8482300010${"00".repeat(16)}`, "6a86")
      .clear("P2 01", `8482030110${"00".repeat(16)}`, "6a86")
      .clear("15 bytes", `848203000f${"00".repeat(15)}`, "6700")
      .clear("32 bytes", `8482030020${"00".repeat(32)}`, "6700")
      .clear("16 bytes that are no MAC", `8482030010${"00".repeat(16)}`, "6982")
      .clear("after a failure", `8482030010${"00".repeat(16)}`, "6985"),
  ),
  conversation("a card that does not protect responses takes no level that does", 0x10, (t) =>
    t
      .select()
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000")
      .clear("level 33", `8482330010${"00".repeat(16)}`, "6a86")
      .clear("level 13", `8482130010${"00".repeat(16)}`, "6a86")
      .clear("level 11", `8482110010${"00".repeat(16)}`, "6a86")
      .open(0x03)
      .through("GENERATE KEY PAIR at level 03", generate, "9000"),
  ),
  ...[0x00, 0x01, 0x11].map((level) =>
    conversation(`level ${hex(uint(level, 1))} is not enough for the commands that make a card`, S8, (t) =>
      t
        .select()
        .open(level)
        .through("GENERATE KEY PAIR", generate, "6982")
        .through("STORE DATA", first, "6982")
        .through("RESET", reset, "6982"),
    ),
  ),
  conversation("level 13 is enough", S8, (t) =>
    t.select().open(0x13).through("GENERATE KEY PAIR", generate, "9000"),
  ),

  conversation("ten failures lock the card for good", S8, (t) =>
    fail(t.select(), 5, "mac")
      .reset()
      .select()
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "cryptogram", sw: "6300" })
      .open(0x03, { spoilt: "mac", sw: "6982" })
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "6983")
      .clear("unknown version: before the lock", initialize("80503100", 8), "6a88")
      .reset()
      .select()
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "6983"),
  ),
  conversation("a right authentication takes nine failures back", S8, (t) =>
    fail(fail(t.select(), 9, "cryptogram").open(0x03).select(), 9, "mac")
      .open(0x03)
      .through("GENERATE KEY PAIR", generate, "9000"),
  ),
  conversation("refusals of EXTERNAL AUTHENTICATE before its MAC are no failures", S8, (t) => {
    t.select().clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000");
    for (let n = 0; n < 11; n++) t.clear("level 02", `8482020010${"00".repeat(16)}`, "6a86");
    return t.open(0x03);
  }),
];
