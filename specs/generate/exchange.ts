/**
 * The exchange application of a phone (specs/06 §5): its commands and answers, and conversations with a wallet. The
 * bytes are put together here by hand, without the codecs that they test.
 */
export const file = "exchange.json";

const AID = "f043484551554502";
const hexByte = (value: number): string => value.toString(16).padStart(2, "0");
const ascii = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const repeat = (text: string, length: number): string =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);

const PREIMAGE = Array.from({ length: 32 }, (_, i) => hexByte(i)).join("");
const SHORT = "lnbcrt25u1short";
const LONG = `lnbcrt25u1${repeat("qpzry9x8gf2tvdw0s3jn54khce6mua7l", 600)}`;

/** PRESENT as a chain of APDUs of at most `chunk` bytes of data. */
function present(invoice: string, chunk = 255): string[] {
  const parts: string[] = [];
  for (let at = 0; at < invoice.length; at += chunk) {
    const data = invoice.slice(at, at + chunk);
    const cla = at + chunk < invoice.length ? "90" : "80";
    parts.push(`${cla}400000${hexByte(data.length)}${ascii(data)}`);
  }
  return parts;
}
const collect = (offset: number): string => `8042${offset.toString(16).padStart(4, "0")}00`;
const SELECT = `00a4040008${AID}00`;
const fci = (profile: string): string => {
  const inner = `c1${hexByte(profile.length / 2)}${profile}`;
  const body = `8408${AID}a5${hexByte(inner.length / 2)}${inner}`;
  return `6f${hexByte(body.length / 2)}${body}`;
};

const good = (
  command: string,
  direction: "request" | "response",
  comment: string,
  hex: string | string[],
  fields: object,
) => ({
  command,
  direction,
  comment,
  valid: true,
  hex: [hex].flat(),
  fields,
});
const bad = (
  command: string,
  direction: "request" | "response",
  comment: string,
  hex: string,
  error: string,
) => ({
  command,
  direction,
  comment,
  valid: false,
  hex: [hex],
  error,
});

