import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { inNamespace } from "../../scripts/pcscd/namespace.mjs";
import { MARK } from "../../scripts/processes.mjs";
import { gone } from "../../testing/processes/gone.js";
import { ACR1252, readerConfig } from "../pcscd/readers-as-sold.js";
import { openTerminal, type TerminalRun } from "../pseudo-terminal.js";
import { ROOT } from "./blocks.js";

/** Wide enough that no line of an output is broken. */
const COLUMNS = 400;
/** What the shell shows when it is ready, with the exit code of what it ran. */
const READY = /\n@(\d+)@ $/;

/** Windows of what people do beside the commands. */
const HAND = "the hand with the card";
const EYE = "the eye on the reader";

/** Colours, movements of the cursor, and what is between the parts of a line's end. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals are made of them
const CONTROLS = /\x1b\[[?\d;]*[A-Za-z]|\r/g;

/** What is typed when a question is shown. */
export type Typing = readonly (readonly [question: RegExp, keys: string])[];

/** In place of keys: the card is taken off the reader. */
export const TAKE_CARD = "take the card";

/** How a command ended, and all that it showed. */
export interface Shown {
  readonly exitCode: number;
  readonly output: string;
}

/** A question that waits for its answer: what an editor sends to the terminal may follow. */
const asks = ({ source }: RegExp): RegExp => new RegExp(`${source}(?:\\x1b\\[[\\d;]*[A-Za-z])*$`);

const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** A shell in a terminal window. */
class Window {
  readonly #terminal: TerminalRun;
  readonly #ready: Promise<unknown>;

  constructor(command: readonly string[], env: Record<string, string>) {
    this.#terminal = openTerminal(command, COLUMNS, env);
    this.#ready = this.#terminal.shows(READY);
  }

  close(): void {
    this.#terminal.kill();
  }

  screen(): string {
    return this.#terminal.screen();
  }

  /**
   * Types a command, and what its questions want: each of `typed` once, in this order, and `always` as often as asked.
   * @param until resolves when this was shown, while the command goes on
   */
  async run(
    command: string,
    {
      typed = [],
      always = [],
      until,
      takeCard,
    }: {
      readonly typed?: Typing;
      readonly always?: Typing;
      readonly until?: RegExp;
      readonly takeCard?: () => Promise<void>;
    } = {},
  ): Promise<Shown> {
    await this.#ready;
    const lines = command.split("\n");
    this.#terminal.type(lines.map((line) => `${line}\r`).join(""));
    // Its echo is no output.
    for (const line of lines) await this.#terminal.shows(new RegExp(`${literal(line)}\r\n`));
    const from = this.#terminal.screen().lastIndexOf(`${lines.at(-1)}\r\n`);
    const left = [...typed];
    for (;;) {
      const [next] = left;
      const questions = [...(next ? [next] : []), ...always];
      const waited = [READY, ...(until ? [until] : []), ...questions.map(([question]) => asks(question))];
      const any = new RegExp(waited.map(({ source }) => `(?:${source})`).join("|"));
      const [found] = await this.#terminal.shows(any);
      const shown = this.#terminal.screen().slice(from).replace(CONTROLS, "");
      const output = shown.slice(shown.indexOf("\n") + 1).replace(READY, "");
      const ended = READY.exec(found);
      if (ended) return { exitCode: Number.parseInt(ended[1] ?? "", 10), output };
      if (until?.test(found)) return { exitCode: 0, output };
      const asked = questions.find(([question]) => asks(question).test(found));
      if (asked !== undefined && asked === next) left.shift();
      const keys = asked?.[1] ?? "";
      if (keys === TAKE_CARD) await takeCard?.();
      else this.#terminal.type(keys);
    }
  }

  /** Types a line into what is running. @returns what it then shows */
  async paste(line: string, until: RegExp): Promise<string> {
    this.#terminal.type(`${line}\r`);
    const [shown] = await this.#terminal.shows(until);
    return shown;
  }

  /** Ctrl-C. @returns the exit code of what was running */
  async interrupt(): Promise<number> {
    this.#terminal.type("\x03");
    const [, code = ""] = await this.#terminal.shows(READY);
    return Number.parseInt(code, 10);
  }
}

/** Not part of the sources, or made from them. */
const LEFT_OUT = ["node_modules", "dist", "coverage", "proof-report"];

