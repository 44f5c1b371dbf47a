import { CARD, NO_LIMIT, NODE_URI, named } from "../card/material.js";
import { type CommandVector, ofKind } from "./vector.js";

const AID = "f043484551554501";
const URI = Buffer.from(NODE_URI, "ascii").toString("hex");
const NO = NO_LIMIT.toString();
const profile = ofKind("profile");
const fci = ofKind("SELECT response");
const getProfile = ofKind("GET DATA C1 response");
const getNodeUri = ofKind("GET DATA 5F50 response");
const getCertificate = ofKind("GET DATA C2 response");
/** 149 bytes in the frame of a certificate; the rest is for its reader to judge. */
const SEALED = `04c0ffee01${"5a".repeat(144)}`;
const pinBlock = ofKind("PIN block");
const generateKeyPair = ofKind("GENERATE KEY PAIR response");

const TWO_LIMITS = "01000f0d00000000000000000000000000000000017d784000000000004c4b40";
const ALL = "01000f0f000000000000000002faf08000000000017d784000000000004c4b40";
const BLANK = `01000100${"00".repeat(28)}`;

const twoLimits = {
  major: 1,
  minor: 0,
  lifecycle: "0f",
  pinSet: true,
  available: null,
  maxPerTransaction: "25000000",
  pinThreshold: "5000000",
};
const blank = {
  ...twoLimits,
  lifecycle: "01",
  pinSet: false,
  maxPerTransaction: null,
  pinThreshold: null,
};

