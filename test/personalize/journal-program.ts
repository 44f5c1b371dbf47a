import { JournalError } from "../../personalize/index.js";
import { JournalFile } from "../../personalize/journal-file.js";

/** Adds a line to the journal of its last argument, and says what became of it. */
try {
  const { journal } = JournalFile.open(process.argv.at(-1) ?? "");
  journal.append("by another");
  journal.close();
  console.log("written");
} catch (error) {
  if (!(error instanceof JournalError)) throw error;
  console.log(error.code);
}
