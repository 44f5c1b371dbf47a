import { createHmac } from "node:crypto";

const field = (number: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(varint((number << 3) | 2)), Buffer.from(varint(value.length)), value]);
const packet = (type: number, value: Uint8Array): Buffer =>
  Buffer.concat([Buffer.of(type), Buffer.from(varint(value.length)), value]);

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];
}

/**
 * A macaroon as lnd bakes it, of its second version, for lnds that are none.
 * @param permissions such as `offchain:read`; `uri:/...` too
 */
export function bakedMacaroon(permissions: readonly string[], caveats: readonly string[] = []): Buffer {
  const operations = permissions.map((permission) => {
    const at = permission.indexOf(":");
    const [entity, action] = [permission.slice(0, at), permission.slice(at + 1)].map((text) =>
      Buffer.from(text),
    );
    return field(3, Buffer.concat([field(1, entity ?? Buffer.of()), field(2, action ?? Buffer.of())]));
  });
  const identifier = Buffer.concat([
    Buffer.of(3),
    field(1, Buffer.alloc(16, 1)),
    field(2, Buffer.from("0")),
    ...operations,
  ]);
  return Buffer.concat([
    Buffer.of(2),
    packet(1, Buffer.from("lnd")),
    packet(2, identifier),
    Buffer.of(0),
    ...caveats.map((caveat) => Buffer.concat([packet(2, Buffer.from(caveat)), Buffer.of(0)])),
    Buffer.of(0),
    packet(6, createHmac("sha256", "of no node").update(identifier).digest()),
  ]);
}