const vectors = [
  good("SELECT", "request", "the whole AID", SELECT, {}),
  bad("SELECT", "request", "the card's AID", "00a4040008f04348455155450100", "SELECT/aid"),
  good("SELECT", "response", "a wallet that pays", fci("01000100"), { major: 1, minor: 0, capabilities: 1 }),
  good("SELECT", "response", "a wallet that pays and authorizes", fci("01000300"), {
    major: 1,
    minor: 0,
    capabilities: 3,
  }),
  good("SELECT", "response", "a later minor version", fci("01090100"), {
    major: 1,
    minor: 9,
    capabilities: 1,
  }),
  bad("SELECT", "request", "P2 0C", `00a4040c08${AID}`, "SELECT/p2"),
  bad("SELECT", "request", "P1 00", `00a4000008${AID}00`, "SELECT/p1"),
  bad("SELECT", "request", "class 80", `80a4040008${AID}00`, "SELECT/cla"),
  bad("SELECT", "request", "another instruction", `00a5040008${AID}00`, "SELECT/ins"),
  bad("SELECT", "request", "a prefix of the AID", `00a4040007${AID.slice(0, 14)}00`, "SELECT/aid"),
  bad("SELECT", "response", "major version 0", fci("00000100"), "SELECT response/6F/A5/C1/major"),
  bad("SELECT", "response", "profile of 3 bytes", fci("010001"), "SELECT response/6F/A5/C1"),
  bad("SELECT", "response", "profile of 5 bytes", fci("0100010000"), "SELECT response/6F/A5/C1"),
  bad("SELECT", "response", "no profile", `6f0c8408${AID}a500`, "SELECT response/6F/A5/C1"),
  bad("SELECT", "response", "tag 00 in A5", `6f148408${AID}a508c104010001000000`, "SELECT response/6F/A5"),
  bad("SELECT", "response", "tag 00 in 6F", `6f148408${AID}a506c104010001000000`, "SELECT response/6F"),
  bad("SELECT", "response", "no A5", `6f0a8408${AID}`, "SELECT response/6F/A5"),
  bad("SELECT", "response", "no AID", "6f08a506c10401000100", "SELECT response/6F/84"),
  bad("SELECT", "response", "AID twice", `6f1c8408${AID}8408${AID}a506c10401000100`, "SELECT response/6F/84"),
  bad("SELECT", "response", "bytes behind the template", `${fci("01000100")}00`, "SELECT response"),
  bad("SELECT", "response", "an object behind the template", `${fci("01000100")}c000`, "SELECT response"),
  bad(
    "SELECT",
    "response",
    "a tag of more than 2 bytes",
    `6f118408${AID}a5055f80010100`,
    "SELECT response/6F/A5",
  ),
  bad(
    "SELECT",
    "response",
    "a tag of more than 2 bytes that its first two would fill",
    `6f108408${AID}a5045f800100`,
    "SELECT response/6F/A5",
  ),
  bad("SELECT", "response", "another major version", fci("02000100"), "SELECT response/6F/A5/C1/major"),
  bad("SELECT", "response", "a card's profile", fci("01".padEnd(64, "0")), "SELECT response/6F/A5/C1"),
  bad(
    "SELECT",
    "response",
    "another AID",
    fci("01000100").replace(AID, "f043484551554501"),
    "SELECT response/6F/84",
  ),
  bad("SELECT", "response", "empty", "", "SELECT response"),

  good("PRESENT", "request", "one APDU", present(SHORT), { invoice: SHORT }),
  good("PRESENT", "request", "a chain", present(LONG), { invoice: LONG }),
  good("PRESENT", "request", "longest: 17 APDUs", present(repeat("ln", 4096)), {
    invoice: repeat("ln", 4096),
  }),
  bad("PRESENT", "request", "upper case", `804000000b${ascii("LNBCRT25U1S")}`, "PRESENT/invoice"),
  bad("PRESENT", "request", "a space", `8040000003${ascii("l n")}`, "PRESENT/invoice"),
  bad("PRESENT", "request", "no data", "80400000", "PRESENT/invoice"),
  bad("PRESENT", "request", "P1 not zero", `8040010003${ascii("lnb")}`, "PRESENT/p1"),
  bad("PRESENT", "request", "another instruction", `8041000003${ascii("lnb")}`, "PRESENT/ins"),
  bad("PRESENT", "request", "a link without the last one", `9040000003${ascii("lnb")}`, "PRESENT/cla"),
  bad("PRESENT", "request", "DEL", `8040000003${ascii("ln")}7f`, "PRESENT/invoice"),
  bad("PRESENT", "request", "a byte above ASCII", `8040000003${ascii("ln")}e9`, "PRESENT/invoice"),
  good("PRESENT", "request", "one character", present("l"), { invoice: "l" }),
  good("PRESENT", "request", "255 characters: one APDU", present(repeat("ln", 255)), {
    invoice: repeat("ln", 255),
  }),
  good("PRESENT", "request", "256 characters: two", present(repeat("ln", 256)), {
    invoice: repeat("ln", 256),
  }),
  good("PRESENT", "request", "the first and last characters there are", present("!@[`~"), {
    invoice: "!@[`~",
  }),
  bad("PRESENT", "request", "P2 not zero", `8040000103${ascii("lnb")}`, "PRESENT/p2"),
  good("PRESENT", "response", "taken", "", {}),
  bad("PRESENT", "response", "data where none may be", "00", "PRESENT response"),

  good("COLLECT", "request", "from the start", collect(0), { offset: 0 }),
  good("COLLECT", "request", "from byte 254", collect(254), { offset: 254 }),
  good("COLLECT", "request", "greatest offset", collect(2047), { offset: 2047 }),
  bad("COLLECT", "request", "class 00", "0042000000", "COLLECT/cla"),
  bad("COLLECT", "request", "another instruction", "8043000000", "COLLECT/ins"),
  bad("COLLECT", "request", "offset 2048", collect(2048), "COLLECT/offset"),
  bad("COLLECT", "request", "with data", "804200000100", "COLLECT"),
  good("COLLECT", "response", "a preimage message", `00220000${PREIMAGE}`, {
    total: 34,
    part: `0000${PREIMAGE}`,
  }),
  good("COLLECT", "response", "first part of the longest message", `0800${"ab".repeat(254)}`, {
    total: 2048,
    part: "ab".repeat(254),
  }),
  good("COLLECT", "response", "one byte", "0001ff", { total: 1, part: "ff" }),
  bad("COLLECT", "response", "empty", "", "COLLECT response"),
  bad("COLLECT", "response", "half a length", "00", "COLLECT response"),
  good("COLLECT", "response", "the end of a message", "080000", { total: 2048, part: "00" }),
  good("COLLECT", "response", "a whole message of 254 bytes", `00fe${"ab".repeat(254)}`, {
    total: 254,
    part: "ab".repeat(254),
  }),
  bad("COLLECT", "response", "no part", "0022", "COLLECT response"),
  bad("COLLECT", "response", "total 0", "0000ff", "COLLECT response"),
  bad("COLLECT", "response", "total 2049", "0801ff", "COLLECT response"),
  bad("COLLECT", "response", "part longer than the message", "0001ffff", "COLLECT response"),
  bad("COLLECT", "response", "part of 255 bytes", `0800${"ab".repeat(255)}`, "COLLECT response"),
];

/**
 * Conversations with a wallet whose payments yield the preimage 00 01 .. 1f. `wallet` is an event on the phone: the
 * payment settles, or fails. A command expects the status word and the response data.
 */
const step = (command: string, sw: string, data = "") => ({ command, sw, data });
const chain = (parts: string[], last = "9000") =>
  parts.map((command, i) => step(command, i === parts.length - 1 ? last : "9000"));
const SELECTED = step(SELECT, "9000", fci("01000100"));
const event = (wallet: "settles" | "fails") => ({ wallet });
const MESSAGE = `00220000${PREIMAGE}`;
const [link = "", lastLink = ""] = present(LONG);

