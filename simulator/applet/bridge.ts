import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ChequecardError, concatBytes, u32 } from "../../common/index.js";

/** The applet cannot be run here, or its process is gone. */
export class AppletError extends ChequecardError {
  override readonly code = "applet";
}

/** Operations of the bridge (applet/harness, Bridge.java). */
export const OPERATION = {
  NEW_CARD: 1,
  FORGET: 2,
  POWER_ON: 3,
  POWER_OFF: 4,
  EXCHANGE: 5,
  SAVE: 6,
  LOAD: 7,
  FORGET_TRANSACTIONS: 8,
  COUNTS: 9,
  FORGET_SET_UP: 10,
  INSTALL_BOLT_CARD: 11,
} as const;
const STATUS = { DONE: 0, TORN: 1 } as const;
const HEAD_LENGTH = 4;

/** What came of a request. */
export interface BridgeAnswer {
  /** Power was cut: there is no data. */
  readonly torn: boolean;
  /** Steps of persistent memory. */
  readonly writes: number;
  /** Steps that had happened at each use of the random number generator. */
  readonly draws: readonly number[];
  readonly data: Uint8Array;
}

/** The folder of the applet, in the clone of the repository that this file is a part of; undefined in a package. */
export function appletFolder(): string | undefined {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== dirname(at); at = dirname(at))
    if (existsSync(join(at, "applet", "pom.xml"))) return join(at, "applet");
  return undefined;
}

/**
 * The Java process in which cards with the applet run. It is talked to through named pipes that block, so a card in it is
 * as synchronous as one in this process. It ends with this process.
 */
export class AppletBridge {
  readonly #process: ChildProcess;
  readonly #toJava: number;
  readonly #fromJava: number;
  #cards = 0;

  /**
   * @param options `counts`: each byte code is counted, which takes several times as long; `card`: class files of another
   *   applet, in place of those that Maven built
   * @throws AppletError where there is no clone, or the applet was not built
   */
  constructor({ counts = false, card }: { counts?: boolean; card?: string } = {}) {
    const folder = appletFolder();
    if (folder === undefined)
      throw new AppletError("the applet is not a part of the npm package", {
        hint: "Run this in a clone of the repository.",
      });
    const classes = (name: string) => join(folder, name, "target", "classes");
    const parts = [card ?? classes("card"), classes("globalplatform"), classes("harness")];
    if (!parts.every((part) => existsSync(part)))
      throw new AppletError("the applet is not built", {
        hint: "It needs Java 17 and Maven: run `npm test -- --part applet` once.",
      });
    const classPath = [...parts, join(folder, "harness", "target", "lib", "*")].join(":");
    const pipes = mkdtempSync(join(tmpdir(), "chequecard-applet-"));
    try {
      const [down, up] = [join(pipes, "down"), join(pipes, "up")];
      execFileSync("mkfifo", ["-m", "600", down, up]);
      // Opened for both ways first, so that no end waits for the other. Java gets one way of each: a pipe that its reader
      // can write to never ends, and Java would outlive this process.
      const both = [down, up].map((pipe) => openSync(pipe, constants.O_RDWR));
      const theirs = [openSync(down, constants.O_RDONLY), openSync(up, constants.O_WRONLY)] as const;
      const flags = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto"];
      if (counts) flags.push("-Dchequecard.counts=true");
      this.#process = spawn("java", [...flags, "-cp", classPath, "chequecard.harness.Bridge"], {
        stdio: [theirs[0], theirs[1], "inherit"],
        // Ctrl-C is for this process, which still has the card to put away.
        detached: true,
      });
      this.#process.on("error", () => {});
      this.#toJava = openSync(down, constants.O_WRONLY);
      this.#fromJava = openSync(up, constants.O_RDONLY);
      for (const end of [...both, ...theirs]) closeSync(end);
      this.#process.unref();
    } finally {
      rmSync(pipes, { recursive: true, force: true });
    }
  }

  /** A number for another card. */
  nextCard(): number {
    this.#cards += 1;
    return this.#cards;
  }

  /** @throws AppletError when the process is gone, or the applet did what the platform does not promise */
  request(operation: number, card: number, data: Uint8Array = new Uint8Array(0)): BridgeAnswer {
    this.#write(concatBytes(Uint8Array.of(operation), u32(card), u32(data.length), data));
    const head = this.#read(HEAD_LENGTH);
    const draws = Array.from({ length: head[3] ?? 0 }, () => this.#u16());
    const answer = this.#read(this.#u16());
    const [status] = head;
    if (status !== STATUS.DONE && status !== STATUS.TORN)
      throw new AppletError(`the applet: ${new TextDecoder().decode(answer)}`);
    const writes = ((head[1] ?? 0) << 8) | (head[2] ?? 0);
    return { torn: status === STATUS.TORN, writes, draws, data: answer };
  }

  /** Nobody holds a card any more; nothing where the process is gone already. */
  forget(card: number): void {
    try {
      this.request(OPERATION.FORGET, card);
    } catch {
      // Its cards went with it.
    }
  }

  /** Ends the process. */
  close(): void {
    closeSync(this.#toJava);
    closeSync(this.#fromJava);
    this.#process.kill();
  }

  #write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.#toJava, bytes, at);
    } catch (cause) {
      throw new AppletError("the applet's process is gone", { cause });
    }
  }

  #u16(): number {
    const [high = 0, low = 0] = this.#read(2);
    return (high << 8) | low;
  }

  #read(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const got = readSync(this.#fromJava, bytes, at, length - at, null);
      if (got === 0)
        throw new AppletError("the applet's process is gone", {
          hint: "Is Java 17 installed? Its last words are above.",
        });
      at += got;
    }
    return bytes;
  }
}

let shared: AppletBridge | undefined;
/** One process for all cards of this one, started when it is first needed. @throws AppletError */
export function sharedBridge(): AppletBridge {
  shared ??= new AppletBridge();
  return shared;
}
