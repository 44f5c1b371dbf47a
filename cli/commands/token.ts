import { formatCardId } from "../../apdu/card-id.js";
import { MESSAGE_TYPE, readFrame, type SealedFrame, verifySignature } from "../../apdu/index.js";
import {
  authorizationMessage,
  certificateMessage,
  statusMessage,
  updateMessage,
} from "../../apdu/sealed/index.js";
import { bytesToHex, formatMsat, hexToBytes, secp256k1 } from "../../common/index.js";
import { verifyToken } from "../../issuer/verify.js";
import type { Invoice } from "../../lightning/bolt11/index.js";
import type { RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { EXIT } from "../exit-codes.js";
import { type IssuerRecord, readIssuerRecord, recordLookups } from "../issuer-record.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { readInvoiceArgument } from "./invoice.js";

const TYPE_NAMES = {
  [MESSAGE_TYPE.AUTHORIZATION]: "authorization token",
  [MESSAGE_TYPE.STATUS]: "card status",
  [MESSAGE_TYPE.UPDATE]: "card update",
  [MESSAGE_TYPE.CERTIFICATE]: "card certificate",
} as const;

interface InspectOptions {
  readonly issuerRecord?: string;
  readonly invoice?: string;
}

async function inspect(hex: string, options: InspectOptions): Promise<CommandOutput> {
  const bytes = hexToBytes(hex.trim(), "token");
  const frame = readFrame(bytes, "token");
  const clear = { type: TYPE_NAMES[frame.type], keySetId: frame.keySetId, length: bytes.length };
  if (!options.issuerRecord)
    return {
      data: { ...clear, opened: false },
      text: `${renderRecord([
        ["Type", clear.type],
        ["Key set", bytesToHex(clear.keySetId)],
      ])}\nThe rest is sealed; give --issuer-record to open it.`,
    };
  const record = readIssuerRecord(options.issuerRecord);
  return await openFrame(bytes, frame, record, options.invoice, clear);
}

async function openFrame(
  bytes: Uint8Array,
  frame: SealedFrame,
  record: IssuerRecord,
  invoiceText: string | undefined,
  clear: object,
): Promise<CommandOutput> {
  const { sealKeys, findCard } = recordLookups(record);
  const codec = {
    [MESSAGE_TYPE.AUTHORIZATION]: authorizationMessage,
    [MESSAGE_TYPE.STATUS]: statusMessage,
    [MESSAGE_TYPE.UPDATE]: updateMessage,
    [MESSAGE_TYPE.CERTIFICATE]: certificateMessage,
  }[frame.type];
  const opened = codec.open(bytes, sealKeys, "token");
  const signer =
    frame.type === MESSAGE_TYPE.UPDATE || frame.type === MESSAGE_TYPE.CERTIFICATE
      ? secp256k1.publicKey(record.issuerSecretKey)
      : (findCard(opened.fields.cardId)?.publicKey ?? new Uint8Array(0));
  const genuine = verifySignature(opened, signer);
  const invoice = invoiceText === undefined ? undefined : readInvoiceArgument(invoiceText);
  const facts = invoice && (await factsFor(invoice, bytes, recordLookups(record)));
  return {
    data: { ...clear, opened: true, fields: opened.fields, genuine, matchesInvoice: facts && true },
    text: renderRecord([
      ["Type", TYPE_NAMES[frame.type]],
      ["Key set", bytesToHex(frame.keySetId)],
      ...Object.entries(opened.fields).map(([name, value]) => [name, renderField(name, value)] as const),
      ["Signature", genuine ? "right" : "WRONG: not made by this card or its issuer"],
      [
        "Invoice",
        facts &&
          `this token authorizes exactly this invoice${invoice.amount === undefined ? ", which leaves the amount to it" : " and amount"}`,
      ],
    ]),
    exitCode: genuine ? EXIT.OK : EXIT.CHECK_FAILED,
  };
}

/**
 * What a token proves for an invoice, which may have expired since.
 * @throws InputError for another message than a token; VerificationError
 */
async function factsFor(invoice: Invoice, token: Uint8Array, lookups: ReturnType<typeof recordLookups>) {
  if (readFrame(token, "token").type !== MESSAGE_TYPE.AUTHORIZATION)
    throw new InputError("--invoice: only an authorization token is for an invoice, and this is none");
  const { text, network, timestamp } = invoice;
  const facts = await verifyToken({ token, invoice: text, network, now: timestamp, ...lookups });
  if (facts.problem?.code === "wrong-amount") throw facts.problem;
  return facts;
}

function renderField(name: string, value: unknown): string {
  if (value instanceof Uint8Array) return name === "cardId" ? formatCardId(value) : bytesToHex(value);
  if (name === "validUntilSeconds") return new Date(Number(value) * 1000).toISOString();
  if (typeof value === "bigint") return value === 0xffffffffffffffffn ? "no limit" : formatMsat(value);
  return String(value);
}

export const registerToken: RegisterCommand = (program, run) => {
  const token = program.command("token").description("inspect sealed messages of a card");
  token
    .command("inspect <hex>")
    .description(
      "show what a token, status, update or certificate says; with its issuer's record also opened and verified",
    )
    .option("--issuer-record <file>", "what the issuer knows of the card, as `simulate new` writes it")
    .option("--invoice <bolt11>", "also check that the token authorizes this invoice")
    .addHelpText(
      "after",
      "\nExamples:\n  chequecard token inspect 01a1b2...\n  chequecard token inspect 01a1b2... --issuer-record card.issuer.json --invoice lnbcrt25u1...\n",
    )
    .action((hex: string, options: InspectOptions) => run(() => inspect(hex, options)));
};