const sessions = [
  {
    comment: "the message comes when the payment settles, and again as often as it is asked for",
    steps: [
      SELECTED,
      ...chain(present(LONG)),
      step(collect(0), "9c10"),
      event("settles"),
      step(collect(0), "9000", MESSAGE),
      step(collect(0), "9000", MESSAGE),
      step(collect(32), "9000", `0022${PREIMAGE.slice(-4)}`),
      step(collect(34), "6a86"),
    ],
  },
  {
    comment: "laid down again: COLLECT needs the invoice, and presenting it again pays nothing more",
    steps: [
      SELECTED,
      ...chain(present(SHORT)),
      event("settles"),
      SELECTED,
      step(collect(0), "6985"),
      ...chain(present(SHORT)),
      step(collect(0), "9000", MESSAGE),
    ],
  },
  {
    comment: "chunks of any size make the same invoice",
    steps: [
      SELECTED,
      ...chain(present(SHORT)),
      event("settles"),
      ...chain(present(SHORT, 1)),
      step(collect(0), "9000", MESSAGE),
    ],
  },
  {
    comment: "the payment failed for certain",
    steps: [
      SELECTED,
      ...chain(present(SHORT)),
      event("fails"),
      step(collect(0), "9c11"),
      step(collect(0), "9c11"),
    ],
  },
  { comment: "nothing presented", steps: [SELECTED, step(collect(0), "6985")] },
  {
    comment: "a chain that another command breaks off is forgotten",
    steps: [SELECTED, step(link, "9000"), step(collect(0), "6883"), step(collect(0), "6985")],
  },
  {
    comment: "a chain that a selection breaks off is forgotten: its last link alone is no invoice of ours",
    steps: [SELECTED, step(link, "9000"), SELECTED, step(collect(0), "6985")],
  },
  {
    comment: "more than 4096 bytes",
    steps: [SELECTED, ...chain(present(repeat("ln", 4097)), "6700"), step(collect(0), "6985")],
  },
  {
    comment: "wrong class, instruction, parameters, lengths, characters",
    steps: [
      SELECTED,
      step("81400000026c6e", "6e00"),
      step("8044000000", "6d00"),
      step("0042000000", "6d00"),
      step("80400001026c6e", "6a86"),
      step("80400000", "6700"),
      step("804000000b4c4e42435254323555315300", "6a80"),
      step("80400000024c4e", "6a80"),
      step("804200000100", "6700"),
      step("9042000000", "6e00"),
      step("8040000002", "6700"),
      step(lastLink.slice(0, 6), "6700"),
    ],
  },
  {
    comment: "another invoice is another payment; a failed one stays failed",
    steps: [
      SELECTED,
      ...chain(present(SHORT)),
      event("fails"),
      ...chain(present(LONG)),
      step(collect(0), "9c10"),
      event("settles"),
      step(collect(0), "9000", MESSAGE),
      ...chain(present(SHORT)),
      step(collect(0), "9c11"),
    ],
  },
  {
    comment: "an invoice that is refused takes the place of the one before it",
    steps: [
      SELECTED,
      ...chain(present(SHORT)),
      event("settles"),
      step("80400000024c4e", "6a80"),
      step(collect(0), "6985"),
    ],
  },
  {
    comment: "a link with no data, a wrong P2 or a wrong class ends a chain",
    steps: [
      SELECTED,
      step(link, "9000"),
      step("90400000", "6700"),
      ...chain(present(SHORT)),
      step(link, "9000"),
      step("90400001026c6e", "6a86"),
      step(collect(0), "9c10"),
      step(link, "9000"),
      step("a040000000", "6e00"),
      step(collect(0), "9c10"),
      step(link, "9000"),
      step("8044000000", "6d00"),
      step(collect(0), "9c10"),
    ],
  },
  {
    comment:
      "a chain that is broken off leaves the invoice before it presented; bytes that are no APDU leave the chain",
    steps: [
      SELECTED,
      ...chain(present(SHORT)),
      step(link, "9000"),
      step("9042000000", "6883"),
      step(collect(0), "9c10"),
      step(link, "9000"),
      step("904000", "6700"),
      step(collect(0), "6883"),
      event("settles"),
      step(collect(0), "9000", MESSAGE),
    ],
  },
  {
    comment: "an offset is looked at last",
    steps: [
      SELECTED,
      step(collect(2047), "6985"),
      ...chain(present(SHORT)),
      step(collect(2047), "9c10"),
      event("fails"),
      step(collect(2047), "9c11"),
    ],
  },
  {
    comment: "4096 bytes in links, and one more",
    steps: [
      SELECTED,
      ...chain(present(repeat("ln", 4096))),
      step(collect(0), "9c10"),
      ...chain(present(repeat("ln", 4097), 241), "6700"),
      step(collect(0), "9c10"),
    ],
  },
  {
    comment: "SELECT of another application's AID",
    steps: [
      SELECTED,
      ...chain(present(SHORT)),
      step("00a4040008f04348455155450100", "6a82"),
      step(collect(0), "9c10"),
    ],
  },
];

/** The whole file. */
export function generate(): unknown {
  return {
    title: "Exchange application of a phone",
    spec: "specs/06 §5",
    preimage: PREIMAGE,
    vectors,
    sessions,
  };
}
