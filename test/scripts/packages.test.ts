import { describe, expect, it } from "vitest";
import { isNodeSupported } from "../../scripts/setup/index.mjs";
import {
  isDebianLike,
  missingPackages,
  PACKAGES,
  uses,
  wantedPackages,
} from "../../scripts/setup/packages.mjs";

describe("isDebianLike reads os-release", () => {
  it.each([
    ["Debian", 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n', true],
    ["Ubuntu", 'ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n', true],
    ["Linux Mint", 'ID=linuxmint\nID_LIKE="ubuntu debian"\n', true],
    ["single quotes", "ID='debian'\n", true],
    ["Fedora", "NAME=Fedora\nID=fedora\n", false],
    ["a name that only contains it", "ID=debianoid\nNAME=debian\n", false],
    ["nothing", "", false],
  ])("%s", (_, text, answer) => expect(isDebianLike(text)).toBe(answer));
});

describe("missingPackages reads dpkg's report", () => {
  const report = [
    "pcscd\tii ",
    "opensc\trc ",
    "libpcsclite-dev:amd64\tii ",
    "postgresql\tun ",
    "make\tiU ",
    "dpkg-query: no packages found matching iproute2",
  ].join("\n");

  it("counts only what is installed and configured", () => {
    const wanted = ["pcscd", "opensc", "libpcsclite-dev", "postgresql", "make", "iproute2"];
    expect(missingPackages(report, wanted)).toEqual(["opensc", "postgresql", "make", "iproute2"]);
  });

  it("nothing wanted, nothing missing", () => expect(missingPackages(report, [])).toEqual([]));
  it("an empty report: everything", () => expect(missingPackages("", ["pcscd"])).toEqual(["pcscd"]));
});

describe("what is wanted", () => {
  it("the demo needs no test software", () => {
    expect(wantedPackages("start")).toContain("vsmartcard-vpcd");
    expect(wantedPackages("start")).not.toContain("postgresql");
    expect(wantedPackages("test")).toEqual(PACKAGES.map(({ name }) => name));
  });

  it("says what is skipped without it, each thing once", () => {
    expect(uses(["pcscd", "libpcsclite-dev", "postgresql"])).toBe("card readers, tests on PostgreSQL");
  });
});

describe("isNodeSupported", () => {
  it.each([
    ["20.19.0", true],
    ["20.18.3", false],
    ["18.20.0", false],
    ["22.1.0", true],
    ["24.0.0", true],
  ])("%s: %s", (version, answer) => expect(isNodeSupported(version)).toBe(answer));
});
