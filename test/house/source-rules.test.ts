import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const CODE =
  /^(common|keys|apdu|bolt-card|simulator|host|personalize|lightning|offline|issuer|exports|server|web|cli|bench|prove|testing|reference|scripts|specs|examples)\/.*\.(tsx?|mjs|py)$/;

const tracked = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: ROOT,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => CODE.test(file));

function offenders(pattern: RegExp, allow: (file: string, line: string) => boolean = () => false): string[] {
  return tracked.flatMap((file) =>
    readFileSync(join(ROOT, file), "utf8")
      .split("\n")
      .flatMap((line, i) =>
        pattern.test(line) && !allow(file, line) ? [`${file}:${i + 1} ${line.trim()}`] : [],
      ),
  );
}

const SECRET =
  "(?:\\w*(?:[pP]reimage|[cC]ryptogram|[pP]assphrase|[pP]assword|[sS]ecretKey|[sS]ealKey|[mM]asterKey|StaticKey)|pin|\\w+Pin|mac|\\w+Mac|hmac|\\w+Hmac)";
/** A secret, bare or made into text, beside an equality sign; `undefined`, `null` and lengths are no comparison of one. */
const COMPARES_SECRET = new RegExp(
  `(?<![\\w"'])(?:\\w+\\()?(?:\\w+\\??\\.)*${SECRET}\\)*\\s*[!=]==?(?!=)\\s*(?!\\s|undefined|null|")` +
    `|[!=]==?\\s*(?:\\w+\\()(?:\\w+\\??\\.)*${SECRET}\\)`,
);
/** Ways to compare bytes that stop at the first difference. */
const COMPARES_BYTES =
  /Buffer\.compare\(|\.equals\(|(?<!function )samePublicBytes\(|\.every\(\((\w+), (\w+)\) =>\s*(\1 === \w+\[\2\]|\w+\[\2\] === \1)/;
/** Lines that compare what everybody may know, by file. */
const PUBLIC_COMPARISONS: Readonly<Record<string, RegExp>> = {
  "keys/pkcs11.ts": /Buffer\.compare\(set\.id, id\)/,
  "keys/key-file.ts": /Buffer\.compare\((set|other)\.id, id\)/,
  "keys/key-source.ts": /Buffer\.compare\(set\.id, id\)/,
  // The card's own authorizations: anyone who presents one knows it.
  "issuer/ledger/evidence.ts": /statementOf\(message\)\.equals\(statement\)/,
  "issuer/authorizer/decide.ts": /known\.invoice_hash\.equals\(authorization\.invoiceHash\)/,
  // A token is no secret from the terminal that holds it, and this only words a sentence.
  "cli/demo/sales-chapter.ts": /Buffer\.compare\(token, beer\.token\)/,
  "lightning/odt/png-read.ts": /equals\(START\)/,
  "issuer/verify.ts": /samePublicBytes\((record\.keySetId, opened\.keySetId|id, invoice\.payee)\)/,
  // Key set ids stand in the clear in every sealed message.
  "offline/verify.ts": /samePublicBytes\(id, (wanted|keySet\.id)\)/,
  "lightning/bolt11/authorized.ts":
    /samePublicBytes\(authorization\.invoiceHash, canonicalHash\(invoice\.text\)\)/,
  // What a node shows as its proof is public from then on.
  "issuer/ledger/resolve.ts": /samePublicBytes\(sha256\(preimage\), paymentHash\)/,
};

/** Where the program ends and a terminal or a log begins, by file: each line passes what {@link visible} made. */
const TERMINAL_LINES: Readonly<Record<string, RegExp>> = {
  // Called by the edge alone, which makes every text visible.
  "cli/main.ts": /^ {2}(out|err): \(text\) => process\.std(out|err)\.write\(text\),$/,
  // Questions, made visible, and the echo of an editor whose input is the keyboard.
  "cli/prompt/keyboard.ts": /process\.stderr\.write\((visible\(question\)|"\\n")\)|output: process\.stderr,/,
  // Bars whose titles and texts are made visible where they are set.
  "cli/progress.ts": /stream: process\.stderr/,
  "cli/batch-view.ts": /stream: process\.stderr/,
  "issuer/service/log.ts": /return pino\(/,
  "examples/coffee-machine/main.ts": /process\.stdout\.write\(`\$\{visibleLines\(/,
  "examples/remote-node/main.ts": /process\.stdout\.write\(`\$\{visibleLines\(/,
  "examples/beer-tap/main.ts": /process\.std(out|err)\.write\(`\$\{(visibleLines\(|USAGE\})/,
};
const isProduct = (file: string): boolean =>
  /^(common|keys|apdu|bolt-card|simulator|host|personalize|lightning|offline|issuer|server|web|cli|examples)\//.test(
    file,
  );
/** What payers, payees, spreadsheets and readers name, bare in a template; tables and records make it visible. */
const FOREIGN_IN_TEMPLATE = /(?<!\[.*)\$\{\w+(\.\w+)*\.(description|alias|label|holder)\}/;

/** Campaigns compare secrets that they made up themselves, and the reference those of the vectors. */
const isProof = (file: string): boolean => /^(prove|reference)\//.test(file);

describe("rules that hold for every source file", () => {
  it("finds the sources", () => expect(tracked.length).toBeGreaterThan(40));

  it("no Math.random: money and keys need real randomness", () =>
    expect(offenders(/Math\.random/)).toEqual([]));

  it("no money through a double", () =>
    expect(
      offenders(
        /\bNumber\([^)]*([Mm]sat|[Aa]mount|[Cc]redit|[Tt]otal|[Ff]ee|[Bb]alance|[Rr]eceived|[Ff]unded|[Ll]imit|[Bb]udget|[Tt]hreshold)/,
      ),
    ).toEqual([]));

  it("nothing is skipped, focused, postponed or ignored", () =>
    expect(
      offenders(/\b(TODO|FIXME|XXX)\b|@ts-(ignore|nocheck|expect-error)|biome-ignore(?! [\w/]+: \w+)/),
    ).toEqual([]));

  it("no secret is compared with ordinary equality", () =>
    expect(offenders(COMPARES_SECRET, isProof)).toEqual([]));

  it("bytes are compared by equalBytes, except where both sides are public", () =>
    expect(
      offenders(
        COMPARES_BYTES,
        (file, line) => isProof(file) || (PUBLIC_COMPARISONS[file]?.test(line) ?? false),
      ),
    ).toEqual([]));

  it("a text goes to a terminal or a log through common/visible", () => {
    const writes =
      /(process\.(stdout|stderr)|console)\.(write|log|error|warn|info)\(|stream: process\.std|\bpino\(/;
    expect(
      offenders(writes, (file, line) => !isProduct(file) || (TERMINAL_LINES[file]?.test(line) ?? false)),
    ).toEqual([]);
    for (const [file, rule] of Object.entries(TERMINAL_LINES))
      expect([file, offenders(rule, (one) => one !== file).length]).not.toEqual([file, 0]);
  });

  it("a text of others in a sentence of a command is made visible", () =>
    expect(offenders(FOREIGN_IN_TEMPLATE, (file) => !/^(server|cli|examples)\//.test(file))).toEqual([]));

  it("finds the comparisons that it is there for", () => {
    for (const bad of [
      "if (preimage === other.preimage) return",
      "return bytesToHex(mac) === bytesToHex(expected);",
      "const same = found.secretKey !== key;",
      "if (pin == typed) open();",
      "hex(cardCryptogram) === hex(own)",
    ])
      expect([bad, COMPARES_SECRET.test(bad)]).toEqual([bad, true]);
    for (const bad of [
      "Buffer.compare(first, second) === 0",
      "known.equals(given)",
      "a.every((b, i) => b === c[i])",
    ])
      expect([bad, COMPARES_BYTES.test(bad)]).toEqual([bad, true]);
    for (const good of [
      "if (pin === undefined) throw refusal;",
      "if (preimage.length === 32) return;",
      "(preimage === null)",
      'source.kind === "pin"',
      "equalBytes(mac, expected)",
    ])
      expect([good, COMPARES_SECRET.test(good) || COMPARES_BYTES.test(good)]).toEqual([good, false]);
  });
});
