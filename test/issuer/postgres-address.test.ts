import { describe, expect, it } from "vitest";
import { postgresName, readPostgresAddress } from "../../issuer/store/postgres-address.js";

describe("the address of a PostgreSQL database", () => {
  it.each([
    ["postgresql://issuer@db:6432/ledger", ""],
    ["postgres://issuer:s3%40cret@db/ledger?sslmode=verify-full&sslrootcert=/etc/ca.pem", ""],
    ["postgresql://issuer@/ledger?host=/run/postgresql&port=5433", ""],
    ["postgresql://issuer@[::1]:5432/ledger?options=-c%20search_path%3Dissuer", "-c search_path=issuer"],
    ["postgresql://issuer@db/ledger?target_session_attrs=read-write", ""],
    ["postgresql:///ledger?host=/run/postgresql", ""],
  ])("reads %s", (text, options) => {
    const address = readPostgresAddress(text);
    expect(address.options).toBe(options);
    expect(address.url).not.toMatch(/options|target_session_attrs/);
    expect(address.url.split("?")[0]).toBe(text.split("?")[0]);
  });

  it.each([
    ["postgresql://issuer@one,two/ledger", /need one host, have several/],
    ["postgresql://issuer@one:5432,two:5432/ledger?target_session_attrs=read-write", /need one host/],
    ["postgresql://issuer@/ledger?host=one,two", /need one host/],
    ["postgresql://issuer@/ledger?host=one&port=5432,5433", /need one host/],
    ["postgresql://issuer@db/ledger?target_session_attrs=standby", /target_session_attrs: need primary/],
    ["postgresql://issuer@db/ledger?target_session_attrs=any", /target_session_attrs: need primary/],
    [
      "postgresql://issuer@db/ledger?statement_timeout=1000",
      /a parameter that is not known: need one of host/,
    ],
    ["postgresql://issuer:s3cret/x@db/ledger", /write @ as %40 and \/ as %2F/],
    ["postgresql://issuer@db:port/ledger", /need an address such as/],
    ["mysql://issuer@db/ledger", /need an address such as/],
    ["ledger", /need an address such as/],
  ])("refuses %s with a sentence that quotes nothing of it", (text, message) => {
    expect(() => readPostgresAddress(text)).toThrow(message);
    expect(() => readPostgresAddress(text)).not.toThrow(/s3cret|issuer/);
  });

  it.each([
    "postgresql://issuer:s3cret@db/ledger",
    "postgresql://issuer:s3@cret@db/ledger",
    "postgresql://issuer:s3/s3@cret@db/ledger",
    "postgresql://issuer:s3?s3@cret@db/ledger",
    "postgresql://issuer:s3:s3@@db/ledger",
    "postgresql://issuer:s3%40cret@/ledger?host=/run",
    "postgresql://issuer@db/ledger?password=s3cret&host=/run",
    "postgresql://issuer@db/ledger?pass%77ord=s3cret",
    "postgresql://issuer@db/ledger?password=s3&s3@cret",
    "postgresql://issuer@db/ledger?PASSWORD=s3cret&sslpassword=s3cret",
  ])("is printed without the password in %s, or the tail of one", (text) => {
    const name = postgresName(text);
    expect(name).not.toMatch(/s3|cret/i);
    expect(name).toMatch(/^postgresql:\/\/issuer@/);
  });

  it("is printed whole where there is no password", () => {
    const text = "postgresql://issuer@db:6432/ledger?host=/run/postgresql&sslmode=require";
    expect(postgresName(text)).toBe(text);
  });
});
