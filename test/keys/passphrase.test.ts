import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import type { ReadStream } from "node:tty";
import { afterAll, describe, expect, it } from "vitest";
import { KeyError, readPassphrase } from "../../keys/index.js";

const folder = mkdtempSync(join(tmpdir(), "chequecard-passphrase-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function fromFile(content: string): Promise<string> {
  const path = join(folder, "passphrase");
  writeFileSync(path, content);
  const fd = openSync(path, "r");
  try {
    return Buffer.from(await readPassphrase({ kind: "fd", fd })).toString();
  } finally {
    closeSync(fd);
  }
}

/** A terminal as far as the prompt needs one: it records the raw mode and what was shown. */
function terminal(isTTY = true) {
  const input = Object.assign(new PassThrough(), {
    isTTY,
    isRaw: false,
    setRawMode(raw: boolean) {
      this.isRaw = raw;
      return this;
    },
  });
  const output = new PassThrough();
  return { input, output, streams: { input: input as unknown as ReadStream, output } };
}

async function typed(...chunks: string[]): Promise<string> {
  const { input, output, streams } = terminal();
  const asked = readPassphrase({ kind: "prompt", question: "Passphrase: " }, streams);
  expect(input.isRaw).toBe(true);
  for (const chunk of chunks) input.write(chunk);
  try {
    return Buffer.from(await asked).toString();
  } finally {
    expect(input.isRaw).toBe(false);
    expect(String(output.read())).toBe("Passphrase: \n");
  }
}

describe("passphrase", () => {
  it("is the first line of a file descriptor", async () => {
    expect(await fromFile("one\ntwo\n")).toBe("one");
    expect(await fromFile("windows\r\n")).toBe("windows");
    expect(await fromFile("no end")).toBe("no end");
    expect(await fromFile("x".repeat(1024))).toHaveLength(1024);
    for (const bad of ["", "\n", "x".repeat(1025), "x".repeat(9000)])
      await expect(fromFile(bad)).rejects.toMatchObject({ code: "no-passphrase" });
    await expect(readPassphrase({ kind: "fd", fd: 9999 })).rejects.toThrow(KeyError);
  });

  it("is taken out of the environment", async () => {
    const environment = { CARD_KEYS: "from there" };
    const source = { kind: "environment", name: "CARD_KEYS" } as const;
    const read = () => readPassphrase(source, undefined, environment);
    expect(Buffer.from(await read()).toString()).toBe("from there");
    expect(environment).toEqual({});
    await expect(read()).rejects.toMatchObject({ code: "no-passphrase" });
  });

  it("is asked without echo, with the keys of a line", async () => {
    expect(await typed("secret\r")).toBe("secret");
    expect(await typed("se", "cr", "et\n")).toBe("secret");
    expect(await typed("abc\x7f\x7fx\r")).toBe("ax");
    expect(await typed("aü\x7fb\r")).toBe("ab");
    expect(await typed("\x7fa\r")).toBe("a");
    expect(await typed("wrong\x15right\r")).toBe("right");
    for (const bad of ["abc\x03", "\x04", "\r", "x".repeat(1100)])
      await expect(typed(bad)).rejects.toMatchObject({ code: "no-passphrase" });
  });

  it("is refused without a terminal, with what to do instead", async () => {
    const { streams } = terminal(false);
    await expect(readPassphrase({ kind: "prompt", question: "?" }, streams)).rejects.toMatchObject({
      code: "no-passphrase",
      hint: expect.stringContaining("environment variable"),
    });
  });
});
