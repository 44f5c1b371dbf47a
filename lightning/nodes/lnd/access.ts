import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { ChannelCredentials, Client, type ClientOptions, Metadata } from "@grpc/grpc-js";
import { equalBytes, hexToBytes } from "../../../common/bytes.js";
import { FileError } from "../../../common/file-error.js";
import { readBoundedFile } from "../../../common/read-file.js";
import { NodeError } from "../errors.js";

/** Where lnd is and which files open it. */
export interface LndAccess {
  /** `host:port` of lnd's gRPC, IPv6 in brackets. */
  readonly address: string;
  /** Path of lnd's `tls.cert`; absent: the system's authorities vouch for it, as behind a proxy with a name. */
  readonly certificate?: string | undefined;
  /** Path of the macaroon, as bytes or as hex text. */
  readonly macaroon: string;
}

/** What was in the files. */
export interface LndCredentials {
  readonly certificate: Uint8Array | undefined;
  readonly macaroon: Uint8Array;
}

/** In bytes; a certificate with a chain has a few thousand. */
const MAX_FILE = 64 * 1024;
const MAX_MESSAGE = 64 * 1024 * 1024;

/**
 * Reads the files, as they are now.
 * @throws NodeError `permission` naming the file and what is wrong with it
 */
export function readCredentials({ certificate, macaroon }: LndAccess): LndCredentials {
  return {
    certificate: certificate === undefined ? undefined : readCertificate(certificate),
    macaroon: readMacaroonFile(macaroon),
  };
}

export const sameCredentials = (one: LndCredentials, other: LndCredentials): boolean =>
  equalBytes(one.macaroon, other.macaroon) &&
  equalBytes(one.certificate ?? new Uint8Array(), other.certificate ?? new Uint8Array());

function read(path: string, what: string): Buffer {
  try {
    return readBoundedFile(path, MAX_FILE);
  } catch (cause) {
    if (!(cause instanceof FileError)) throw cause;
    throw new NodeError("permission", `${what} of lnd: ${cause.message}`, {
      cause,
      hint: "Name a file that this user can read, copied from lnd's machine.",
    });
  }
}

function readCertificate(path: string): Buffer {
  const bytes = read(path, "certificate");
  try {
    new X509Certificate(bytes);
  } catch (cause) {
    throw new NodeError("permission", `certificate of lnd: ${path} is no certificate in PEM form`, {
      cause,
      hint: "It is the file tls.cert in lnd's folder.",
    });
  }
  return bytes;
}

function readMacaroonFile(path: string): Uint8Array {
  const bytes = read(path, "macaroon");
  const text = bytes.toString("latin1").trim();
  if (text.length > 0 && text.length % 2 === 0 && /^[0-9a-fA-F]+$/.test(text)) return hexToBytes(text);
  // Version 2 of the form, the only one that lnd makes.
  if (bytes[0] === 2) return bytes;
  throw new NodeError("permission", `macaroon of lnd: ${path} is no macaroon`, {
    hint: "It is a file such as lncli bakemacaroon --save_to writes: bytes, or the same as hex text.",
  });
}

/** A way to call lnd. */
export interface LndClient {
  readonly client: Client;
  /** Goes with every call: the macaroon. */
  readonly metadata: Metadata;
}

/** A client over TLS. It connects at its first call. */
export function clientOf({ address }: LndAccess, { certificate, macaroon }: LndCredentials): LndClient {
  const tls = ChannelCredentials.createSsl(certificate === undefined ? null : Buffer.from(certificate));
  const metadata = new Metadata();
  metadata.set("macaroon", Buffer.from(macaroon).toString("hex"));
  const host = address.slice(0, address.lastIndexOf(":")).replace(/^\[|\]$/g, "");
  const options: ClientOptions = {
    // Node warns of a TLS server name that is an address; lnd's own certificate always names localhost.
    ...(certificate !== undefined && isIP(host) !== 0
      ? { "grpc.ssl_target_name_override": "localhost" }
      : {}),
    "grpc.max_receive_message_length": MAX_MESSAGE,
    // Notices a dead lnd or tunnel under an idle stream. lnd allows a ping every 5 s, and none without a stream.
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.initial_reconnect_backoff_ms": 100,
    "grpc.max_reconnect_backoff_ms": 2_000,
    // Counts every call and message, for nobody.
    "grpc.enable_channelz": 0,
  };
  return { client: new Client(address, tls, options), metadata };
}
