// Opens a shared file, which it may have to make, and writes to it beside others.
import { SqliteFile } from "../../common/sqlite-file.js";

const file = new SqliteFile(process.argv[2], {
  name: "a file of notes",
  applicationId: 0x6e6f7465,
  migrations: [
    "create table note (number integer primary key, text text not null check (length(text) < 100)) strict;",
  ],
  shared: true,
  waitMs: 60_000,
  error: (problem, message, options) => new Error(`${problem}: ${message}`, options),
});
for (let i = 0; i < 50; i++) file.transaction(() => file.run("insert into note (text) values ('x')"));
file.close();
