import { writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { EXIT } from "../../cli/exit-codes.js";
import { renderRecord, toJson } from "../../cli/output.js";
import { renderTable } from "../../cli/table.js";
import { openLog } from "../../issuer/service/log.js";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { NODE_URI } from "../personalize/deterministic.js";

/** Everything with which a text could command a terminal, forge a line or hide. */
const HOSTILE = "a\u001b[2J\u009b31m\r\n\tPAID\u007f\u202e\u2066\u200b\u2028\u2029\ufeffz";
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

describe("a text of others", () => {
  it("begins no line and commands nothing in a record, a table, JSON or a log", () => {
    const logged: string[] = [];
    openLog("info", { write: (line) => logged.push(line) }).info({ alias: HOSTILE }, HOSTILE);
    const shown = {
      record: renderRecord([["Alias", HOSTILE]]),
      table: renderTable(["LABEL"], [[HOSTILE]]),
      json: toJson({ label: HOSTILE }),
      log: logged.join(""),
    };
    for (const [name, text] of Object.entries(shown))
      expect([name, UNSEEN.test(text)]).toEqual([name, false]);
    expect(shown.record.split("\n")).toHaveLength(1);
    expect(shown.table.split("\n")).toHaveLength(2);
    expect(shown.log.split("\n")).toHaveLength(2);
    expect(JSON.parse(shown.json)).toEqual({ label: HOSTILE });
    expect(JSON.parse(shown.log)).toMatchObject({ alias: HOSTILE, msg: HOSTILE });
  });

  it("comes back visible from every way a command can refuse it", () =>
    inFolder(async (at) => {
      writeFileSync(at("list.csv"), `number,${HOSTILE.replaceAll(/[\r\n]/g, "")}\nA1,x\n`);
      writeFileSync(
        at("profile.yaml"),
        `name: x\nnode-uri: ${NODE_URI}\nlimits: { credit: ${JSON.stringify(HOSTILE)} }\n`,
      );
      for (const args of [
        ["invoice", "decode", HOSTILE],
        ["cards", "show", HOSTILE, "--issuer", HOSTILE],
        ["profiles", "check", at("profile.yaml")],
        ["profiles", "check", HOSTILE],
        ["terminal", "report", "--node", at("."), "--day", HOSTILE],
        [HOSTILE],
        ["invoice", `--${HOSTILE}`],
      ])
        for (const json of [[], ["--json"]]) {
          const { exitCode, out, err } = await chequecard([...json, ...args]);
          expect([args, exitCode]).toEqual([args, EXIT.INPUT]);
          expect([args, UNSEEN.test(out + err)]).toEqual([args, false]);
          expect([args, /^\s*PAID/m.test(out + err)]).toEqual([args, false]);
        }
    }));

  it("in another encoding than UTF-8 is refused with the line of the profile", () =>
    inFolder(async (at) => {
      writeFileSync(at("profile.yaml"), Buffer.from(`node-uri: ${NODE_URI}\nname: M\u00fcller\n`, "latin1"));
      const { exitCode, err } = await chequecard(["profiles", "check", at("profile.yaml")]);
      expect(exitCode).toBe(EXIT.INPUT);
      expect(err).toMatch(/line 2: need UTF-8.*\n.*save it as UTF-8/);
      writeFileSync(at("issuer.yaml"), Buffer.from("keys: issuer.keys\nnode: M\u00fcller\n", "latin1"));
      expect((await chequecard(["cards", "list", "--issuer", at(".")])).err).toMatch(/line 2: need UTF-8/);
    }));
});
