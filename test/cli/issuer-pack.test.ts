import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { bytesToHex, secp256k1 } from "../../common/index.js";
import { readQrPng } from "../../lightning/odt/index.js";
import { CodesReader } from "../../offline/codes.js";
import { fingerprint } from "../../offline/fingerprint.js";
import { checkPack, openPackFile } from "../../offline/pack-file.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { easeKeyFile } from "../../testing/easy-keys.js";
import { TERMINAL_KEY } from "../../testing/offline/pack.js";

const terminal = secp256k1.publicKey(TERMINAL_KEY);
const payee = bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(7)));
const NODE = `${payee}@pay.example.com:9735`;
const OFFLINE = "offline: { guarantee: { perCard: 20000sat, total: 1000000sat } }\n";

it(
  "packs are made, listed, shown and revoked from the command line, and their terminal opens them",
  () =>
    inFolder(async (path) => {
      const folder = path("issuer");
      const env = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
      const run = (...args: string[]) => chequecard(["--json", "issuer", ...args], { env });
      const said = ({ out, err }: { readonly out: string; readonly err: string }) => out + err;
      await run("init", folder, "--factory-keys", "test", "--chain", path("chain.db"));
      await easeKeyFile(`${folder}/issuer.keys`, env.CHEQUECARD_PASSPHRASE);
      const config = `${folder}/issuer.yaml`;
      const plain = readFileSync(config, "utf8");
      const configure = (more: string) => writeFileSync(config, plain + more);
      const out = path("bar.cqpack");
      const make = (...more: string[]) =>
        run(
          ...["pack", "make", "--issuer", folder, "--for", bytesToHex(terminal), "--payee", payee],
          ...["--label", "Bar 1", "--name", "Harbour festival", "--node", NODE, "--out", out, ...more],
        );
      const pack = (...args: string[]) => run("pack", ...args, "--issuer", folder);

      const without = await make();
      expect(said(without)).toContain("offline: need this section in issuer.yaml before packs are given out");
      configure(OFFLINE);
      const short = await make();
      expect(said(short)).toContain("authorizer/presentationAgeMs: need more than 259200000");
      expect(said(await run("check", folder))).toContain("authorizer/presentationAgeMs: need more than");
      expect([without.exitCode, short.exitCode]).not.toContain(EXIT.OK);
      configure(`${OFFLINE}authorizer: { presentationAgeMs: 604800000 }\n`);
      expect(said(await make("--key-set", "none"))).toContain(
        "--key-set: need the id or label of one key set",
      );
      expect(said(await make("--for", "02"))).toContain("--for: need a node id of 66 hex digits");

      const made = await make();
      expect(made.exitCode).toBe(EXIT.OK);
      const told = JSON.parse(made.out);
      expect(statSync(out).mode & 0o777).toBe(0o600);
      const opened = openPackFile(out, TERMINAL_KEY);
      expect(opened).toMatchObject({ name: "Harbour festival", label: "Bar 1", network: "bcrt" });
      expect(opened.guarantee).toEqual({
        perCard: 20_000_000n,
        total: 1_000_000_000n,
        contradictions: false,
      });
      expect(told).toMatchObject({
        file: out,
        bytes: readFileSync(out).length,
        sequence: `${opened.sequence}`,
        issuerFingerprint: fingerprint(opened.issuer),
        state: "in use",
        denied: "0",
      });
      const now = Math.floor(Date.now() / 1000);
      expect(() => checkPack(opened, { issuer: opened.issuer, network: "bcrt", now })).not.toThrow();
      for (const { sealKey } of opened.keySets) expect(said(made)).not.toContain(bytesToHex(sealKey));

      // A folder that is there is refused before a pack counts as given out.
      expect(said(await make("--qr", folder))).toContain("is there already; nothing was written");
      const second = JSON.parse((await make("--qr", path("codes"))).out);
      const pictures = readdirSync(path("codes"));
      expect(second.codes).toEqual({ folder: path("codes"), count: pictures.length });
      const codes = new CodesReader("pack");
      for (const picture of pictures) codes.take(readQrPng(readFileSync(path(`codes/${picture}`))));
      expect(bytesToHex(codes.whole())).toBe(readFileSync(out).toString("hex"));
      expect(BigInt(second.sequence)).toBeGreaterThan(opened.sequence);
      const listed = JSON.parse((await pack("list")).out).packs;
      expect(listed.map(({ sequence }: { sequence: string }) => sequence)).toEqual([
        second.sequence,
        told.sequence,
      ]);
      for (const name of [second.sequence, "Bar 1", fingerprint(terminal), bytesToHex(terminal)])
        expect(JSON.parse((await pack("show", name)).out).label).toBe("Bar 1");
      expect(said(await pack("show", "Bar 2"))).toContain("pack: need a pack's number");

      // Packs in use rest on the configuration.
      configure("authorizer: { presentationAgeMs: 604800000 }\n");
      expect(said(await run("serve", folder))).toContain(
        "offline: need this section, since 2 packs are in use by terminals",
      );
      configure("offline: {}\nauthorizer: { presentationAgeMs: 604800000 }\n");
      expect(said(await run("serve", folder))).toContain(
        "offline/guarantee/perCard: need at least 20,000 sat, which a pack in use promises, have 0 sat",
      );
      configure(
        `${OFFLINE.replace("{ guarantee", "{ forwardingWindowSeconds: 3600, guarantee")}authorizer: { presentationAgeMs: 7200000 }\n`,
      );
      expect(said(await run("serve", folder))).toContain("presentationAgeMs: need more than 259200000");
      configure(`${OFFLINE}authorizer: { presentationAgeMs: 604800000 }\n`);

      const other = bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(8)));
      expect((await make("--for", other, "--label", "Bar 2")).exitCode).toBe(EXIT.OK);
      const revoked = await pack("revoke", "Bar 1", "--yes");
      expect(JSON.parse(revoked.out)).toMatchObject({
        revoked: [told.sequence, second.sequence],
        payeeInUseBy: ["Bar 2"],
      });
      expect(JSON.parse((await pack("revoke", other, "--yes")).out).payeeInUseBy).toEqual([]);
      expect(JSON.parse((await pack("revoke", "Bar 1", "--yes")).out).revoked).toEqual([]);
      expect(said(await make())).toContain(
        "the packs of this terminal's key were revoked, so it gets no more",
      );
      const report = JSON.parse((await chequecard(["--json", "report", "--issuer", folder], { env })).out);
      expect(report.packs).toMatchObject([{ state: "revoked" }, { state: "revoked" }, { state: "revoked" }]);
      expect(report.debts).toEqual([]);
      const { lines } = JSON.parse((await run("audit", "--issuer", folder)).out);
      const done = lines.filter(({ outcome }: { outcome: string }) => outcome === "done").reverse();
      const bar1 = { terminal: bytesToHex(terminal), label: "Bar 1" };
      expect(done).toMatchObject([
        { action: "pack make", asked: { ...bar1, payee }, told: { pack: told.sequence, denied: "0" } },
        { action: "pack make", asked: bar1, told: { pack: second.sequence } },
        { action: "pack make", asked: { terminal: other, label: "Bar 2" } },
        { action: "pack revoke", asked: bar1, told: { packs: [told.sequence, second.sequence] } },
        { action: "pack revoke", asked: { terminal: other } },
        { action: "pack revoke", asked: bar1, told: { packs: [] } },
      ]);
      for (const { sealKey } of opened.keySets)
        expect(JSON.stringify(lines)).not.toContain(bytesToHex(sealKey));
    }),
  120_000,
);
