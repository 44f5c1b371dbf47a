import { closeSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { KeyError, readPassphrase } from "../../keys/index.js";
import { newFolder } from "../../testing/hooks.js";

const folder = newFolder();

function fromFile(content: string): string {
  const path = join(folder, "passphrase");
  writeFileSync(path, content);
  const fd = openSync(path, "r");
  try {
    return Buffer.from(readPassphrase({ kind: "fd", fd })).toString();
  } finally {
    closeSync(fd);
  }
}

describe("passphrase", () => {
  it("is the first line of a file descriptor", () => {
    expect(fromFile("one\ntwo\n")).toBe("one");
    expect(fromFile("windows\r\n")).toBe("windows");
    expect(fromFile("no end")).toBe("no end");
    expect(fromFile("x".repeat(1024))).toHaveLength(1024);
    for (const bad of ["", "\n", "x".repeat(1025), "x".repeat(9000)])
      expect(() => fromFile(bad)).toThrow(KeyError);
    expect(() => readPassphrase({ kind: "fd", fd: 9999 })).toThrow(KeyError);
  });

  it("is taken out of the environment", () => {
    const environment = { CARD_KEYS: "from there" };
    const source = { kind: "environment", name: "CARD_KEYS" } as const;
    const read = () => readPassphrase(source, environment);
    expect(Buffer.from(read()).toString()).toBe("from there");
    expect(environment).toEqual({});
    expect(read).toThrow(KeyError);
  });
});
