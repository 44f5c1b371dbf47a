import { generateKeyPairSync, sign } from "node:crypto";

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length =
    body.length < 128
      ? Buffer.of(body.length)
      : body.length < 256
        ? Buffer.of(0x81, body.length)
        : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), length, body]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (...bytes: readonly number[]): Buffer => der(0x06, Buffer.from(bytes));
const time = (at: Date): Buffer =>
  der(0x18, Buffer.from(at.toISOString().replace(/[-:T]|\.\d+/g, ""), "latin1"));
const ECDSA_WITH_SHA256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));

/** A key and a certificate that it has signed itself. */
export interface SelfSigned {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

/**
 * Makes what lnd makes for its own TLS: a certificate of P-256 for localhost and 127.0.0.1 that vouches for itself.
 * @param options from, until: when it is valid; names: other names instead of localhost
 */
export function selfSigned(
  options: { readonly from?: Date; readonly until?: Date; readonly name?: string } = {},
): SelfSigned {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const day = 86_400_000;
  const from = options.from ?? new Date(Date.now() - day);
  const until = options.until ?? new Date(Date.now() + day);
  const text = (tag: number, value: string) => der(tag, Buffer.from(value, "latin1"));
  // Object identifiers: commonName; subjectAltName, basicConstraints of X.509.
  const name = sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), text(0x0c, "lnd"))));
  const names = sequence(
    text(0x82, options.name ?? "localhost"),
    ...(options.name === undefined ? [der(0x87, Buffer.of(127, 0, 0, 1))] : []),
  );
  const yes = der(0x01, Buffer.of(0xff));
  const extensions = sequence(
    sequence(oid(0x55, 0x1d, 0x11), der(0x04, names)),
    sequence(oid(0x55, 0x1d, 0x13), yes, der(0x04, sequence(yes))),
  );
  const content = sequence(
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.of(1)),
    ECDSA_WITH_SHA256,
    name,
    sequence(time(from), time(until)),
    name,
    publicKey.export({ format: "der", type: "spki" }),
    der(0xa3, extensions),
  );
  const signature = sign("sha256", content, privateKey);
  const whole = sequence(content, ECDSA_WITH_SHA256, der(0x03, Buffer.of(0), signature));
  const lines = whole.toString("base64").replace(/.{1,64}/g, "$&\n");
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: "pem", type: "sec1" }).toString(),
  };
}
