import { signedBytes } from "../../../reference/sealed.js";
import { CARD, compressed, ISSUER, KEY_SET } from "../card/material.js";
import { signature, writeFields } from "../card/sealed.js";
import {
  BLANK,
  FESTIVAL,
  fci,
  festival,
  granted,
  identify,
  pinState,
  reset,
  SELECT,
  type Session,
  type Step,
  sat,
  select,
  send,
  update,
  verify,
} from "./script.js";

const fields = writeFields("certificate", {
  cardId: CARD.cardId.toString("hex"),
  cardPoint: compressed(CARD.point),
  flags: 0,
  validUntilSeconds: 1_893_455_999,
  offlineLimit: sat(20_000),
  reserved: "00".repeat(10),
});
const signed = signature(signedBytes("certificate", KEY_SET.keySetId, fields), ISSUER);
/** The certificate of the card of the file. One with keys of its own is given it as it is: a card does not judge it. */
const BODY = Buffer.concat([fields, signed]).toString("hex");
const CERTIFIED = festival({ certificate: BODY });

const GET = "80ca00c2";
const read = (comment: string, body = BODY, command = `${GET}00`): Step =>
  send(comment, command, "9000", { certificate: body });

const whatever = (id: string, title: string, body: string): Session => ({
  id: `certificate/${id}`,
  section: "specs/01 §6.2",
  title,
  card: festival({ certificate: body }),
  steps: [
    select(FESTIVAL),
    read("read", body),
    reset("power off and on"),
    select(FESTIVAL),
    read("again", body),
  ],
});

export const certificateSessions: readonly Session[] = [
  {
    id: "certificate/read",
    section: "specs/01 §6.2",
    title: "the certificate is answered sealed, as often as it is asked for, and nothing changes",
    card: CERTIFIED,
    steps: [
      send("SELECT says nothing of it", SELECT, "9000", fci(FESTIVAL)),
      read("read"),
      read("read again"),
      read("without Le", BODY, GET),
      send("data in the command", `${GET}0100`, "6700"),
      send("data of the length of an object", `${GET}95${"00".repeat(149)}`, "6700"),
      granted("AUTHORIZE", sat(2_500), 1, { counter: 1, total: sat(2_500) }),
      read("after an authorization"),
      granted("the same AUTHORIZE", sat(2_500), 1, { counter: 1, total: sat(2_500) }),
      reset("power off and on"),
      select(FESTIVAL),
      read("after a reset"),
      identify("nothing has changed", { counter: 1, credit: sat(50_000), total: sat(2_500) }),
    ],
  },
  {
    id: "certificate/pin",
    section: "specs/01 §6.2",
    title: "reading the certificate needs no PIN and leaves the flag",
    card: CERTIFIED,
    steps: [
      select(FESTIVAL),
      verify("wrong PIN", "9999", "63c2"),
      read("after a wrong PIN"),
      pinState("no try is used", "63c2"),
      verify("PIN", "1234", "9000"),
      read("after the PIN"),
      pinState("the PIN is still verified", "9000"),
      granted("with the PIN", sat(6_000), 1, { counter: 1, total: sat(6_000), pin: true }),
      verify("wrong PIN, three tries left", "9999", "63c2"),
      verify("wrong PIN, two tries left", "9999", "63c1"),
      verify("wrong PIN, the last try", "9999", "63c0"),
      read("with the tries used up"),
    ],
  },
  {
    id: "certificate/none",
    section: "specs/01 §6.2",
    title: "a card without a certificate says so",
    card: FESTIVAL,
    steps: [
      select(FESTIVAL),
      send("read", `${GET}00`, "6a88"),
      send("data in the command: the tag first", `${GET}0100`, "6a88"),
      granted("AUTHORIZE", sat(1), 1, { counter: 1, total: sat(1) }),
    ],
  },
  {
    id: "certificate/blank",
    section: "specs/01 §5",
    title: "a blank card has no certificate in this lifecycle",
    card: BLANK,
    steps: [
      select(BLANK),
      send("read", `${GET}00`, "6985"),
      send("data in the command: lifecycle first", `${GET}0100`, "6985"),
    ],
  },
  {
    id: "certificate/blocked",
    section: "specs/01 §5",
    title: "a blocked card answers no certificate until it is unblocked",
    card: CERTIFIED,
    steps: [
      select(FESTIVAL),
      update("block", { sequence: 1, flags: 1 }),
      send("read", `${GET}00`, "9c04"),
      send("data in the command: lifecycle first", `${GET}0100`, "9c04"),
      update("unblock", { sequence: 2, flags: 0 }),
      read("read"),
    ],
  },
  {
    id: "certificate/blocked-without",
    section: "specs/01 §5",
    title: "a blocked card without a certificate is blocked first",
    card: FESTIVAL,
    steps: [
      select(FESTIVAL),
      update("block", { sequence: 1, flags: 1 }),
      send("read", `${GET}00`, "9c04"),
      update("unblock", { sequence: 2, flags: 0 }),
      send("read when it is unblocked", `${GET}00`, "6a88"),
    ],
  },
  {
    id: "certificate/update",
    section: "specs/01 §6.7",
    title: "no update changes the certificate",
    card: CERTIFIED,
    steps: [
      select(FESTIVAL),
      update("all limits zero, every event", {
        sequence: 1,
        flags: 6,
        maxPerTransaction: "0",
        pinThreshold: "0",
        noPinBudget: "0",
        maxTransactions: 0,
      }),
      read("read"),
    ],
  },
  whatever("zeros", "a certificate of zeros is one", "00".repeat(128)),
  whatever("ones", "a card does not judge its certificate", "ff".repeat(128)),
];
