import { bug, bugsOf, type PlantedBug } from "./bug.js";

const pack = (named: string) => ({ tests: "test/offline/pack.test.ts", named });
const vectors = (named: string) => ({ tests: "test/offline/pack-vectors.test.ts", named });
const denied = (named: string) => ({ tests: "test/offline/deny-list.test.ts", named });
const packs = (named: string) => ({ tests: "test/issuer/packs.test.ts", named: `on sqlite .*${named}` });
const loan = (named: string) => ({ tests: "test/issuer/guarantee.test.ts", named });
const onSqlite = (named: string) => loan(`on sqlite .*${named}`);
const config = (named: string) => ({ tests: "test/issuer/service-config.test.ts", named });

const FILE = "offline/pack-file.ts";
const CONTENT = "offline/pack-content.ts";
const DECIDE = "issuer/authorizer/decide.ts";
const GUARANTEE = "issuer/authorizer/guarantee.ts";
const LEDGER = "issuer/ledger/guarantee.ts";
const PACKS = "issuer/ledger/packs.ts";

/** In the reader of acceptance packs. */
const READER = [
  bug(
    "a file longer than any pack is read",
    [pack("longer than any pack")],
    [
      FILE,
      "if (file.length > MAX_PACK_LENGTH)\n    throw new PackError(",
      "if (file.length < 0)\n    throw new PackError(",
    ],
  ),
  bug(
    "a file that is no pack is opened",
    [vectors("refused: .*another kind of file")],
    [FILE, "if (!equalBytes(file.subarray(0, MAGIC.length), MAGIC))", "if (file.length < 4)"],
  ),
  bug(
    "a pack of a later version is opened",
    [vectors("refused: .*version 2")],
    [FILE, "if (version > VERSION)", "if (version > 9)"],
  ),
  bug(
    "a pack that was cut is taken for one that was changed",
    [vectors("refused: .*cut by a byte"), vectors("refused: .*a byte after its end")],
    [FILE, "if (file.length !== said || file.length < MIN_LENGTH)", "if (file.length < MIN_LENGTH)"],
  ),
  bug(
    "a pack for another terminal is taken for one that was changed",
    [vectors("refused: .*for another terminal")],
    [
      FILE,
      "if (!equalBytes(file.subarray(TERMINAL_AT, EPHEMERAL_AT), fingerprintBytes(terminal)))",
      "if (file.length < 0)",
    ],
  ),
  bug(
    "a pack that another key signed is opened",
    [vectors("refused: .*signed by another key")],
    [
      FILE,
      "if (!secp256k1.verify(opened.subarray(0, SIGNATURE_LENGTH), packDigest(content), pack.issuer))",
      "if (opened.length < 0)",
    ],
  ),
  bug(
    "a pack may be passed on to another terminal",
    [vectors("refused: .*passed on")],
    [FILE, "if (!equalBytes(pack.terminal, terminal))", "if (file.length < 0)"],
  ),
  bug(
    "a record that must be understood is ignored",
    [vectors("refused: .*unknown record of an even type")],
    [CONTENT, 'decodeTlvStream(content, "pack", KNOWN)', 'decodeTlvStream(content, "pack")'],
  ),
  bug(
    "a pack of an issuer whom the terminal does not trust is installed",
    [vectors("installing: .*of another issuer")],
    [FILE, "if (!equalBytes(pack.issuer, issuer))", "if (now < 0)"],
  ),
  bug(
    "a pack for another network is installed",
    [vectors("installing: .*for another network")],
    [FILE, "if (pack.network !== network)", "if (now < 0)"],
  ),
  bug(
    "a pack is installed again over itself",
    [vectors("installing: .*installed already")],
    [FILE, "pack.sequence <= installed)", "pack.sequence < installed)"],
  ),
  bug(
    "an older pack replaces a newer one",
    [vectors("installing: .*older than the one installed")],
    [FILE, "if (installed !== undefined && pack.sequence <= installed)", "if (installed === pack.sequence)"],
  ),
  bug(
    "a pack from the future is used",
    [vectors("installing: .*more than 10 minutes ahead")],
    [FILE, "if (pack.madeAt > now + CLOCK_TOLERANCE)", "if (now < 0)"],
  ),
  bug(
    "a pack is used for a second after it expired",
    [vectors("installing: .*expired this second")],
    [FILE, "if (pack.validUntil <= now)", "if (pack.validUntil < now)"],
  ),
  bug(
    "the last denied card is accepted",
    [denied("has each card")],
    ["offline/deny-list.ts", "let high = this.length;", "let high = Math.max(0, this.length - 2);"],
  ),
  bug(
    "denied cards may stand in any order",
    [vectors("refused: .*denied cards out of order")],
    [
      "offline/deny-list.ts",
      "if (readU64(bytes, at) <= readU64(bytes, at - ID_LENGTH))",
      "if (readU64(bytes, at) === readU64(bytes, at - ID_LENGTH))",
    ],
  ),
];

/** In packs as the issuer makes them. */
const GIVEN = [
  bug(
    "a pack denies no card that contradicted itself",
    [packs("deny every certified card")],
    [PACKS, '.whereRef("evidence.card", "=", "cards.card")', '.where("evidence.card", "=", -1n)'],
  ),
  bug(
    "two packs are made from one state of the deny list",
    [packs("never made twice")],
    ["issuer/store/migrations/0008-offline.ts", "not null unique check (follows", "not null check (follows"],
  ),
  bug(
    "a terminal whose packs were revoked gets another",
    [packs("are revoked all together")],
    [PACKS, "    await expectNotRevoked(tx, pack.terminal);\n", ""],
  ),
  bug(
    "a ledger from a backup makes packs that terminals hold for old",
    [packs("sequence that only grows")],
    [PACKS, "sequence: newest < seconds ? seconds : newest + 1n,", "sequence: newest + 1n,"],
  ),
  bug(
    "counters are given up in the moment in which a terminal may still forward them",
    [config("presentation age is not above")],
    [
      "issuer/service/offline.ts",
      "if (presentationAgeMs > 1000 * windowSeconds)",
      "if (presentationAgeMs >= 1000 * windowSeconds)",
    ],
  ),
  bug(
    "a configuration may promise less than the packs in use",
    [packs("configuration that breaks")],
    ["issuer/service/offline.ts", ".filter(([, wanted, have]) => have < wanted)", ".filter(() => false)"],
  ),
];

