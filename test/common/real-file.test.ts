import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import {
  decodeUtf8,
  FileError,
  isHeld,
  lockFile,
  ParseError,
  readBoundedFile,
  readTextFile,
  realFile,
  removeTemporaries,
  writeDurableFile,
} from "../../common/index.js";
import { newFolder } from "../../testing/hooks.js";

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = newFolder();
});

const problemOf = (run: () => unknown): string => {
  try {
    run();
    return "none";
  } catch (error) {
    if (error instanceof FileError) return error.problem;
    throw error;
  }
};

/** What is no file, by its kind. */
function odd(kind: string): string {
  if (kind === "a folder") mkdirSync(at("odd"));
  else if (kind === "a pipe") execFileSync("mkfifo", [at("odd")]);
  else symlinkSync("/dev/zero", at("odd"));
  return at("odd");
}
const KINDS = ["a folder", "a pipe", "a device"];

describe("a file that is read", () => {
  it.each(KINDS)("is refused at once when it is %s", (kind) => {
    expect(problemOf(() => readBoundedFile(odd(kind), 100))).toBe(`need a file, this is ${kind}`);
  });

  it("is read up to its bound, also where the system does not know its length", () => {
    writeFileSync(at("a"), "x".repeat(100));
    expect(readBoundedFile(at("a"), 100)).toHaveLength(100);
    expect(problemOf(() => readBoundedFile(at("a"), 99))).toBe("need at most 99 bytes, have 100");
    truncateSync(at("a"), 0);
    expect(readBoundedFile(at("a"), 0)).toHaveLength(0);
    expect(readBoundedFile("/proc/self/status", 1 << 20).toString()).toContain("Pid:");
    expect(problemOf(() => readBoundedFile("/proc/self/status", 10))).toMatch(/^need at most 10 bytes/);
    expect(problemOf(() => readBoundedFile(at("none"), 10))).toBe(
      "cannot be read (no such file or folder, ENOENT)",
    );
  });

  it("is UTF-8, or refused with its line", () => {
    writeFileSync(at("a"), "\ufeffname: M\u00fcller\n");
    expect(readTextFile(at("a"), 100)).toBe("name: M\u00fcller\n");
    const refused = (bytes: Uint8Array): ParseError => {
      try {
        decodeUtf8(bytes, "p.yaml");
      } catch (error) {
        if (error instanceof ParseError) return error;
      }
      throw new Error("not refused");
    };
    expect(refused(Buffer.from("a: 1\nb: M\u00fcller\n", "latin1")).message).toMatch(
      /^p\.yaml: line 2: need UTF-8, this is another encoding, such as Windows-1252/,
    );
    expect(refused(Buffer.from("\ufeffa: 1\n", "utf16le")).message).toMatch(
      /^p\.yaml: line 1: need UTF-8.*UTF-16/,
    );
    expect(refused(Buffer.from("a: 1\nb\0", "utf8")).message).toMatch(/^p\.yaml: line 2: need UTF-8/);
    expect(refused(Buffer.from("\u00fc", "latin1")).hint).toMatch(/save it as UTF-8/);
  });
});

