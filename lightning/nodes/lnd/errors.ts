import { status } from "@grpc/grpc-js";
import { NodeError, type NodeErrorCode } from "../errors.js";

/** What gRPC says about a call that has failed. */
export interface CallFailure {
  readonly code: number;
  readonly details: string;
}

/** The failure that lies beneath an error, if it is one of a call. */
export function failureOf(error: unknown): CallFailure | undefined {
  const cause: unknown = error instanceof NodeError ? error.cause : error;
  if (!(cause instanceof Error && "code" in cause && "details" in cause)) return undefined;
  const { code, details } = cause;
  return typeof code === "number" && typeof details === "string" ? { code, details } : undefined;
}

/** Codes of lnd's own answers. The others may come from the connection, while the request is still on its way. */
const OWN_CODES: readonly number[] = [
  status.UNKNOWN,
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.ALREADY_EXISTS,
  status.FAILED_PRECONDITION,
  status.OUT_OF_RANGE,
];
/** Said by a proxy or by gRPC with one of these codes. */
const NOT_LND = /^Received HTTP|^Stream removed|^Getting metadata/;

/** True when lnd itself has answered with this error, so that the request was taken and refused. */
export const isAnswer = ({ code, details }: CallFailure): boolean =>
  OWN_CODES.includes(code) && !NOT_LND.test(details);

/** Where lnd is and which files open it, for sentences. */
export interface LndPlace {
  /** `host:port`. */
  readonly address: string;
  /** Paths. */
  readonly certificate: string;
  readonly macaroon: string;
}

interface Sentence {
  readonly code: NodeErrorCode;
  readonly message: string;
  readonly hint: string;
}

type Rule = readonly [RegExp, (place: LndPlace, details: string) => Sentence];

const UNREADABLE_MACAROON =
  /verification failed|cannot get macaroon|macaroon.*(?:invalid|version)|unmarshal|encoding\/hex|caveat/i;

/** What lnd and gRPC say, and what a person can do about it; the first that fits. */
const RULES: readonly Rule[] = [
  [
    /wallet locked/i,
    ({ address }) => ({
      code: "not-ready",
      message: `lnd at ${address} is locked`,
      hint: "Unlock it: lncli unlock. lnd unlocks itself at its start with wallet-unlock-password-file in lnd.conf.",
    }),
  ],
  [
    /wallet not created/i,
    ({ address }) => ({
      code: "not-ready",
      message: `lnd at ${address} has no wallet yet`,
      hint: "Make one: lncli create.",
    }),
  ],
  [
    /waiting to start|in the process of starting|server is still (?:starting|in the process)|not yet ready/i,
    ({ address }) => ({
      code: "not-ready",
      message: `lnd at ${address} is still starting`,
      hint: "Wait until lncli getinfo answers, then try again.",
    }),
  ],
  [
    /permission denied/i,
    ({ macaroon }) => ({
      code: "permission",
      message: `the macaroon ${macaroon} does not allow this call`,
      hint: "chequecard node check names what is missing and the line that bakes a macaroon with it.",
    }),
  ],
  [
    UNREADABLE_MACAROON,
    ({ address, macaroon }) => ({
      code: "permission",
      message: `lnd at ${address} does not take the macaroon ${macaroon}: it is another node's, damaged, expired or revoked`,
      hint: "chequecard node check prints the line that bakes a new one.",
    }),
  ],
  [
    /self.signed|unable to (?:verify|get)|UNABLE_TO|signature failure|certificate unknown/i,
    ({ address, certificate }) => ({
      code: "unreachable",
      message: `the certificate of lnd at ${address} is not the one in ${certificate}`,
      hint: "Copy tls.cert from lnd's folder again; lnd makes a new one when the old one is about to expire.",
    }),
  ],
  [
    /altnames|ERR_TLS_CERT_ALTNAME/i,
    ({ address, certificate }) => ({
      code: "unreachable",
      message: `the certificate ${certificate} does not name the host of ${address}`,
      hint: "Add tlsextradomain or tlsextraip for it to lnd.conf, remove tls.cert and tls.key, restart lnd, copy tls.cert again.",
    }),
  ],
  [
    /certificate has expired|CERT_HAS_EXPIRED|not yet valid/i,
    ({ address }) => ({
      code: "unreachable",
      message: `the certificate of lnd at ${address} has expired, or a clock is wrong`,
      hint: "Remove tls.cert and tls.key of lnd and restart it (tlsautorefresh=true does so by itself), then copy tls.cert again.",
    }),
  ],
  [
    /ECONNREFUSED/,
    ({ address }) => ({
      code: "unreachable",
      message: `nothing listens at ${address}`,
      hint: "Is lnd running, and is this its gRPC port (10009 unless rpclisten says otherwise), not the REST one?",
    }),
  ],
  [
    /ENOTFOUND|EAI_AGAIN|Name resolution failed/i,
    ({ address }) => ({
      code: "unreachable",
      message: `the host of ${address} cannot be found`,
      hint: "Check the name and this machine's name service.",
    }),
  ],
  [
    /Received HTTP|Protocol error|wrong version number|PROTOCOL_ERROR/i,
    ({ address }) => ({
      code: "unreachable",
      message: `what answers at ${address} is no lnd: it does not speak gRPC over TLS`,
      hint: "Name lnd's gRPC port (10009 unless rpclisten says otherwise), and a proxy in between must pass HTTP/2 through.",
    }),
  ],
  [
    /unknown (?:service|method)/i,
    ({ address }) => ({
      code: "internal",
      message: `lnd at ${address} does not know a call that this adapter needs`,
      hint: "It is too old, or was built without its sub-servers: the released binaries of 0.19 and newer have them.",
    }),
  ],
];

/** Makes the failure of a call an error in words. Nothing that lnd says repeats a macaroon. */
export function nodeErrorOf(cause: unknown, method: string, place: LndPlace): NodeError {
  if (cause instanceof NodeError) return cause;
  const failure = failureOf(cause);
  if (!failure) return new NodeError("internal", `lnd at ${place.address}: ${method} failed`, { cause });
  const { code, details } = failure;
  for (const [pattern, sentence] of RULES)
    if (pattern.test(details)) {
      const { code: kind, message, hint } = sentence(place, details);
      return new NodeError(kind, message, { cause, hint });
    }
  if (code === status.DEADLINE_EXCEEDED)
    return new NodeError("timeout", `lnd at ${place.address} did not answer in time`, {
      cause,
      hint: "Is it overloaded, or does a tunnel (Tor, VPN) in between hang?",
    });
  if (code === status.UNAVAILABLE || code === status.CANCELLED)
    return new NodeError("unreachable", `the connection to lnd at ${place.address} is lost (${details})`, {
      cause,
      hint: "It is opened again by itself as soon as lnd can be reached.",
    });
  return new NodeError("internal", `lnd at ${place.address}: ${method}: ${details}`, { cause });
}