/** In the guarantee. */
const LOANS = [
  bug(
    "what was refused for good is paid from the guarantee",
    [onSqlite("never pays what was refused")],
    [
      DECIDE,
      '    return words ? contradiction(words) : { kind: "known", known: facts.known };',
      '    if (words) return contradiction(words);\n    if (facts.known.state !== "void" || !facts.offline?.isGuaranteed)\n      return { kind: "known", known: facts.known };',
    ],
  ),
  bug(
    "a card may owe any sum",
    [onSqlite("ends at what one card")],
    [GUARANTEE, "account.owed + amount <= terms.perCard && ", ""],
  ),
  bug(
    "all cards may owe any sum",
    [onSqlite("ends at what one card"), onSqlite("when many are lent to at once")],
    [GUARANTEE, " && owed + amount <= terms.total", ""],
    [
      "issuer/authorizer/ledger-writer.ts",
      "maxOwed: offline?.guarantee?.total ?? 0n,",
      "maxOwed: 1n << 60n,",
    ],
  ),
  bug(
    "payments that are decided together do not count for the guarantee",
    [onSqlite("when many are lent to at once")],
    ["issuer/authorizer/load.ts", "    this.#owed += lent;\n", ""],
    [
      "issuer/authorizer/ledger-writer.ts",
      "maxOwed: offline?.guarantee?.total ?? 0n,",
      "maxOwed: 1n << 60n,",
    ],
  ),
  bug(
    "a card owes nothing for a guaranteed payment",
    [onSqlite("pays what a cashed-out card")],
    ["issuer/ledger/record.ts", "      account.owed += authorization.amount;\n", ""],
  ),
  bug(
    "a card whose clone is about is guaranteed without permission",
    [onSqlite("contradicted itself")],
    [GUARANTEE, " || (offline.hasContradicted && !offline.coversContradictions)", ""],
  ),
  bug(
    "a loan stays when its payment failed",
    [onSqlite("takes a loan back")],
    [
      "issuer/ledger/resolve.ts",
      "const settledDebt = lent < account.owed ? lent : account.owed;",
      "const settledDebt = 0n * lent;",
    ],
  ),
  bug(
    "a loan that was settled meanwhile is released again",
    [onSqlite("stuck-then-fails. is not released twice")],
    [
      "issuer/ledger/resolve.ts",
      "const settledDebt = lent < account.owed ? lent : account.owed;",
      "const settledDebt = lent;",
    ],
  ),
  bug(
    "a top-up leaves the debt",
    [onSqlite("is settled first by a top-up")],
    [LEDGER, "  if (settled <= 0n) return", "  if (settled <= 0n || paidIn(kind)) return"],
    [
      LEDGER,
      "/** What was lent for an authorization;",
      'const paidIn = (kind: BookingKind): boolean => kind === "fund";\n\n/** What was lent for an authorization;',
    ],
  ),
  bug(
    "what a card owes is paid out",
    [onSqlite("is settled before a card is paid out")],
    [
      "issuer/ledger/accounts.ts",
      "const left = account.funded - account.spent - account.held - account.owed;",
      "const left = account.funded - account.spent - account.held;",
    ],
  ),
  bug(
    "a card without a valid certificate is guaranteed",
    [onSqlite("a card without a certificate"), onSqlite("certificate had expired")],
    [
      GUARANTEE,
      "if (!isCertified || amount > offline.offlineLimit)",
      "if (amount > offline.offlineLimit && isCertified)",
    ],
  ),
  bug(
    "more than the certificate allows is guaranteed",
    [onSqlite("above the limit of the certificate")],
    [GUARANTEE, "if (!isCertified || amount > offline.offlineLimit)", "if (!isCertified)"],
  ),
  bug(
    "the payee of a revoked pack is guaranteed",
    [onSqlite("when the pack was revoked")],
    [LEDGER, "and revoked_at is null\n", "and 1 = 1\n"],
  ),
  bug(
    "a pack without a guarantee promises one",
    [onSqlite("whose pack promises none")],
    [
      GUARANTEE,
      "if (!terms || !offline?.isGuaranteed || !isPayable)",
      "if (!terms || !offline || !isPayable)",
    ],
  ),
  bug(
    "the guarantee pays what another rule refuses",
    [onSqlite("where another rule refuses")],
    [
      DECIDE,
      "return problem === undefined && !facts.paymentTaken",
      "return problem !== undefined || !facts.paymentTaken",
    ],
  ),
  bug(
    "invoices of every payee may live as long as a forwarding window",
    [loan("and no others, to live as long")],
    [
      DECIDE,
      "const window = milliseconds(offline?.windowSeconds ?? 0n);",
      "const window = milliseconds(offline?.windowSeconds ?? 259_200n);",
    ],
  ),
];

/** In the issuer's part of offline acceptance. */
export const OFFLINE_ISSUER_BUGS: readonly PlantedBug[] = bugsOf("offline-issuer", [
  ...READER,
  ...GIVEN,
  ...LOANS,
]);