function copySources(to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(ROOT))
    if (!name.startsWith(".") && !LEFT_OUT.includes(name))
      cpSync(join(ROOT, name), join(to, name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(to, "node_modules"));
}

/** A machine with a folder, a pcscd with the readers of a document, and terminal windows. */
export class Session {
  /** Where the commands run. */
  readonly work: string;
  readonly #base: string;
  readonly #namespace: ChildProcess;
  readonly #pid: number;
  readonly #windows = new Map<string, Window>();

  private constructor(base: string, namespace: ChildProcess, pid: number) {
    this.#base = base;
    this.work = join(base, "work");
    this.#namespace = namespace;
    this.#pid = pid;
  }

  /**
   * @param base an empty folder; @param readers those of an ACR1252, or the virtual reader as it is installed
   * @param clone whether commands run in a copy of the sources
   */
  static async open(base: string, readers: "ACR1252" | "virtual", clone = false): Promise<Session> {
    const at = (name: string): string => join(base, name);
    const folder = at("work");
    mkdirSync(at("home"));
    mkdirSync(at("bin"));
    if (clone) copySources(folder);
    else mkdirSync(folder);
    const program = join(ROOT, "dist/cli/chequecard.cjs");
    writeFileSync(at("bin/chequecard"), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`, {
      mode: 0o700,
    });
    const config = readers === "ACR1252" ? { CHEQUECARD_PCSCD_CONFIG: readerConfig(at, ...ACR1252) } : {};
    const [file = "", ...args] = inNamespace(["sh", "-c", "echo $$; exec sleep infinity"]);
    const namespace = spawn(file, args, {
      env: { ...process.env, ...config },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [pid] = await once(createInterface({ input: namespace.stdout }), "line");
    return new Session(base, namespace, Number.parseInt(String(pid), 10));
  }

  /** The window of a name; a new one where there is none. */
  window(name: string): Window {
    const there = this.#windows.get(name);
    if (there) return there;
    const user = process.getuid?.() === 0 ? [] : ["--user", "--preserve-credentials"];
    const enter = ["nsenter", "--target", String(this.#pid), ...user, "--net", "--mount", "--"];
    const shell = ["env", "-i", ...this.#environment(), "bash", "--noprofile", "--norc", "--noediting", "-i"];
    const made = new Window([...enter, "sh", "-c", 'cd "$0" && exec "$@"', this.work, ...shell], {});
    this.#windows.set(name, made);
    return made;
  }

  /** Ctrl-C in the window of a name, which is gone then. @returns the exit code of what was running in it */
  async interrupt(name: string): Promise<number> {
    const window = this.window(name);
    const code = await window.interrupt();
    window.close();
    this.#windows.delete(name);
    return code;
  }

  /** Lays the simulated card of a file on the first reader, until {@link takeAway}; resolves when the reader sees it. */
  async layDown(card: string): Promise<void> {
    const until = /lies on the virtual reader/;
    await this.window(HAND).run(`chequecard simulate insert ${card}`, { until });
    const seen = "until opensc-tool --list-readers | grep -q Yes; do sleep 0.1; done";
    await this.window(EYE).run(seen);
  }

  /** Takes away the card of {@link layDown}, where it still lies there. */
  async takeAway(): Promise<void> {
    if (!this.#windows.has(HAND)) return;
    await this.interrupt(HAND);
    await this.window(EYE).run("while opensc-tool --list-readers | grep -q Yes; do sleep 0.1; done");
  }

  /** All that any window has shown. */
  screens(): string {
    return [...this.#windows.values()].map((window) => window.screen()).join("\n");
  }

  #environment(): readonly string[] {
    const path = `${join(this.#base, "bin")}:${process.env.PATH}`;
    const mark = process.env[MARK];
    const names = {
      ...(mark === undefined ? {} : { [MARK]: mark }),
      PATH: path,
      HOME: join(this.#base, "home"),
      TERM: "xterm",
      LANG: "C.UTF-8",
      PS1: "\\n@$?@ ",
      PS2: "",
      npm_config_update_notifier: "false",
    };
    return Object.entries(names).map(([name, value]) => `${name}=${value}`);
  }

  async close(): Promise<void> {
    for (const window of this.#windows.values()) window.close();
    // Nothing where it has ended: its number may be another process's.
    this.#namespace.kill("SIGTERM");
    await gone(this.#namespace);
  }
}
