import { bug, bugsOf, type PlantedBug } from "./bug.js";

const FILE = "common/sqlite-file.ts";
const tests = "test/common/sqlite-file.test.ts";

/** The SQLite files of sales, offline sales, the embedded node and its chain. */
export const SQLITE_FILE_BUGS: readonly PlantedBug[] = bugsOf("sqlite files", [
  bug(
    "another program's database is taken over",
    [
      { tests, named: "that is another program's is refused" },
      { tests: "test/lightning/nodes-ldk.test.ts", named: "on the file of another kind" },
      { tests: "test/lightning/dpp-files.test.ts", named: "that is the recipient's is refused" },
    ],
    [FILE, 'if (!isUnmarked) return ["foreign", ""];', "if (isUnmarked) return undefined;"],
  ),
  bug(
    "a failed migration is kept in part",
    [{ tests, named: "that fails leaves the file as it was" }],
    [FILE, "for (const migration of migrations.slice(version)) db.exec(migration);", 'db.exec("COMMIT");'],
    [
      FILE,
      '  db.exec("COMMIT");\n  db.pragma("journal_mode',
      '  for (const migration of migrations.slice(version)) db.exec(migration);\n  db.pragma("journal_mode',
    ],
  ),
  bug(
    "a damaged file is written to",
    [
      { tests, named: "that is damaged inside is refused" },
      { tests: "test/terminal/sale-store.test.ts", named: "that is damaged inside is refused" },
    ],
    [FILE, '{ simple: true }) !== "ok")', '{ simple: true }) === "")'],
  ),
  bug(
    "a transaction without room is kept in part",
    [
      { tests, named: "is done whole or not at all" },
      { tests, named: "that the disk has no room for" },
    ],
    [FILE, 'this.run("BEGIN IMMEDIATE");\n', ""],
    [FILE, '      this.run("COMMIT");\n', ""],
  ),
]);
