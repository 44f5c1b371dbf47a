import { keyboard } from "../../cli/prompt/keyboard.js";

// Reads one line of a pipe and is done; the other end stays open.
const line = await keyboard.line("", new AbortController().signal);
process.stdout.write(`${line}\n`);
keyboard.release();
