import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newFolder } from "../../testing/hooks.js";
import { type Block, blocksOf, commandsOf } from "./blocks.js";
import { form } from "./form.js";
import { Session, type Shown, type Typing } from "./session.js";

/** What a command must show, and how it must end. */
interface Expected {
  /** A part of its output. */
  readonly shows: RegExp;
  readonly exit?: number;
  /** Answers to its questions, in their order. */
  readonly typed?: Typing;
}

/** How a document is followed. */
interface Following {
  readonly readers: "ACR1252" | "virtual";
  /** Its commands run in a copy of the sources instead of an empty folder. */
  readonly clone?: boolean;
  /** Commands that its text names before its first block, as something that is there already. */
  readonly prepare?: readonly string[];
  /** Of every command, as it stands in the document without its comment. */
  readonly expected: Readonly<Record<string, Expected | RegExp>>;
  /** What a person puts in place of a word of the document: the last that any window has shown. */
  readonly given?: Readonly<Record<string, RegExp>>;
}

const PASSPHRASE = "correct horse battery\r";
/** Characters of the windows that are printed when a block cannot be followed. */
const SHOWN = 4000;
/** Questions that are answered the same whenever they are asked. */
const ALWAYS: Typing = [
  [/[Pp]assphrase[^\n]*: /, PASSPHRASE],
  [/\[y\/N\] /, "y\r"],
];
/** Follows a document from its first block to its last, as a person who pastes each command and reads what it says. */
export function follow(
  document: string,
  { readers, clone = false, prepare = [], expected, given = {} }: Following,
): void {
  describe(document, () => {
    let session: Session;
    let last: Shown | undefined;
    let failed: string | undefined;
    const running = new Set<string>();
    const seen = new Set<string>();
    beforeAll(async () => {
      session = await Session.open(newFolder(), readers, clone);
      for (const command of prepare)
        expect(await session.window("first").run(command)).toMatchObject({ exitCode: 0 });
    });
    afterAll(async () => {
      if (failed !== undefined) console.log(`${document}, ${failed}:\n${session.screens().slice(-SHOWN)}`);
      await session.close();
    });

    function filledIn(command: string): string {
      let text = command;
      for (const [word, pattern] of Object.entries(given)) {
        if (!text.includes(word)) continue;
        const found = [...session.screens().matchAll(new RegExp(pattern, "g"))].at(-1)?.[1];
        if (found === undefined) throw new Error(`nothing was shown that can stand for ${word}`);
        text = text.replaceAll(word, found);
      }
      return text;
    }

    function expectedOf(command: string): Expected {
      const entry = expected[command];
      if (entry === undefined) throw new Error(`no line of output is listed for: ${command}`);
      seen.add(command);
      return entry instanceof RegExp ? { shows: entry } : entry;
    }

    async function run(command: string, window: string | undefined): Promise<void> {
      const { shows, exit = 0, typed = [] } = expectedOf(command);
      if (window !== undefined) running.add(window);
      const takeCard = () => session.takeAway();
      const until = window === undefined ? {} : { until: shows };
      const shell = session.window(window ?? "first");
      last = await shell.run(filledIn(command), { typed, always: ALWAYS, takeCard, ...until });
      expect(last).toEqual({ exitCode: exit, output: expect.stringMatching(shows) });
    }

    async function stop(window: string): Promise<void> {
      running.delete(window);
      expect([window, await session.interrupt(window)]).toEqual([window, expect.toBeOneOf([0, 130])]);
    }

    async function runCommands(block: Block): Promise<void> {
      const { marks } = block;
      const [window, card, stops] = ["window", "card", "stops"].map((name) => marks.get(name));
      if (stops !== undefined) await stop(stops);
      if (card !== undefined) await session.layDown(card);
      const commands = commandsOf(block);
      for (const command of commands) await run(command, command === commands.at(-1) ? window : undefined);
      if (card !== undefined) await session.takeAway();
    }

    function readOutput({ lines }: Block): void {
      const shown = form(last?.output ?? "");
      for (const line of lines.filter((each) => each.trim() !== "")) expect(shown).toContain(form(line));
    }

    async function paste({ lines }: Block, window: string): Promise<void> {
      for (const line of lines) await session.window(window).paste(filledIn(line), expectedOf(line).shows);
    }

    async function doBlock(block: Block): Promise<void> {
      const { language, marks, lines } = block;
      const file = marks.get("append") ?? marks.get("write");
      const window = marks.get("paste");
      if (window !== undefined) await paste(block, window);
      else if (language === "sh") await runCommands(block);
      else if (file !== undefined) appendFileSync(join(session.work, file), `${lines.join("\n")}\n`);
      else if (marks.has("output")) readOutput(block);
    }

    const isFollowed = ({ language, marks }: Block) =>
      (language === "sh" && !marks.has("no-run")) ||
      ["append", "write", "output", "paste"].some((mark) => marks.has(mark));
    for (const block of blocksOf(document).filter(isFollowed)) {
      const title = `line ${block.line} can be followed: ${block.lines.find((line) => line !== "") ?? ""}`;
      it(title, async () => {
        if (failed !== undefined) throw new Error(`${failed} could not be followed`);
        failed = `line ${block.line}`;
        await doBlock(block);
        failed = undefined;
      });
    }
    it("stops what runs when Ctrl-C is pressed, and lists no output of commands that it does not have", async () => {
      for (const window of running) await stop(window);
      expect([...seen].sort()).toEqual(Object.keys(expected).sort());
    });
  });
}
