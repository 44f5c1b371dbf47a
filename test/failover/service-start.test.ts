import { afterAll, expect, it } from "vitest";
import { chequecard, inFolder } from "../../testing/command-run.js";
import { Bench } from "../../testing/issuer/service.js";
import { PostgresFront } from "../../testing/postgres/front.js";

const bench = new Bench();
afterAll(() => bench.close());

it("a service that is started while its database is away waits for it, and ends on a signal meanwhile", () =>
  inFolder(async (path) => {
    const url = await (await bench.server()).database();
    const front = await PostgresFront.open(url);
    const env = { CHEQUECARD_PASSPHRASE: "correct horse battery" };
    const folder = path("issuer");
    const init = [
      "issuer",
      "init",
      folder,
      "--factory-keys",
      "test",
      "--port",
      "19745",
      "--database",
      front.url,
    ];
    expect(await chequecard(init, { env })).toMatchObject({ exitCode: 0 });
    const away = `postgresql://chequecard@/none?host=${encodeURIComponent(path("nowhere"))}`;
    front.lead(away);
    const serve = () => {
      const end = new AbortController();
      let heard = "";
      const over = chequecard(["issuer", "serve", folder], {
        env,
        signal: end.signal,
        onErr: (text) => {
          heard += text;
        },
      });
      return { over, end, heard: () => heard };
    };
    try {
      const given = serve();
      await expect.poll(given.heard).toMatch(/database server does not answer.*Waiting for it/s);
      given.end.abort();
      expect(await given.over).toMatchObject({ exitCode: 130 });

      const service = serve();
      await expect.poll(service.heard).toMatch(/Waiting for it/);
      const made = front.made;
      await expect.poll(() => front.made).toBeGreaterThan(made + 1);
      front.lead(url);
      await expect
        .poll(() =>
          fetch("http://127.0.0.1:9740/health").then(
            (answer) => answer.status,
            () => 0,
          ),
        )
        .toBe(200);
      service.end.abort();
      expect(await service.over).toMatchObject({ exitCode: 130 });
    } finally {
      await front.close();
    }
  }));
