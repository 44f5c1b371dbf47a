import { tlv } from "../card/bytes.js";
import { NODE_URI } from "../card/material.js";
import {
  AID,
  BLANK,
  FESTIVAL,
  fci,
  festival,
  granted,
  identify,
  OPEN,
  open,
  pinState,
  profile,
  reset,
  SELECT,
  type Session,
  sat,
  select,
  send,
  verify,
} from "./script.js";

const NOBODY = "f0434845515545ff";
const longUri = `${NODE_URI.split("@")[0]}@${"a".repeat(63)}.${"b".repeat(55)}.example:65535`;

export const selectionSessions: readonly Session[] = [
  {
    id: "select/personalized",
    section: "specs/01 §6.1",
    title: "the answer to SELECT of a personalized card",
    card: FESTIVAL,
    steps: [
      send(
        "full AID: AID, profile and node URI, byte for byte",
        SELECT,
        "9000",
        // 6F 8184 { 84 08 AID, A5 78 { C1 20 profile, 5F50 53 uri } }
        `6f81848408${AID}a578c120` +
          `01000f0d00000000${"00".repeat(8)}00000000017d7840${"00000000004c4b40"}` +
          `5f5053${Buffer.from(NODE_URI, "ascii").toString("hex")}`,
      ),
      send("selected again: the same", SELECT, "9000", fci(FESTIVAL)),
      send("Le equal to the length of the answer", `00a4040008${AID}87`, "9000", fci(FESTIVAL)),
    ],
  },
  {
    id: "select/package-aid",
    section: "specs/01 §3",
    title: "the package AID selects; the FCI has the whole AID",
    card: FESTIVAL,
    steps: [
      send("7 of 8 bytes", `00a4040007${AID.slice(0, 14)}00`, "9000", fci(FESTIVAL)),
      identify("it is selected", { counter: 0, credit: sat(50_000), total: 0n }),
    ],
  },
  {
    id: "select/short-prefix",
    section: "specs/01 §3",
    title: "prefixes of 5 and 6 bytes select",
    optional: true,
    card: FESTIVAL,
    steps: [
      send("5 of 8 bytes", `00a4040005${AID.slice(0, 10)}00`, "9000", fci(FESTIVAL)),
      send("6 of 8 bytes", `00a4040006${AID.slice(0, 12)}00`, "9000", fci(FESTIVAL)),
    ],
  },
  {
    id: "select/without-answer",
    section: "specs/01 §6.1",
    title: "SELECT with P2 0C selects and answers no data",
    card: FESTIVAL,
    steps: [
      send("P2 0C", `00a4040c08${AID}`, "9000"),
      identify("it is selected", { counter: 0, credit: sat(50_000), total: 0n }),
      verify("PIN", "1234", "9000"),
      send("P2 0C again: selected anew", `00a4040c08${AID}`, "9000"),
      pinState("the PIN is no longer verified", "63c3"),
    ],
  },
  {
    id: "select/not-found",
    section: "specs/01 §6.1",
    title: "an AID that no application has",
    card: FESTIVAL,
    steps: [
      send("unknown AID, nothing selected", `00a4040008${NOBODY}00`, "6a82"),
      select(FESTIVAL),
      send("unknown AID, the application selected", `00a4040008${NOBODY}00`, "6a82"),
      send("an AID longer than the application's", `00a4040009${AID}0100`, "6a82"),
      select(FESTIVAL, {}, "it can be selected afterwards"),
    ],
  },
  {
    id: "select/publish-nothing",
    section: "specs/01 §4.2",
    title: "a card that publishes nothing and has no PIN",
    card: festival({ publish: [], pin: null }),
    steps: [
      send(
        "capabilities 0, all values 0",
        SELECT,
        "9000",
        `6f81848408${AID}a578c12001000f00${"00".repeat(28)}5f5053${Buffer.from(NODE_URI).toString("hex")}`,
      ),
    ],
  },
  {
    id: "select/publish-all",
    section: "specs/01 §4.2",
    title: "a card that publishes everything; available goes down with each authorization",
    card: festival({ publish: ["available", "maxPerTransaction", "pinThreshold"] }),
    steps: [
      send(
        "available, max per transaction and PIN threshold",
        SELECT,
        "9000",
        `6f81848408${AID}a578c12001000f0f000000000000000002faf08000000000017d784000000000004c4b40` +
          `5f5053${Buffer.from(NODE_URI).toString("hex")}`,
      ),
      granted("1 msat", 1n, 1, { counter: 1, total: 1n }),
      select(
        festival({ publish: ["available", "maxPerTransaction", "pinThreshold"] }),
        { available: 49_999_999n },
        "available is 1 msat less",
      ),
    ],
  },
  {
    id: "select/no-limits",
    section: "specs/01 §4.2",
    title: "published limits that do not exist are all ones",
    card: OPEN,
    steps: [
      send(
        "ffffffffffffffff for both limits",
        SELECT,
        "9000",
        `6f81848408${AID}a578c12001000f0c00000000${"00".repeat(8)}${"ff".repeat(16)}` +
          `5f5053${Buffer.from(NODE_URI).toString("hex")}`,
      ),
    ],
  },
  {
    id: "select/longest-uri",
    section: "specs/01 §4.1",
    title: "a node URI of 200 bytes gives an answer of 254",
    card: open({ nodeUri: longUri }),
    steps: [
      send(
        "lengths of two bytes",
        SELECT,
        "9000",
        `6f81fb8408${AID}a581eec120${profile(OPEN).toString("hex")}5f5081c8${Buffer.from(longUri).toString("hex")}`,
      ),
      send("GET DATA of it", "80ca5f5000", "9000", `5f5081c8${Buffer.from(longUri).toString("hex")}`),
    ],
  },
  {
    id: "select/shortest-uri",
    section: "specs/01 §4.3",
    title: "the card does not look at its node URI",
    card: open({ nodeUri: "x" }),
    steps: [
      send(
        "a URI of one byte",
        SELECT,
        "9000",
        `6f328408${AID}a526c120${profile(OPEN).toString("hex")}5f500178`,
      ),
    ],
  },
  {
    id: "get-data/objects",
    section: "specs/01 §6.2",
    title: "GET DATA answers whole objects, as in the FCI",
    card: FESTIVAL,
    steps: [
      select(FESTIVAL),
      send("profile", "80ca00c100", "9000", tlv("c1", profile(FESTIVAL)).toString("hex")),
      send("node URI", "80ca5f5000", "9000", tlv("5f50", Buffer.from(NODE_URI)).toString("hex")),
      send("unknown object 00C3", "80ca00c300", "6a88"),
      send("unknown object 0000", "80ca000000", "6a88"),
      send("unknown object C100", "80cac10000", "6a88"),
      send("unknown object 9F7F", "80ca9f7f00", "6a88"),
      send("data in the command", "80ca00c10100", "6700"),
      send("data and an unknown object: P1 P2 first", "80ca00c30100", "6a88"),
    ],
  },
  {
    id: "get-data/exact-le",
    section: "specs/01 §2",
    title: "GET DATA answers the whole object when Le is its length; on T=0 a card need not",
    card: FESTIVAL,
    optional: true,
    steps: [
      select(FESTIVAL),
      send("profile, exact Le", "80ca00c122", "9000", tlv("c1", profile(FESTIVAL)).toString("hex")),
    ],
  },
  {
    id: "blank/objects",
    section: "specs/01 §4.1",
    title: "what a blank card says of itself",
    card: BLANK,
    steps: [
      send(
        "SELECT: AID and an empty profile",
        SELECT,
        "9000",
        `6f2e8408${AID}a522c12001000100${"00".repeat(28)}`,
      ),
      send("profile", "80ca00c100", "9000", `c12001000100${"00".repeat(28)}`),
      send("node URI: not there", "80ca5f5000", "6a88"),
      send("unknown object", "80ca00c300", "6a88"),
    ],
  },
  {
    id: "select/reset",
    section: "specs/01 §3",
    title: "after a reset the application is not selected",
    card: FESTIVAL,
    steps: [
      select(FESTIVAL),
      verify("PIN", "1234", "9000"),
      reset("power off and on"),
      select(FESTIVAL),
      pinState("the PIN is no longer verified", "63c3"),
    ],
  },
];
