import {
  concatBytes,
  equalBytes,
  expectLength,
  readU32,
  readU64,
  requireLength,
  u8,
  u16,
  u32,
  u64,
  utf8,
} from "../common/bytes.js";
import { ParseError, ValueError } from "../common/errors.js";
import { msat } from "../common/msat.js";
import { decodeUtf8 } from "../common/read-file.js";
import { secp256k1 } from "../common/secp256k1/index.js";
import { isNetwork, type Network } from "../lightning/network.js";
import { formatNodeUri, MAX_URI_LENGTH, type NodeUri, parseNodeUri } from "../lightning/node-uri.js";
import { readSized } from "../lightning/sized-field.js";
import { decodeTlvStream, encodeTlvStream, findTlv, type TlvRecord } from "../lightning/tlv.js";
import { DenyList } from "./deny-list.js";
import {
  type AcceptancePack,
  type FloorLimits,
  MAX_FORWARDING_WINDOW,
  type PackGuarantee,
  type PackKeySet,
} from "./pack.js";

/** Version of the content that this release writes. */
const VERSION = 1;
const MAX_KEY_SETS = 64;
const MAX_NODES = 8;
const MAX_NAME_LENGTH = 64;
const KEY_SET_LENGTH = 4 + 16 + 33;

/** Types of the records (specs/09 §3.1). Even: who does not know it must refuse the pack. */
const TYPE = {
  version: 0n,
  issuer: 2n,
  name: 4n,
  network: 6n,
  sequence: 8n,
  madeAt: 10n,
  validUntil: 12n,
  terminal: 14n,
  label: 16n,
  keySets: 18n,
  denied: 20n,
  floorLimits: 22n,
  forwardingWindow: 24n,
  nodes: 26n,
  guarantee: 28n,
} as const;
const KNOWN: ReadonlySet<bigint> = new Set(Object.values(TYPE));

/** Clear content of a pack: a TLV stream (specs/09 §3.1). It is read back before it is returned. @throws ValueError, ParseError */
export function encodePackContent(pack: AcceptancePack): Uint8Array {
  const { floorLimits: floor, guarantee } = pack;
  const record = (type: bigint, ...parts: readonly Uint8Array[]): TlvRecord => ({
    type,
    value: concatBytes(...parts),
  });
  const content = encodeTlvStream([
    record(TYPE.version, u8(VERSION)),
    record(TYPE.issuer, pack.issuer),
    record(TYPE.name, utf8(pack.name)),
    record(TYPE.network, utf8(pack.network)),
    record(TYPE.sequence, u64(pack.sequence, "pack/sequence")),
    record(TYPE.madeAt, u32(pack.madeAt, "pack/madeAt")),
    record(TYPE.validUntil, u32(pack.validUntil, "pack/validUntil")),
    record(TYPE.terminal, pack.terminal),
    record(TYPE.label, utf8(pack.label)),
    record(TYPE.keySets, ...pack.keySets.map(keySetBytes)),
    record(TYPE.denied, pack.denied.bytes),
    record(
      TYPE.floorLimits,
      u64(floor.perSale),
      u64(floor.perCard),
      u64(floor.perTerminal),
      u32(floor.maxSales, "pack/floorLimits/maxSales"),
      u32(floor.maxPackAgeSeconds, "pack/floorLimits/maxPackAgeSeconds"),
    ),
    record(TYPE.forwardingWindow, u32(pack.forwardingWindow, "pack/forwardingWindow")),
    record(TYPE.nodes, ...pack.nodes.map(nodeBytes)),
    ...(guarantee
      ? [
          record(
            TYPE.guarantee,
            u64(guarantee.perCard),
            u64(guarantee.total),
            u8(guarantee.contradictions ? 1 : 0),
          ),
        ]
      : []),
  ]);
  decodePackContent(content);
  return content;
}

function keySetBytes({ id, sealKey, issuerPoint }: PackKeySet): Uint8Array {
  requireLength(id, 4, "pack/keySets/id");
  requireLength(sealKey, 16, "pack/keySets/sealKey");
  requireLength(issuerPoint, 33, "pack/keySets/issuerPoint");
  return concatBytes(id, sealKey, issuerPoint);
}

function nodeBytes(uri: NodeUri): Uint8Array {
  const text = utf8(formatNodeUri(uri));
  return concatBytes(u16(text.length), text);
}

/**
 * Reads the clear content of a pack. Nothing is proven by it: the signature over it is another matter.
 * @throws ParseError with the path of the record; never with a key
 */
