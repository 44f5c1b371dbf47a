import { describe, expect, it } from "vitest";
import { openLog } from "../../issuer/service/index.js";
import { KeyError } from "../../keys/index.js";

function lines(level: Parameters<typeof openLog>[0] = "info") {
  const written: string[] = [];
  return { written, log: openLog(level, { write: (line) => void written.push(line) }) };
}

describe("the service's log", () => {
  it("writes one JSON object a line", () => {
    const { written, log } = lines();
    log.info({ event: "voided", card: "0123", counter: 5n }, "released");
    log.debug({ event: "detail" }, "not at this level");
    expect(written).toHaveLength(1);
    expect(JSON.parse(written[0] ?? "")).toEqual({
      level: "info",
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      event: "voided",
      card: "0123",
      counter: "5",
      msg: "released",
    });
  });

  it("writes no secret, wherever it stands", () => {
    const { written, log } = lines();
    const secret = "5ec2e7";
    log.warn({ token: secret, preimage: secret, nested: { passphrase: secret, invoice: secret } }, "a");
    log.error({ bytes: Buffer.from(secret), error: new Error(`the value ${secret} is bad`) }, "b");
    const text = written.join("");
    expect(text).not.toContain(secret);
    expect(text).not.toContain(Buffer.from(secret).toString("hex"));
    expect(text.match(/\[redacted\]/g)).toHaveLength(4);
    expect(JSON.parse(written[1] ?? "")).toMatchObject({ bytes: "[6 bytes]", error: { name: "Error" } });
  });

  it("writes the project's own errors with their code and sentence", () => {
    const { written, log } = lines();
    log.error({ error: new KeyError("closed", "issuer.keys: was closed") }, "no update");
    expect(JSON.parse(written[0] ?? "").error).toEqual({
      name: "KeyError",
      code: "closed",
      message: "issuer.keys: was closed",
    });
  });
});
