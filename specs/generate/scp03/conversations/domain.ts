import { hex, join, unhex } from "../../../../reference/bytes.js";
import { APPLICATION_AID, DOMAIN_AID } from "../../../../reference/card/state.js";
import { putKeyData } from "../../../../reference/personalize.js";
import { flip } from "../../card/bytes.js";
import { FACTORY_VERSION, KEY_VERSION, keysOf, NEXT_VERSION, SERIAL } from "../cards.js";
import { conversation, generate, initialize, S8 } from "../commands.js";
import { apdu } from "../sessions.js";

const cardKeys = keysOf(unhex(`5343${hex(SERIAL)}4351`));
const keyData = (version: number): Buffer => putKeyData(version, cardKeys, cardKeys.dek);
const putKey = (header: string, version: number): Buffer => apdu(header, keyData(version), true);

/** The security domain beside the application, and its keys. */
export const domainConversations = (): readonly unknown[] => [
  conversation("commands in clear do not touch the application's channel", S8, (t) =>
    t
      .select()
      .open(0x03)
      .clear("GET DATA", "80ca00c100", "9000")
      .clear("an instruction that is not known", "80360000", "6d00")
      .through("GENERATE KEY PAIR", generate, "9000"),
  ),
  conversation("a command in clear ends the security domain's channel", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x01)
      .through("GET DATA E0", apdu("80ca00e0", undefined, true), "9000")
      .clear("GET DATA E0 in clear", "80ca00e000", "6982")
      .through("GET DATA E0", apdu("80ca00e0", undefined, true), "6982")
      .clear("GET DATA E0 without a channel", "80ca00e000", "9000"),
  ),
  conversation("a channel belongs to the applet to which it was opened", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x03)
      .select()
      .through("GENERATE KEY PAIR at the application", generate, "6982"),
  ),
  conversation("SELECT with other P1 P2, at the application and at the security domain", S8, (t) =>
    t
      .clear("next occurrence, the domain selected by default", `00a4040208${APPLICATION_AID}00`, "6a82")
      .clear("by file identifier, at the domain", "00a40000023f00", "6a82")
      .select()
      .clear("next occurrence, at the application", `00a4040208${APPLICATION_AID}00`, "6a82")
      .clear("by file identifier, at the application", "00a40000023f00", "6a86"),
  ),
  conversation("after a reset the security domain is selected", S8, (t) =>
    t
      .select()
      .clear("GET DATA C1 of the application", "80ca00c100", "9000")
      .reset()
      .clear("GET DATA C1 is not the domain's", "80ca00c100", "6a88")
      .clear("GET DATA E0 is", "80ca00e000", "9000")
      .clear("an instruction that it does not know", "80360000", "6d00")
      .clear("GET STATUS without a channel", "80f28002024f0000", "6982")
      .clear("PUT KEY without a channel", "80d80081", "6982")
      .clear("a protected command without a channel", "84ca00e000", "6982")
      .clear("INITIALIZE UPDATE", initialize("80503000", 8), "9000")
      .clear("GET DATA E0 in clear: no channel is open yet", "80ca00e000", "9000"),
  ),
  conversation("a command of another class under a MAC of its own ends the domain's channel", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x01)
      .through("GET DATA E0 in class 80", apdu("80ca00e0", undefined, true), "6982", "class")
      .clear("it is closed", "80ca00e000", "9000"),
  ),
  conversation("PUT KEY: parameters, length, keys", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x03)
      .through("P2 01", putKey("80d80001", NEXT_VERSION), "6a86")
      .through("P1 B0: more commands follow", putKey("80d8b081", NEXT_VERSION), "6a86")
      .through("P2 before the length", apdu("80d80001", unhex("31")), "6a86")
      .through("69 bytes", apdu("80d80081", keyData(NEXT_VERSION).subarray(0, 69)), "6700")
      .through("71 bytes", apdu("80d80081", join(keyData(NEXT_VERSION), unhex("00"))), "6700")
      .through("version 0", putKey("80d80081", 0), "6a80")
      .through("version 128", putKey("80d80081", 128), "6a80")
      .through("a check value of the second key", apdu("80d80081", flip(keyData(NEXT_VERSION), 46)), "6a80")
      .through("another key type", apdu("80d80081", flip(keyData(NEXT_VERSION), 1)), "6a80")
      .through("another length of a check value", apdu("80d80081", flip(keyData(NEXT_VERSION), 20)), "6a80")
      .through("another length of a key", apdu("80d80081", flip(keyData(NEXT_VERSION), 26)), "6a80")
      .through("in place of a version that is not there", putKey("80d83281", NEXT_VERSION), "6a88")
      .through("adding a version that is there", putKey("80d80081", KEY_VERSION), "6a80")
      .through("the keys are as they were", apdu("80ca00e0", undefined, true), "9000")
      .through("GET STATUS", apdu("80f28002", unhex("4f00"), true), "9000"),
  ),
  conversation("PUT KEY: three key sets, and no fourth", S8, (t) =>
    t
      .select("SELECT the security domain", DOMAIN_AID)
      .open(0x03)
      .through("adding version 1", putKey("80d80081", 1), "9000")
      .through("adding version 127", putKey("80d80081", 127), "9000")
      .through("a fourth", putKey("80d80081", NEXT_VERSION), "6a84")
      .through("version 127 in place of version 1, though it is there", putKey("80d80181", 127), "6a80")
      .through("a version in place of itself", putKey("80d80181", 1), "9000")
      .open(0x03, { version: 127 })
      .open(0x03, { version: 127 })
      .through("in place of version 127", putKey("80d87f81", NEXT_VERSION), "9000")
      .open(0x03, { version: NEXT_VERSION }),
  ),
  conversation(
    "PUT KEY adds to factory keys, and they go",
    S8,
    (t) =>
      t
        .select("SELECT the security domain", DOMAIN_AID)
        .open(0x03, { version: FACTORY_VERSION })
        .through("P1 FF names no version", putKey("80d8ff81", NEXT_VERSION), "6a86")
        .through("P1 7F names another one", putKey("80d87f81", NEXT_VERSION), "6a88")
        .through("adding keys", putKey("80d80081", NEXT_VERSION), "9000")
        .clear("the factory keys are gone", initialize("8050ff00", 8), "6a88")
        .open(0x03, { version: NEXT_VERSION })
        .through("adding keys to others", putKey("80d80081", KEY_VERSION), "9000")
        .open(0x03, { version: NEXT_VERSION })
        .open(0x03, { version: KEY_VERSION }),
    FACTORY_VERSION,
  ),
];