export function decodePackContent(content: Uint8Array): AcceptancePack {
  const version = decodeTlvVersion(content);
  if (version !== VERSION) throw new ParseError("pack/version", `need ${VERSION}, have ${version}`);
  const records = decodeTlvStream(content, "pack", KNOWN);
  const optional = (name: keyof typeof TYPE, length?: number): Uint8Array | undefined => {
    const value = findTlv(records, TYPE[name]);
    if (value && length !== undefined) expectLength(value, length, `pack/${name}`);
    return value;
  };
  const need = (name: keyof typeof TYPE, length?: number): Uint8Array => {
    const value = optional(name, length);
    if (!value) throw new ParseError(`pack/${name}`, `no record of type ${TYPE[name]}`);
    return value;
  };
  const guarantee = optional("guarantee", 17);
  const pack: AcceptancePack = {
    issuer: point(need("issuer", 33), "pack/issuer"),
    name: nameText(need("name"), "pack/name"),
    network: readNetwork(need("network")),
    sequence: readU64(need("sequence", 8)),
    madeAt: readU32(need("madeAt", 4)),
    validUntil: readU32(need("validUntil", 4)),
    terminal: point(need("terminal", 33), "pack/terminal"),
    label: nameText(need("label"), "pack/label"),
    keySets: readKeySets(need("keySets")),
    denied: DenyList.read(need("denied"), "pack/denied"),
    floorLimits: readFloorLimits(need("floorLimits", 32)),
    forwardingWindow: readU32(need("forwardingWindow", 4)),
    nodes: readNodes(need("nodes")),
    guarantee: guarantee && readGuarantee(guarantee),
  };
  if (pack.sequence === 0n) throw new ParseError("pack/sequence", "need at least 1, have 0");
  if (pack.validUntil <= pack.madeAt)
    throw new ParseError("pack/validUntil", `need a time after ${pack.madeAt}, have ${pack.validUntil}`);
  if (pack.forwardingWindow < 1 || pack.forwardingWindow > MAX_FORWARDING_WINDOW)
    throw new ParseError(
      "pack/forwardingWindow",
      `need 1 to ${MAX_FORWARDING_WINDOW} seconds, have ${pack.forwardingWindow}`,
    );
  if (!pack.keySets.some(({ issuerPoint }) => equalBytes(issuerPoint, pack.issuer)))
    throw new ParseError("pack/issuer", "need the issuer key of one of the key sets");
  return pack;
}

/** The version stands first, so that a reader can name it whatever follows. */
function decodeTlvVersion(content: Uint8Array): number {
  if (content.length < 3 || content[0] !== 0 || content[1] !== 1)
    throw new ParseError("pack/version", "need a record of type 0 with 1 byte first");
  return content[2] as number;
}

function point(bytes: Uint8Array, path: string): Uint8Array {
  if (!secp256k1.isPublicKey(bytes)) throw new ParseError(path, "not a compressed point on the curve");
  return bytes;
}

function nameText(bytes: Uint8Array, path: string): string {
  const text = decodeUtf8(bytes, path);
  const { length } = [...text];
  if (length < 1 || length > MAX_NAME_LENGTH)
    throw new ParseError(path, `need 1 to ${MAX_NAME_LENGTH} characters, have ${length}`);
  if (/\p{C}/u.test(text)) throw new ParseError(path, "need text that can be printed");
  return text;
}

function readNetwork(bytes: Uint8Array): Network {
  const text = Buffer.from(bytes).toString("latin1");
  if (!isNetwork(text)) throw new ParseError("pack/network", "need bc, tb, tbs, bcrt or sb");
  return text;
}

function readKeySets(bytes: Uint8Array): readonly PackKeySet[] {
  const count = bytes.length / KEY_SET_LENGTH;
  if (!Number.isInteger(count) || count < 1 || count > MAX_KEY_SETS)
    throw new ParseError(
      "pack/keySets",
      `need 1 to ${MAX_KEY_SETS} key sets of ${KEY_SET_LENGTH} bytes, have ${bytes.length} bytes`,
    );
  const sets = Array.from({ length: count }, (_, i) => {
    const at = bytes.subarray(i * KEY_SET_LENGTH, (i + 1) * KEY_SET_LENGTH);
    const issuerPoint = point(at.slice(20), `pack/keySets/${i}/issuerPoint`);
    return { id: at.slice(0, 4), sealKey: at.slice(4, 20), issuerPoint };
  });
  for (const [i, { id }] of sets.entries())
    if (i > 0 && readU32((sets[i - 1] as PackKeySet).id) >= readU32(id))
      throw new ParseError(`pack/keySets/${i}/id`, "need an id above the one before it");
  return sets;
}

function readFloorLimits(bytes: Uint8Array): FloorLimits {
  const amount = (at: number, name: string) => amountOf(bytes, at, `pack/floorLimits/${name}`);
  return {
    perSale: amount(0, "perSale"),
    perCard: amount(8, "perCard"),
    perTerminal: amount(16, "perTerminal"),
    maxSales: readU32(bytes, 24),
    maxPackAgeSeconds: readU32(bytes, 28),
  };
}

function readGuarantee(bytes: Uint8Array): PackGuarantee {
  const [flags = 0] = bytes.subarray(16);
  if (flags > 1) throw new ParseError("pack/guarantee/flags", `need 0 or 1, have ${flags}`);
  return {
    perCard: amountOf(bytes, 0, "pack/guarantee/perCard"),
    total: amountOf(bytes, 8, "pack/guarantee/total"),
    contradictions: flags === 1,
  };
}

function amountOf(bytes: Uint8Array, at: number, path: string) {
  try {
    return msat(readU64(bytes, at), path);
  } catch (cause) {
    throw cause instanceof ValueError ? new ParseError(path, cause.problem) : cause;
  }
}

function readNodes(bytes: Uint8Array): readonly NodeUri[] {
  const nodes: NodeUri[] = [];
  for (let at = 0; at < bytes.length; ) {
    const path = `pack/nodes/${nodes.length}`;
    const { value, next } = readSized(bytes, at, MAX_URI_LENGTH, path);
    const text = Buffer.from(value).toString("latin1");
    const uri = parseNodeUri(text, path);
    if (formatNodeUri(uri) !== text) throw new ParseError(path, "need a node URI in its canonical form");
    nodes.push(uri);
    at = next;
  }
  if (nodes.length < 1 || nodes.length > MAX_NODES)
    throw new ParseError("pack/nodes", `need 1 to ${MAX_NODES} node URIs, have ${nodes.length}`);
  return nodes;
}
