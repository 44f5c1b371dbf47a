import { afterAll, afterEach, beforeEach } from "vitest";
import { endMarked, MARK, newMark } from "../scripts/processes.mjs";
import { removeFolders } from "../testing/hooks.js";

/**
 * For every test file: a test that runs out of time cannot be stopped, it goes on beside those that follow. So every
 * process that it started is ended at once, which makes what it waits for fail, and the tests after it in its file
 * are not run. What a file leaves running is ended with it.
 */
const file = newMark("file");
process.env[MARK] = file;
let number = 0;
let outOfTime: string | undefined;

// Registered first, so that it runs last: nothing is open any more.
afterAll(removeFolders);

beforeEach(({ signal, skip, task }) => {
  if (outOfTime !== undefined) skip(`"${outOfTime}" before it ran out of time and may still be at work`);
  const mark = `${file}/${++number}`;
  process.env[MARK] = mark;
  signal.addEventListener("abort", () => {
    outOfTime ??= task.name;
    void endMarked(mark);
  });
});

afterEach(() => {
  process.env[MARK] = file;
});

afterAll(async () => {
  await endMarked(file);
});
