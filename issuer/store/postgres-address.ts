import { ValueError } from "../../common/index.js";

/** What an address may say beside host and database. */
const PARAMETERS = new Set([
  "host",
  "port",
  "user",
  "password",
  "application_name",
  "options",
  "target_session_attrs",
  "ssl",
  "sslmode",
  "sslcert",
  "sslkey",
  "sslrootcert",
  "sslnegotiation",
  "uselibpqcompat",
]);
/** The store leads to the primary alone, whatever is asked for. */
const PRIMARY = new Set(["primary", "read-write"]);

/** An address of a PostgreSQL database, read. */
export interface PostgresAddress {
  /** For the driver, without what is passed on by its own means. */
  readonly url: string;
  /** Start-up options that the address asks for, such as `-c search_path=issuer`. */
  readonly options: string;
}

/**
 * Reads `postgresql://user@host:port/database?...`, or one with a socket directory as `?host=`. Refuses what the driver
 * would take for something else, or ignore.
 * @throws ValueError that quotes nothing of the address: it may hold a password
 */
export function readPostgresAddress(text: string): PostgresAddress {
  const refuse = (problem: string) => new ValueError("postgres", problem);
  const found = /^postgres(?:ql)?:\/\/([^?#]*)(?:\?([^#]*))?$/.exec(text);
  if (!found) throw refuse("need an address such as postgresql://user@host/database");
  const [, before = "", query = ""] = found;
  const slash = before.indexOf("/");
  const authority = slash < 0 ? before : before.slice(0, slash);
  const hosts = authority.slice(authority.lastIndexOf("@") + 1);
  const parameters = new URLSearchParams(query);
  if ([hosts, parameters.get("host") ?? "", parameters.get("port") ?? ""].some((part) => part.includes(",")))
    throw refuse(
      "need one host, have several: name the one address that leads to the primary, such as a proxy's",
    );
  if (slash >= 0 && before.slice(slash).includes("@"))
    throw refuse("write @ as %40 and / as %2F in the user's name and password");
  for (const name of parameters.keys())
    if (!PARAMETERS.has(name))
      throw refuse(`has a parameter that is not known: need one of ${[...PARAMETERS].join(", ")}`);
  const attributes = parameters.get("target_session_attrs");
  if (attributes !== null && !PRIMARY.has(attributes))
    throw refuse("target_session_attrs: need primary or read-write, the ledger is never on a standby");
  const options = parameters.get("options") ?? "";
  // The driver takes a host of its own where none is named; the URL class wants one.
  if (!URL.canParse(text.replace(/^([^?]*)@\//, "$1@localhost/")))
    throw refuse("need an address such as postgresql://user@host/database");
  parameters.delete("options");
  parameters.delete("target_session_attrs");
  const rest = parameters.toString();
  return { url: text.replace(/\?.*$/s, "") + (rest ? `?${rest}` : ""), options };
}

/** The address as it may be printed: without a password, or the tail of one that was not escaped. */
export function postgresName(text: string): string {
  const [, start = "", user = ""] = /^(postgres(?:ql)?:\/\/)([^:@/?#]*)/.exec(text) ?? [];
  const [before = "", query = ""] = text.split("?");
  try {
    readPostgresAddress(text);
  } catch {
    return `${start}${user}@***`;
  }
  if (query.includes("@")) return `${start}${user}@***`;
  const parameters = [...new URLSearchParams(query)].filter(([name]) => name !== "password");
  const list = parameters.map(
    ([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2F", "/")}`,
  );
  const shown = start + before.slice(start.length).replace(/^([^:@/]*):[^/]*@/, "$1@");
  return shown + (list.length > 0 ? `?${list.join("&")}` : "");
}
