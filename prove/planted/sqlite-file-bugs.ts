import { bugsOf, type PlantedBug } from "./bug.js";

const FILE = "common/sqlite-file.ts";
const tests = "test/common/sqlite-file.test.ts";

/** The SQLite files of sales, offline sales, the embedded node and its chain. */
export const SQLITE_FILE_BUGS: readonly PlantedBug[] = bugsOf("sqlite files", [
  {
    name: "another program's database is taken over",
    edits: { [FILE]: [['if (!isUnmarked) return ["foreign", ""];', "if (isUnmarked) return undefined;"]] },
    caughtBy: [
      { tests, named: "that is another program's is refused" },
      { tests: "test/lightning/nodes-ldk.test.ts", named: "on the file of another kind" },
      { tests: "test/lightning/dpp-files.test.ts", named: "that is the recipient's is refused" },
    ],
  },
  {
    name: "a failed migration is kept in part",
    edits: {
      [FILE]: [
        ["for (const migration of migrations.slice(version)) db.exec(migration);", 'db.exec("COMMIT");'],
        [
          '  db.exec("COMMIT");\n  db.pragma("journal_mode',
          '  for (const migration of migrations.slice(version)) db.exec(migration);\n  db.pragma("journal_mode',
        ],
      ],
    },
    caughtBy: [{ tests, named: "that fails leaves the file as it was" }],
  },
  {
    name: "a damaged file is written to",
    edits: { [FILE]: [['{ simple: true }) !== "ok")', '{ simple: true }) === "")']] },
    caughtBy: [
      { tests, named: "that is damaged inside is refused" },
      { tests: "test/terminal/sale-store.test.ts", named: "that is damaged inside is refused" },
    ],
  },
  {
    name: "a transaction without room is kept in part",
    edits: {
      [FILE]: [
        ['this.run("BEGIN IMMEDIATE");\n', ""],
        ['      this.run("COMMIT");\n', ""],
      ],
    },
    caughtBy: [
      { tests, named: "is done whole or not at all" },
      { tests, named: "that the disk has no room for" },
    ],
  },
]);
