import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { servingUrl } from "../../cli/browser/serving.js";
import { createEmbeddedNode } from "../../cli/embedded-node.js";
import { createCardFile } from "../../simulator/index.js";
import { testCard } from "../../testing/cards/test-card.js";
import { chequecard } from "../../testing/command-run.js";
import { newFolder } from "../../testing/hooks.js";
import { apiClient, serveCommand } from "../../testing/server/api-client.js";

const folder = newFolder("memory");
const shop = join(folder, "shop");
const programs = join(folder, "bin");
const env = { PATH: `${programs}:${process.env.PATH}`, DISPLAY: ":99" };
const selling = ["--node", shop, "--card", join(folder, "card.json")];

/** A program that notes its arguments and, where it is a browser, goes on until it is ended. */
function program(name: string, isBrowser: boolean): void {
  const file = join(programs, name);
  const rest = isBrowser ? `trap 'echo ended >>"$0.ran"; exit 0' TERM\nsleep 600 & wait\n` : "";
  writeFileSync(file, `#!/bin/sh\nprintf '%s\\n' "$@" >"$0.new"\nmv "$0.new" "$0.ran"\n${rest}`);
  chmodSync(file, 0o755);
}
const ran = (name: string): string => {
  const file = join(programs, `${name}.ran`);
  return existsSync(file) ? readFileSync(file, "utf8") : "";
};

/** The key that a device gets by a link. */
async function pairBy(link: string): Promise<Record<string, unknown>> {
  const { origin, hash } = new URL(link);
  const body = { code: hash.replace("#pair=", ""), name: "browser" };
  return (await apiClient(origin, undefined)("POST", "/v1/pair", { body })).body;
}

beforeAll(() => {
  mkdirSync(programs);
  program("xdg-open", false);
  program("chromium", true);
  createEmbeddedNode(shop, { alias: "bar" });
  const { card, reader } = testCard({ nodeUri: `02${"ab".repeat(32)}@127.0.0.1:9735` });
  reader.remove();
  createCardFile(join(folder, "card.json"), card);
});

it("till serves the page, opens it with a code for one key, and a second till joins the first", async () => {
  const served = await serveCommand(["till", ...selling, "--http", "127.0.0.1:0"], env);
  try {
    await expect.poll(() => ran("xdg-open")).not.toBe("");
    const opened = ran("xdg-open").trim();
    expect(opened).toMatch(new RegExp(`^${served.url}#pair=[\\w-]{22}$`));
    // Its code is for the browser alone.
    expect(served.output()).not.toContain("#pair=");
    const { key, role } = await pairBy(opened);
    expect(role).toBe("shift-lead");
    expect((await apiClient(served.url, String(key))("GET", "/v1/charges/1")).status).toBe(404);
    expect(await pairBy(opened)).toMatchObject({ status: 400, code: "bad-pairing" });

    const second = await chequecard(["till", ...selling, "--no-open"], { env });
    expect(second.exitCode).toBe(0);
    const [link = ""] = /http\S+#pair=[\w-]+/.exec(second.out) ?? [];
    expect(await pairBy(link)).toMatchObject({ role: "shift-lead" });
    const json = await chequecard(["till", ...selling, "--no-open", "--json"], { env });
    expect(JSON.parse(json.out)).toMatchObject({ url: served.url, link: expect.stringContaining("#pair=") });
  } finally {
    expect(await served.stop()).toBe(130);
  }
  expect(await servingUrl(shop)).toBeUndefined();
  expect(existsSync(join(shop, "serving.json"))).toBe(false);
});

it("desk runs the issuer's service, opens its page with a code for a key of the desk, and a second one joins", async () => {
  const issuer = join(folder, "issuer");
  const passphrase = { CHEQUECARD_PASSPHRASE: "an issuer's passphrase" };
  const chain = ["--chain", join(folder, "chain.db")];
  const init = ["issuer", "init", issuer, "--factory-keys", "test", "--label", "festival", ...chain];
  expect((await chequecard(["--json", ...init], { env: passphrase })).exitCode).toBe(0);
  const config = join(issuer, "issuer.yaml");
  writeFileSync(config, readFileSync(config, "utf8").replace(/^# monitor: .*$/m, "monitor: off"));
  const before = ran("xdg-open");
  const args = ["desk", "--issuer", issuer, "--http", "127.0.0.1:0"];
  // The question for it reads the environment of the process.
  Object.assign(process.env, passphrase);
  const served = await serveCommand(args, env);
  delete process.env.CHEQUECARD_PASSPHRASE;
  try {
    await expect.poll(() => ran("xdg-open")).not.toBe(before);
    const { key, role } = await pairBy(ran("xdg-open").trim());
    expect(role).toBe("desk");
    expect((await apiClient(served.url, String(key))("GET", "/v1/cards")).status).toBe(200);
    const second = await chequecard(["desk", "--issuer", issuer, "--no-open"], { env });
    expect([second.exitCode, second.out]).toEqual([0, expect.stringMatching(/#pair=[\w-]{22}\n/)]);
  } finally {
    await served.stop();
  }
  expect(await servingUrl(issuer)).toBeUndefined();
});

it("till --kiosk starts Chromium with the page alone, and ends it with itself", async () => {
  const served = await serveCommand(["till", ...selling, "--http", "127.0.0.1:0", "--kiosk"], env);
  await expect.poll(() => ran("chromium")).toContain("#pair=");
  const args = ran("chromium").split("\n");
  expect(args).toEqual(
    expect.arrayContaining(["--kiosk", "--no-first-run", `--user-data-dir=${join(shop, "kiosk")}`]),
  );
  await served.stop();
  await expect.poll(() => ran("chromium")).toContain("ended");
});

it("what a killed till or a stranger's note left does not count as a till that serves", async () => {
  const note = join(shop, "serving.json");
  for (const text of [
    JSON.stringify({ url: "http://127.0.0.1:9/", pid: process.pid }),
    JSON.stringify({ url: "http://127.0.0.1:9/", pid: 2 ** 22 + 1 }),
    JSON.stringify({ url: "javascript:alert(1)", pid: process.pid }),
    "{",
  ]) {
    writeFileSync(note, text);
    expect(await servingUrl(shop)).toBeUndefined();
  }
});

it("a page that cannot be shown is refused before anything is served", async () => {
  const refused = async (...args: string[]) => {
    const { exitCode, err } = await chequecard([...args], { env: { ...env, PATH: programs } });
    return [exitCode, err.split("\n")[0]];
  };
  expect(await refused("till", ...selling, "--no-open", "--kiosk")).toEqual([
    2,
    "--no-open and --kiosk: choose one of them",
  ]);
  expect(await refused("till", "--node", join(folder, "nowhere"))).toEqual([
    2,
    expect.stringMatching(/nowhere: no embedded node there/),
  ]);
  expect(await refused("desk", "--issuer", join(folder, "nowhere"))).toEqual([
    2,
    expect.stringMatching(/nowhere: no issuer there/),
  ]);
});
