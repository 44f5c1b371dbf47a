import { z } from "zod";
import { ParseError } from "../../../common/errors.js";
import { type Msat, parseAmount, sat } from "../../../common/msat.js";
import type { Network } from "../../network.js";

/** Networks by the names that people and lnd use, and by the prefix of their invoices. */
const NETWORKS: Readonly<Record<string, Network>> = {
  mainnet: "bc",
  testnet: "tb",
  signet: "tbs",
  regtest: "bcrt",
  bc: "bc",
  tb: "tb",
  tbs: "tbs",
  bcrt: "bcrt",
};

/** A network as it stands in a configuration. */
export const networkName = z.string().transform((text, context): Network => {
  const network = Object.hasOwn(NETWORKS, text) ? NETWORKS[text] : undefined;
  if (network !== undefined) return network;
  context.addIssue({ code: "custom", message: "need mainnet, testnet, signet or regtest" });
  return z.NEVER;
});

const address = z
  .string()
  .regex(/^(?:\[[0-9a-fA-F:]+\]|[a-zA-Z0-9.-]+):[1-9]\d{0,4}$/, "need host:port such as 127.0.0.1:10009")
  .refine((text) => Number.parseInt(text.slice(text.lastIndexOf(":") + 1), 10) <= 65_535, {
    message: "need a port up to 65535",
  });

const amount = z.string().transform((text, context): Msat => {
  try {
    return parseAmount(text, "amount");
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    context.addIssue({ code: "custom", message: error.message.replace(/^amount: /, "") });
    return z.NEVER;
  }
});

/** An lnd that stands in a configuration: `node: { type: lnd, address, certificate, macaroon }`. */
export const lndConfigSchema = z.strictObject({
  type: z.literal("lnd", "need lnd"),
  address,
  certificate: z.string().min(1).optional(),
  macaroon: z.string().min(1),
  network: networkName.optional(),
  maxPayment: amount.optional(),
  realMoney: z.boolean().default(false),
});

/** The same of a merchant, whose lnd may take payments to deputies. */
export const merchantLndConfigSchema = lndConfigSchema.extend({ deputy: z.boolean().default(false) });

/** Where an lnd is and what may be done with it. Paths are absolute or relative to the working directory. */
export interface LndConfig {
  /** `host:port` of its gRPC. */
  readonly address: string;
  /** Path of its `tls.cert`; absent: the system's authorities vouch for it. */
  readonly certificate?: string | undefined;
  /** Path of the macaroon. */
  readonly macaroon: string;
  /** The network that is meant. */
  readonly network?: Network | undefined;
  /** No payment above it is made; on mainnet 1,000,000 sat unless it stands here. */
  readonly maxPayment?: Msat | undefined;
  /** Real money may move: the answer to the question that a first start on mainnet asks. */
  readonly realMoney: boolean;
  /** Takes payments to deputies (specs/07), for offline terminals. */
  readonly deputy?: boolean;
}

/** The limit of one payment on mainnet where the configuration has none: 1,000,000 sat. */
export const MAINNET_MAX_PAYMENT = sat(1_000_000);

/** What a configuration says of an lnd, with its paths made absolute by `at`. */
export function lndConfigOf(
  {
    type: _,
    certificate,
    macaroon,
    ...rest
  }: z.output<typeof lndConfigSchema> & { readonly deputy?: boolean },
  at: (path: string) => string,
): LndConfig {
  return {
    ...rest,
    ...(certificate === undefined ? {} : { certificate: at(certificate) }),
    macaroon: at(macaroon),
  };
}
