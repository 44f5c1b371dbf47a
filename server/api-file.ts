import { join } from "node:path";
import { CodedError, type Failure } from "../common/errors.js";
import { SqliteFile, type SqliteForm } from "../common/sqlite-file.js";

type ApiFileErrorCode = "locked" | "newer-version" | "damaged" | "io";

/** The file of keys, requests and webhooks cannot be used; nothing was changed. */
class ApiFileError extends CodedError<ApiFileErrorCode> {
  override get failure(): Failure {
    return "service";
  }
}

const SCHEMA = `
create table key (
  id text primary key,
  name text not null,
  role text not null check (role in ('read', 'till', 'shift-lead', 'desk')),
  hash blob not null check (length(hash) = 32),
  created_at integer not null,
  revoked_at integer
) strict;
create table pairing (
  hash blob primary key check (length(hash) = 32),
  role text not null check (role in ('read', 'till', 'shift-lead', 'desk')),
  expires_at integer not null
) strict;
create table request (
  key text primary key,
  digest blob not null check (length(digest) = 32),
  begun_at integer not null,
  status integer,
  answer text
) strict;
create index request_begun_at on request (begun_at);
create table hook (
  id integer primary key autoincrement,
  url text not null,
  secret text not null,
  events text not null,
  created_at integer not null,
  removed_at integer
) strict;
create table event (
  id integer primary key autoincrement,
  subject text not null,
  kind text not null,
  at integer not null,
  body text not null,
  unique (subject, kind)
) strict;
create table delivery (
  hook integer not null references hook (id),
  event integer not null references event (id),
  tries integer not null default 0,
  next_at integer not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'given-up')),
  problem text,
  primary key (hook, event)
) strict, without rowid;
create index delivery_waiting on delivery (next_at) where state = 'waiting';
create table mark (name text primary key, value integer not null) strict;
`;

const FORM: SqliteForm = {
  name: "a file of API keys",
  applicationId: 0x63687161, // "chqa"
  migrations: [SCHEMA],
  // The commands that make and revoke keys write beside the server.
  shared: true,
  waitMs: 5000,
  hints: {
    damaged:
      "Restore it from a copy, or delete it and make new keys: what it remembers of requests is lost then.",
    foreign: "Move that file away; the API keeps its keys under this name.",
    "newer-version": "Use the newer version of this software that wrote it.",
  },
  error(problem, message, options) {
    if (problem === "locked" || problem === "damaged" || problem === "newer-version")
      return new ApiFileError(problem, message, options);
    return new ApiFileError(problem === "foreign" ? "damaged" : "io", message, options);
  },
};

/** Opens the file in which a folder keeps API keys, requests that were answered, and webhooks. @throws ApiFileError */
export const openApiFile = (folder: string): SqliteFile => new SqliteFile(join(folder, "api.db"), FORM);