describe("a file that is replaced", () => {
  it.each(KINDS)("is refused when it is %s, and what it is stays", (kind) => {
    expect(problemOf(() => writeDurableFile(odd(kind), "x"))).toBe(`need a file, this is ${kind}`);
    expect(readdirSync(folder)).toEqual(["odd"]);
  });

  it("is the real one where a symbolic link names it", () => {
    mkdirSync(at("disk"));
    writeFileSync(at("disk/real"), "old", { mode: 0o666 });
    symlinkSync("disk/real", at("first"));
    symlinkSync(at("first"), at("second"));
    writeDurableFile(at("second"), "new");
    expect(readFileSync(at("disk/real"), "utf8")).toBe("new");
    expect(statSync(at("disk/real")).mode & 0o777).toBe(0o600);
    expect(lstatSync(at("first")).isSymbolicLink() && lstatSync(at("second")).isSymbolicLink()).toBe(true);
    writeFileSync(at("disk/.real.0123456789ab.tmp"), "");
    removeTemporaries(at("second"));
    expect(readdirSync(at("disk"))).toEqual(["real"]);
  });

  it("is made where a symbolic link leads that has no file yet", () => {
    mkdirSync(at("disk"));
    symlinkSync("disk/new", at("link"));
    writeDurableFile(at("link"), "x");
    expect(readFileSync(at("disk/new"), "utf8")).toBe("x");
  });

  it("is refused when it has several names, and none of them changes", () => {
    writeFileSync(at("a"), "old");
    linkSync(at("a"), at("b"));
    expect(problemOf(() => writeDurableFile(at("b"), "new"))).toMatch(
      /^this file has 2 names \(hard links\)/,
    );
    expect(readFileSync(at("a"), "utf8") + readFileSync(at("b"), "utf8")).toBe("oldold");
  });

  it("is refused by a sentence when its name leaves no room for a temporary file's", () => {
    const problem = problemOf(() => writeDurableFile(at("n".repeat(250)), "new"));
    expect(problem).toBe("cannot be written (the name is too long, ENAMETOOLONG)");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("is not found through links that lead in a circle", () => {
    symlinkSync(at("a"), at("b"));
    symlinkSync(at("b"), at("a"));
    expect(problemOf(() => realFile(at("a")))).toMatch(/more than 40 symbolic links/);
    expect(problemOf(() => writeDurableFile(at("a"), "x"))).toMatch(/ELOOP|more than 40/);
  });

  it.runIf(process.getuid?.() === 0)(
    "is not reached through another user's link in a folder for everybody",
    () => {
      mkdirSync(at("shared"));
      chmodSync(at("shared"), 0o1777);
      writeFileSync(at("precious"), "mine");
      symlinkSync(at("precious"), at("shared/journal"));
      lchownSync(at("shared/journal"), 12345, 12345);
      for (const reach of [
        () => realFile(at("shared/journal")),
        () => writeDurableFile(at("shared/journal"), "x"),
      ])
        expect(problemOf(reach)).toMatch(/symbolic link that another user made/);
      expect(readFileSync(at("precious"), "utf8")).toBe("mine");
      chmodSync(at("shared"), 0o755);
      expect(realFile(at("shared/journal"))).toBe(at("precious"));
    },
  );
});

describe("a lock of a file", () => {
  it("is one, whichever symbolic link names the file", () => {
    mkdirSync(at("disk"));
    writeFileSync(at("disk/real"), "");
    symlinkSync("disk/real", at("link"));
    const lock = lockFile(at("link"));
    if (isHeld(lock)) throw new Error("held");
    expect(lock.path).toBe(at("disk/real"));
    expect(isHeld(lockFile(at("disk/real")))).toBe(true);
    lock.release();
    expect(readdirSync(at("disk"))).toEqual(["real"]);
  });

  it("is refused for a file with several names", () => {
    writeFileSync(at("a"), "");
    linkSync(at("a"), at("b"));
    expect(problemOf(() => lockFile(at("a")))).toMatch(/2 names/);
    expect(existsSync(at("a.lock"))).toBe(false);
  });

  it.runIf(process.getuid?.() === 0 && process.platform === "linux")(
    "leaves nothing behind when the disk is full",
    () => {
      const disk = at("full");
      mkdirSync(disk);
      // A disk of one page, in a mount namespace of its own; the process in it fills the disk and takes the lock.
      const program = `
        const fs = require("node:fs");
        try { fs.writeFileSync("${disk}/filler", Buffer.alloc(1 << 20)); } catch {}
        import("vite").then(({ runnerImport }) => runnerImport(${JSON.stringify(join(import.meta.dirname, "full-disk-program.ts"))}));`;
      const ran = spawnSync(
        "unshare",
        [
          "-m",
          "sh",
          "-c",
          `mount -t tmpfs -o size=16k none ${disk} && exec "$0" -e "$1" -- ${disk}`,
          process.execPath,
          program,
        ],
        { encoding: "utf8" },
      );
      expect(JSON.parse(ran.stdout)).toEqual({ problem: "ENOSPC", left: ["filler"] });
    },
  );
});
