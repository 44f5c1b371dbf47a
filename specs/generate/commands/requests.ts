import { named } from "../card/material.js";
import { type CommandVector, ofKind } from "./vector.js";

const AID = "f043484551554501";
const HASH = named("invoice hash").toString("hex");
const CHALLENGE = named("challenge").toString("hex");
const SHORT_CHALLENGE = named("key challenge", 16).toString("hex");
/** 149 bytes in the frame of an update; the rest is for the card to judge. */
const UPDATE = `03c0ffee01${"5a".repeat(144)}`;

const select = ofKind("SELECT command");
const getProfile = ofKind("GET DATA C1 command");
const getNodeUri = ofKind("GET DATA 5F50 command");
const getCertificate = ofKind("GET DATA C2 command");
const verify = ofKind("VERIFY command");
const change = ofKind("CHANGE REFERENCE DATA command");
const authorize = ofKind("AUTHORIZE command");
const identify = ofKind("IDENTIFY command");
const update = ofKind("UPDATE command");
const generateKeyPair = ofKind("GENERATE KEY PAIR command");
const storeData = ofKind("STORE DATA command");
const reset = ofKind("RESET command");

/** Command APDUs. Those of the secure channel are before wrapping (specs/04). */
export const requestVectors: readonly CommandVector[] = [
  select.good("full AID", `00a4040008${AID}00`, { aid: AID }),
  select.good("package AID", `00a4040007${AID.slice(0, 14)}00`, { aid: AID.slice(0, 14) }),
  select.bad("P1 00", `00a4000008${AID}00`, "p1"),
  select.bad("next occurrence", `00a4040208${AID}00`, "p2"),
  select.bad("AID of 4 bytes", "00a4040004f043484500", "aid"),
  select.bad("AID of 17 bytes", `00a4040011${"f0".repeat(17)}00`, "aid"),
  select.bad("no AID", "00a4040000", "aid"),

  select.good("first 5 bytes of an AID", "00a4040005f04348455100", { aid: "f043484551" }),
  select.good("AID of 16 bytes", `00a4040010${"f0".repeat(16)}00`, { aid: "f0".repeat(16) }),
  select.bad("1 byte", "00a4040001f000", "aid"),
  select.bad("2 bytes", "00a4040002f04300", "aid"),
  select.bad("3 bytes", "00a4040003f0434800", "aid"),
  select.bad("class 80", `80a4040008${AID}00`, "cla"),
  select.bad("P2 04", `00a4040408${AID}00`, "p2"),
  select.bad("P2 0C, which hosts do not use", `00a4040c08${AID}`, "p2"),
  select.bad("another instruction", `00a5040008${AID}00`, "ins"),
  select.bad("3 bytes of a header", "00a404", "apdu"),
  select.bad("Lc greater than the data", `00a4040009${AID}`, "apdu"),
  select.bad("two bytes behind the data", `00a4040008${AID}0000`, "apdu"),
  select.bad("extended length", `00a40400000008${AID}`, "apdu"),

  getProfile.good("profile", "80ca00c100", {}),
  getProfile.bad("class 00", "00ca00c100", "cla"),
  getProfile.bad("with data", "80ca00c1010000", "data"),
  getNodeUri.good("node URI", "80ca5f5000", {}),

  verify.good("PIN of 4 digits", "0020008008241234ffffffffff", { pin: "1234" }),
  verify.good("PIN of 5 digits", "00200080082598765fffffffff", { pin: "98765" }),
  verify.good("PIN of 12 digits", "00200080082c123456789012ff", { pin: "123456789012" }),
  verify.good("PIN of zeros", "002000800826000000ffffffff", { pin: "000000" }),
  getNodeUri.bad("another object", "80ca5f5100", "p2"),
  getNodeUri.bad("the profile", "80ca00c100", "p1"),
  getNodeUri.bad("with data", "80ca5f50010000", "data"),
  getCertificate.good("certificate", "80ca00c200", {}),
  getCertificate.bad("the profile", "80ca00c100", "p2"),
  getCertificate.bad("another object", "80ca5fc200", "p1"),
  getCertificate.bad("with data", "80ca00c2010000", "data"),

  verify.bad("malformed block", "0020008008241234fffffffff0", "pin"),
  verify.bad("P1 01", "0020018008241234ffffffffff", "p1"),
  verify.bad("no data", "00200080", "length"),
  verify.bad("P2 00", "0020000008241234ffffffffff", "p2"),
  verify.bad("7 bytes", "0020008007241234ffffffff", "length"),
  verify.bad("9 bytes", "0020008009241234ffffffffffff", "length"),

  change.good("1234 to 567890", "0024008010241234ffffffffff26567890ffffffff", {
    oldPin: "1234",
    newPin: "567890",
  }),
  change.bad("P1 01: a new PIN without the old one", "0024018010241234ffffffffff26567890ffffffff", "p1"),
  change.bad("17 bytes", "0024008011241234ffffffffff26567890ffffffff00", "length"),
  change.bad("one block", "0024008008241234ffffffffff", "length"),
  change.bad("new block malformed", "0024008010241234ffffffffff265678ffffffffff", "newPin"),
  change.bad("old block malformed", "0024008010251234ffffffffff245678ffffffffff", "oldPin"),

  authorize.good("2,500 sat", `803000002800000000002625a0${HASH}00`, {
    amount: "2500000",
    invoiceHash: HASH,
  }),
  authorize.good("1 msat", `80300000280000000000000001${HASH}00`, { amount: "1", invoiceHash: HASH }),
  authorize.good("above 2^53", `80300000280020000000000001${HASH}00`, {
    amount: "9007199254740993",
    invoiceHash: HASH,
  }),
  authorize.good("21 million bitcoin", `80300000281d24b2dfac520000${HASH}00`, {
    amount: "2100000000000000000",
    invoiceHash: HASH,
  }),
  authorize.bad("amount 0", `80300000280000000000000000${HASH}00`, "amount"),
  authorize.bad("one above 21 million bitcoin", `80300000281d24b2dfac520001${HASH}00`, "amount"),
  authorize.bad("amount of all ones", `8030000028ffffffffffffffff${HASH}00`, "amount"),
  authorize.bad("39 bytes", `803000002700000000002625a0${HASH.slice(2)}00`, "length"),
  authorize.bad("41 bytes", `803000002900000000002625a0${HASH}0000`, "length"),
  authorize.bad("P1 01", `803001002800000000002625a0${HASH}00`, "p1"),
  authorize.bad("P2 01", `803000012800000000002625a0${HASH}00`, "p2"),
  authorize.bad("IDENTIFY", `803200002800000000002625a0${HASH}00`, "ins"),
  authorize.bad("class 84", `843000002800000000002625a0${HASH}00`, "cla"),

  identify.good("challenge", `8032000020${CHALLENGE}00`, { challenge: CHALLENGE }),
  identify.bad("P2 01", `8032000120${CHALLENGE}00`, "p2"),
  identify.bad("31 bytes", `803200001f${CHALLENGE.slice(2)}00`, "length"),
  identify.bad("33 bytes", `8032000021${CHALLENGE}0000`, "length"),

  update.good("149 bytes of type 03", `8034000095${UPDATE}`, { sealedUpdate: UPDATE }),
  update.bad("P1 01", `8034010095${UPDATE}`, "p1"),
  update.bad("148 bytes", `8034000094${UPDATE.slice(0, -2)}`, "length"),
  update.bad("150 bytes", `8034000096${UPDATE}00`, "length"),
  update.bad("type 01", `803400009501${UPDATE.slice(2)}`, "type"),

  generateKeyPair.good("challenge", `8446800010${SHORT_CHALLENGE}00`, { challenge: SHORT_CHALLENGE }),
  generateKeyPair.bad("P1 00", `8446000010${SHORT_CHALLENGE}00`, "p1"),
  generateKeyPair.bad("P2 01", `8446800110${SHORT_CHALLENGE}00`, "p2"),
  generateKeyPair.bad("17 bytes", `8446800011${SHORT_CHALLENGE}0000`, "length"),
  generateKeyPair.bad("15 bytes", `844680000f${SHORT_CHALLENGE.slice(2)}00`, "length"),

  storeData.good("first block, two groups", "84e208000b010103aabbcc0102020102", {
    block: 0,
    last: false,
    groups: [
      { dgi: "0101", value: "aabbcc" },
      { dgi: "0102", value: "0102" },
    ],
  }),
  storeData.good("last block 3, one group", "84e2880305810202aabb", {
    block: 3,
    last: true,
    groups: [{ dgi: "8102", value: "aabb" }],
  }),
  storeData.good("empty group", "84e2880003010100", {
    block: 0,
    last: true,
    groups: [{ dgi: "0101", value: "" }],
  }),
  storeData.good("no group", "84e28801", { block: 1, last: true, groups: [] }),
  storeData.good("last block of all", "84e208ff03010100", {
    block: 255,
    last: false,
    groups: [{ dgi: "0101", value: "" }],
  }),
  storeData.bad("cut in a length", "84e28800050101000102", "group"),
  storeData.bad("class 80", "80e2880003010100", "cla"),
  storeData.bad("another instruction", "84e3880003010100", "ins"),
  storeData.bad("P1 00", "84e2000003010100", "p1"),
  storeData.bad("cut in a DGI", "84e28800020101", "group"),
  storeData.bad("cut in a value", "84e2880004010102aa", "0101"),
  storeData.bad("a group twice", "84e2880008010101aa010101bb", "0101"),

  reset.good("no data", "84e40000", {}),
  reset.bad("P1 01", "84e40100", "p1"),
  reset.bad("P2 01", "84e40001", "p2"),
  reset.bad("with data", "84e400000100", "data"),
];