/** Data objects and the response data of 9000 answers. */
export const responseVectors: readonly CommandVector[] = [
  profile.good("two limits published, PIN set", TWO_LIMITS, twoLimits),
  profile.good("everything published", ALL, { ...twoLimits, available: "50000000" }),
  profile.good("blank", BLANK, blank),
  profile.good("blocked", TWO_LIMITS.replace("01000f", "01008f"), { ...twoLimits, lifecycle: "8f" }),
  profile.good("no such limits", `01000f0c00000000${"00".repeat(8)}${"ff".repeat(16)}`, {
    ...twoLimits,
    pinSet: false,
    maxPerTransaction: NO,
    pinThreshold: NO,
  }),
  profile.read(
    "nothing published, though values stand there: not to be used",
    `01000f00${"00".repeat(4)}${"11".repeat(24)}`,
    {
      ...blank,
      lifecycle: "0f",
    },
  ),
  profile.read(
    "a newer minor version, unknown capabilities and reserved bytes",
    `01070ffd01020304${TWO_LIMITS.slice(16)}`,
    {
      ...twoLimits,
      minor: 7,
    },
  ),
  profile.good("available alone", `01000f0200000000${"00".repeat(7)}01${"00".repeat(16)}`, {
    ...blank,
    lifecycle: "0f",
    available: "1",
  }),
  profile.good("PIN threshold alone", `01000f0800000000${"00".repeat(16)}${"00".repeat(7)}01`, {
    ...blank,
    lifecycle: "0f",
    pinThreshold: "1",
  }),
  profile.bad("31 bytes", TWO_LIMITS.slice(2), "length"),
  profile.bad("33 bytes", `${TWO_LIMITS}00`, "length"),
  profile.bad("major version 2", `02${TWO_LIMITS.slice(2)}`, "major"),
  profile.bad("major version 0", `00${TWO_LIMITS.slice(2)}`, "major"),
  profile.bad("lifecycle 07", TWO_LIMITS.replace("01000f", "010007"), "lifecycle"),
  profile.bad("major version 2 with a lifecycle byte of its own", `020007${TWO_LIMITS.slice(6)}`, "major"),
  profile.bad("lifecycle 00", TWO_LIMITS.replace("01000f", "010000"), "lifecycle"),

  fci.good("personalized", `6f81848408${AID}a578c120${TWO_LIMITS}5f5053${URI}`, {
    aid: AID,
    profile: twoLimits,
    nodeUri: NODE_URI,
  }),
  fci.good("blank", `6f2e8408${AID}a522c120${BLANK}`, { aid: AID, profile: blank, nodeUri: null }),
  fci.good("node URI of 200 bytes", `6f81fb8408${AID}a581eec120${TWO_LIMITS}5f5081c8${"78".repeat(200)}`, {
    aid: AID,
    profile: twoLimits,
    nodeUri: "x".repeat(200),
  }),
  fci.read("an unknown object in A5", `6f358408${AID}a529c120${TWO_LIMITS}c205ababababab`, {
    aid: AID,
    profile: twoLimits,
    nodeUri: null,
  }),
  fci.read("an unknown object in 6F", `6f318408${AID}a522c120${TWO_LIMITS}9f6500`, {
    aid: AID,
    profile: twoLimits,
    nodeUri: null,
  }),
  fci.read("objects in another order", `6f2ea522c120${BLANK}8408${AID}`, {
    aid: AID,
    profile: blank,
    nodeUri: null,
  }),
  fci.read("node URI before the profile", `6f328408${AID}a5265f500178c120${TWO_LIMITS}`, {
    aid: AID,
    profile: twoLimits,
    nodeUri: "x",
  }),
  fci.good("node URI of the first and the last character", `6f338408${AID}a527c120${TWO_LIMITS}5f5002217e`, {
    aid: AID,
    profile: twoLimits,
    nodeUri: "!~",
  }),
  fci.bad("another AID", `6f2e8408f043484551554502a522c120${BLANK}`, "84"),
  fci.bad("the package AID", `6f2d8407${AID.slice(0, 14)}a522c120${BLANK}`, "84"),
  fci.bad("length in three bytes", `6f82002e8408${AID}a522c120${BLANK}`, "6F"),
  fci.bad("inner length in three bytes", `6f308408${AID}a5820022c120${BLANK}`, "A5"),
  fci.bad("inner length not in its shortest form", `6f2f8408${AID}a523c18120${BLANK}`, "C1"),
  fci.bad("a second object behind the template", `6f2e8408${AID}a522c120${BLANK}9f6500`, "6F"),
  fci.bad("the template twice", `6f2e8408${AID}a522c120${BLANK}6f2e8408${AID}a522c120${BLANK}`, "6F"),
  fci.bad("A5 twice", `6f528408${AID}a522c120${BLANK}a522c120${BLANK}`, "A5"),
  fci.bad("profile beyond the end of A5", `6f2e8408${AID}a522c121${BLANK}`, "C1"),
  fci.bad("a tag without a length", `6f2f8408${AID}a522c120${BLANK}c2`, "C2"),
  fci.bad("tag 00", `6f308408${AID}a522c120${BLANK}0000`, "6F"),
  fci.bad("a tag of two bytes that one could hold", `6f318408${AID}a522c120${BLANK}9f1e00`, "6F"),
  fci.bad("tag 00 in A5", `6f308408${AID}a524c120${BLANK}0000`, "A5"),
  fci.read("a tag of two bytes, the first of them", `6f318408${AID}a522c120${BLANK}9f1f00`, {
    aid: AID,
    profile: blank,
    nodeUri: null,
  }),
  fci.read("a tag of two bytes, the last of them", `6f318408${AID}a522c120${BLANK}9f7f00`, {
    aid: AID,
    profile: blank,
    nodeUri: null,
  }),
  fci.bad("a tag of three bytes", `6f328408${AID}a522c120${BLANK}9f810100`, "6F"),
  fci.bad("profile of 33 bytes", `6f2f8408${AID}a523c121${BLANK}00`, "C1"),
  fci.bad("nothing", "", "6F"),
  fci.bad("another template", `6a2e8408${AID}a522c120${BLANK}`, "6F"),
  fci.bad("bytes after the template", `6f2e8408${AID}a522c120${BLANK}00`, "6F"),
  fci.bad("cut", `6f2e8408${AID}a522c120${BLANK.slice(2)}`, "6F"),
  fci.bad("length not in its shortest form", `6f812e8408${AID}a522c120${BLANK}`, "6F"),
  fci.bad("indefinite length", `6f808408${AID}a522c120${BLANK}0000`, "6F"),
  fci.bad("inner length beyond the template", `6f2e8408${AID}a523c120${BLANK}`, "A5"),
  fci.bad("no AID", `6f24a522c120${BLANK}`, "84"),
  fci.bad("AID twice", `6f388408${AID}8408${AID}a522c120${BLANK}`, "84"),
  fci.bad("no A5", `6f0a8408${AID}`, "A5"),
  fci.bad("no profile", `6f128408${AID}a5065f5003414243`, "C1"),
  fci.bad("profile twice", `6f508408${AID}a544c120${BLANK}c120${BLANK}`, "C1"),
  fci.bad("profile of 31 bytes", `6f2d8408${AID}a521c11f${BLANK.slice(2)}`, "C1"),
  fci.bad("node URI twice", `6f368408${AID}a52ac120${BLANK}5f5001785f500178`, "5F50"),
  fci.bad("empty node URI", `6f318408${AID}a525c120${TWO_LIMITS}5f5000`, "5F50"),
  fci.bad(
    "node URI of 201 bytes",
    `6f81fc8408${AID}a581efc120${TWO_LIMITS}5f5081c9${"78".repeat(201)}`,
    "5F50",
  ),
  fci.bad("node URI with a space", `6f328408${AID}a526c120${TWO_LIMITS}5f500120`, "5F50"),
  fci.bad("node URI with DEL", `6f328408${AID}a526c120${TWO_LIMITS}5f50017f`, "5F50"),
  fci.bad("node URI with a line feed", `6f328408${AID}a526c120${TWO_LIMITS}5f50010a`, "5F50"),
  fci.bad("node URI that is not ASCII", `6f328408${AID}a526c120${TWO_LIMITS}5f5001e9`, "5F50"),

  getProfile.good("whole object", `c120${TWO_LIMITS}`, twoLimits),
  getProfile.bad("31 bytes", `c11f${TWO_LIMITS.slice(2)}`, "C1"),
  getProfile.bad("cut", `c120${TWO_LIMITS.slice(2)}`, "C1"),
  getProfile.bad("the value alone", TWO_LIMITS, "C1"),
  getProfile.bad("two objects", `c120${TWO_LIMITS}c120${TWO_LIMITS}`, "C1"),
  getProfile.bad("nothing", "", "C1"),
  getNodeUri.good("whole object", `5f5053${URI}`, { nodeUri: NODE_URI }),
  getNodeUri.good("200 bytes: length in two bytes", `5f5081c8${"78".repeat(200)}`, {
    nodeUri: "x".repeat(200),
  }),
  getNodeUri.good("127 bytes: length in one byte", `5f507f${"78".repeat(127)}`, { nodeUri: "x".repeat(127) }),
  getNodeUri.good("128 bytes: length in two bytes", `5f508180${"78".repeat(128)}`, {
    nodeUri: "x".repeat(128),
  }),
  getNodeUri.bad("127 bytes, length in two bytes", `5f50817f${"78".repeat(127)}`, "5F50"),
  getNodeUri.bad("another object", `5f5153${URI}`, "5F50"),
  getNodeUri.bad("empty", "5f5000", "5F50"),
  getNodeUri.bad("a space", "5f500120", "5F50"),
  getNodeUri.bad("two objects", "5f5001785f500178", "5F50"),
  getNodeUri.bad("cut", `5f5053${URI.slice(2)}`, "5F50"),
  getCertificate.good("whole object", `c28195${SEALED}`, { certificate: SEALED }),
  getCertificate.bad("148 bytes", `c28194${SEALED.slice(2)}`, "C2"),
  getCertificate.bad("a byte more within", `c28196${SEALED}00`, "C2"),
  getCertificate.bad("a byte more behind", `c28195${SEALED}00`, "C2"),
  getCertificate.bad("an update in its place", `c2819503${SEALED.slice(2)}`, "C2"),
  getCertificate.bad("another object", `c18195${SEALED}`, "C2"),
  getCertificate.bad("cut", `c28195${SEALED.slice(2)}`, "C2"),
  getCertificate.bad("nothing", "", "C2"),

  pinBlock.good("4 digits", "241234ffffffffff", { pin: "1234" }),
  pinBlock.good("5 digits", "2512345fffffffff", { pin: "12345" }),
  pinBlock.good("11 digits", "2b12345678901fff", { pin: "12345678901" }),
  pinBlock.good("12 digits", "2c123456789012ff", { pin: "123456789012" }),
  pinBlock.good("zeros", "240000ffffffffff", { pin: "0000" }),
  pinBlock.bad("first digit A", "24a234ffffffffff", "digit"),
  pinBlock.bad("first filler 0", "2412340fffffffff", "filler"),
  pinBlock.bad("length 14", "2e12345678901234", "length"),
  pinBlock.bad("length F", "2f12345678901234", "length"),
  pinBlock.bad("last digit A", "2c12345678901aff", "digit"),
  pinBlock.bad("format 0", "041234ffffffffff", "control"),
  pinBlock.bad("format 3", "341234ffffffffff", "control"),
  pinBlock.bad("3 digits", "23123fffffffffff", "length"),
  pinBlock.bad("13 digits", "2d1234567890123f", "length"),
  pinBlock.bad("length 0", "20ffffffffffffff", "length"),
  pinBlock.bad("digit A", "24123affffffffff", "digit"),
  pinBlock.bad("a digit too few", "251234ffffffffff", "digit"),
  pinBlock.bad("a digit too many", "2412345fffffffff", "filler"),
  pinBlock.bad("filler 0", "2412340000000000", "filler"),
  pinBlock.bad("last nibble not F", "241234fffffffff0", "filler"),
  pinBlock.bad("7 bytes", "241234ffffffff", "size"),
  pinBlock.bad("9 bytes", "241234ffffffffffff", "size"),
  pinBlock.bad("nothing", "", "size"),

  generateKeyPair.good(
    "point and signature",
    `7f49438641${CARD.point.toString("hex")}9e40${named("key proof").toString("hex").repeat(2)}`,
    { point: CARD.point.toString("hex"), signature: named("key proof").toString("hex").repeat(2) },
  ),
  generateKeyPair.bad(
    "a point that is not on the curve",
    `7f4943864104${"07".repeat(64)}9e40${"11".repeat(64)}`,
    "86",
  ),
  generateKeyPair.bad(
    "a point with the prefix of a hybrid form",
    `7f494386410${6 + ((CARD.point[64] ?? 0) & 1)}${CARD.point.toString("hex").slice(2)}9e40${"11".repeat(64)}`,
    "86",
  ),
  generateKeyPair.bad(
    "a compressed point",
    `7f49238621${(2 + ((CARD.point[64] ?? 0) & 1)).toString().padStart(2, "0")}${CARD.point.toString("hex").slice(2, 66)}9e40${"11".repeat(64)}`,
    "86",
  ),
  generateKeyPair.bad("no point", `7f49009e40${"11".repeat(64)}`, "86"),
  generateKeyPair.bad("no template", `9e40${"11".repeat(64)}`, "7F49"),
  generateKeyPair.bad(
    "signature of 65 bytes",
    `7f49438641${CARD.point.toString("hex")}9e41${"11".repeat(65)}`,
    "9E",
  ),
  generateKeyPair.bad("point of 33 bytes", `7f49238621${"02".repeat(33)}9e40${"11".repeat(64)}`, "86"),
  generateKeyPair.bad(
    "signature of 63 bytes",
    `7f49438641${CARD.point.toString("hex")}9e3f${"11".repeat(63)}`,
    "9E",
  ),
  generateKeyPair.bad("no signature", `7f49438641${CARD.point.toString("hex")}`, "9E"),
];
