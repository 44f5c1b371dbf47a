import { describe, expect, it } from "vitest";
import { postgresBinaries } from "../../testing/postgres/server.js";
import { isCommand } from "../../testing/statement-faults/gate.js";
import { MessageReader, sqlState } from "../../testing/statement-faults/wire.js";
import { runStatementFaults } from "../statement-faults/campaign.js";

/** One run for each so many statements: the full campaign fails every one. */
const RUNS = 8;

describe.runIf(postgresBinaries())("statements that the server fails", () => {
  it("leave every book right and every connection usable", async () => {
    const budget = { seconds: Number.POSITIVE_INFINITY, units: RUNS };
    const { failures, units, counts } = await runStatementFaults({ seed: 4, budget });
    expect(failures).toEqual([]);
    expect(units).toBe(RUNS);
    expect(counts.transactions).toBeGreaterThan(60);
    expect(counts.statements).toBeGreaterThan(300);
    expect(counts["statements failed"]).toBeGreaterThan(RUNS / 2);
  });
});

describe("the wire to the server", () => {
  const message = (type: string, body: Buffer) => {
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length + 4);
    return Buffer.concat([Buffer.from(type), head, body]);
  };

  it("is cut into messages, wherever the stream is cut", () => {
    const start = message("", Buffer.from("start"));
    const query = message("Q", Buffer.from("commit\0"));
    const stream = Buffer.concat([start, query, query]);
    for (let size = 1; size <= stream.length; size++) {
      const reader = new MessageReader(true);
      const types: string[] = [];
      for (let at = 0; at < stream.length; at += size)
        types.push(...reader.read(stream.subarray(at, at + size)).map(({ type }) => type));
      expect(types).toEqual(["", "Q", "Q"]);
    }
  });

  it("names the state of an error, and none where there is none", () => {
    expect(sqlState(Buffer.from("SERROR\0C57014\0Mcanceled\0\0"))).toBe("57014");
    expect(sqlState(Buffer.from("SERROR\0\0"))).toBe("");
  });

  it("tells commands from statements that read or write", () => {
    expect(["begin", "rollback", "select 1\nstart transaction"].map(isCommand)).toEqual([true, true, true]);
    expect(["commit", "begin\nselect 1"].map(isCommand)).toEqual([false, false]);
  });
});
