import { extname } from "node:path";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, writeDurableFile } from "../../common/index.js";
import { TERMINAL } from "../../common/languages/spoken.js";
import { formatNodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import {
  type OdtMessage,
  odtFromHex,
  odtToHex,
  qrPng,
  qrSvg,
  qrTerminal,
} from "../../lightning/odt/index.js";
import type { CommandContext, RegisterCommand } from "../command-context.js";
import { InputError } from "../error-report.js";
import { framingOf, type MessageOptions, readMessage } from "../offline-message.js";
import { type CommandOutput, renderRecord } from "../output.js";
import { speaking } from "../speaking.js";
import { terminalCode } from "../terminal-code.js";

type Framing = Pick<MessageOptions, "oneByteType">;

function encode(message: OdtMessage, framing: Framing): CommandOutput {
  const hex = odtToHex(message, framingOf(framing));
  return { data: { kind: message.kind, hex }, text: hex };
}

interface DecodeOptions extends MessageOptions {
  readonly showPreimage?: boolean;
}

function decode(text: string | undefined, options: DecodeOptions): CommandOutput {
  const message = readMessage(text, options);
  if (message.kind === "unknown") {
    const { kind, type, payload } = message;
    return {
      data: { kind, type, payload },
      text: `${renderRecord([
        [TERMINAL.message.type, TERMINAL.message.unknown(type)],
        [TERMINAL.message.payload, TERMINAL.message.bytes(payload.length, bytesToHex(payload))],
      ])}`,
    };
  }
  if (message.kind === "payment-authorization") {
    const { kind, uri, token } = message;
    return {
      data: { kind, uri: formatNodeUri(uri), token },
      text: renderRecord([
        [TERMINAL.message.type, TERMINAL.message.authorization],
        [TERMINAL.message.node, formatNodeUri(uri)],
        [TERMINAL.message.token, TERMINAL.message.bytes(token.length, bytesToHex(token))],
      ]),
    };
  }
  const { kind, preimage } = message;
  const paymentHash = sha256(preimage);
  const shown = options.showPreimage ? preimage : undefined;
  return {
    data: { kind, paymentHash, ...(shown ? { preimage: shown } : {}) },
    text: renderRecord([
      [TERMINAL.message.type, TERMINAL.message.isPreimage],
      [TERMINAL.message.paymentHash, bytesToHex(paymentHash)],
      [TERMINAL.message.preimage, shown ? bytesToHex(shown) : TERMINAL.message.notShown],
    ]),
  };
}

interface QrOptions extends Framing {
  readonly png?: boolean;
  readonly svg?: boolean;
  readonly terminal?: boolean;
  readonly out?: string;
}
type Format = "png" | "svg" | "terminal";

function formatOf(options: QrOptions): Format {
  const asked = (["png", "svg", "terminal"] as const).filter((format) => options[format]);
  if (asked.length > 1) throw new InputError("choose one of --png, --svg and --terminal");
  const ending = extname(options.out ?? "")
    .slice(1)
    .toLowerCase();
  const format = asked[0] ?? (ending === "png" || ending === "svg" ? ending : "terminal");
  if (format === "png" && options.out === undefined)
    throw new InputError("--png: a picture needs a file to go to; give --out FILE");
  return format;
}

async function qr(context: CommandContext, text: string, options: QrOptions): Promise<CommandOutput> {
  const format = formatOf(options);
  const framing = framingOf(options);
  const message = odtFromHex(text, framing);
  const hex = odtToHex(message, framing);
  const code = { png: qrPng, svg: qrSvg, terminal: qrTerminal }[format](hex);
  const isShown = format === "terminal" && options.out === undefined && !context.json;
  const shown = isShown ? terminalCode(context, hex, TERMINAL.code.picture) : undefined;
  if (shown && !shown.fits) throw new InputError(shown.text);
  const data = { kind: message.kind, format, digits: hex.length };
  if (options.out === undefined) return { data: { ...data, code }, text: shown?.text ?? String(code) };
  writeDurableFile(options.out, code);
  return { data: { ...data, out: options.out }, text: TERMINAL.message.written(options.out) };
}

const ONE_BYTE = [
  "--one-byte-type",
  "the draft's other reading: the type is one byte, if both sides agreed on it",
] as const;

export const registerOdt: RegisterCommand = (program, run) => {
  const odt = speaking(program.command("odt")).description(
    "Offline Data Transmission: messages that devices show each other without the network",
  );
  const encodeCommand = odt.command("encode").description("make a message, as the hex that a QR code holds");
  encodeCommand
    .command("preimage <hex>")
    .description("the proof that an invoice was paid (32 bytes)")
    .option(...ONE_BYTE)
    .addHelpText("after", "\nExample:\n  chequecard odt encode preimage 0f1e2d...\n")
    .action((hex: string, options: Framing) =>
      run(async () => {
        const preimage = hexToBytes(hex.trim(), "preimage");
        if (preimage.length !== 32) throw new InputError(`preimage: need 32 bytes, have ${preimage.length}`);
        return encode({ kind: "preimage", preimage }, options);
      }),
    );
  encodeCommand
    .command("authorization")
    .description("a card's token, with the node that pays when it is shown the token")
    .requiredOption("--uri <uri>", "pubkey@host:port of the payer's node")
    .requiredOption("--token <hex>", "the token, 1 to 1024 bytes")
    .option(...ONE_BYTE)
    .addHelpText(
      "after",
      "\nExample:\n  chequecard odt encode authorization --uri 02ab...@node.example:9735 --token 01a1b2...\n",
    )
    .action((options: Framing & { uri: string; token: string }) =>
      run(async () => {
        const uri = parseNodeUri(options.uri, "--uri");
        const token = hexToBytes(options.token.trim(), "--token");
        return encode({ kind: "payment-authorization", uri, token }, options);
      }),
    );
  odt
    .command("decode [hex]")
    .description("show what a message says")
    .option("--png <file>", "read it off a picture of its QR code")
    .option("--show-preimage", "show a preimage itself, not only its hash: anyone who has it has the proof")
    .option(...ONE_BYTE)
    .addHelpText(
      "after",
      "\nExamples:\n  chequecard odt decode 0000A1B2...\n  chequecard --json odt decode --png phone.png\n",
    )
    .action((hex: string | undefined, options: DecodeOptions) => run(async () => decode(hex, options)));
  odt
    .command("qr <hex>")
    .description("show a message as a QR code")
    .option("--png", "as a PNG picture, with --out")
    .option("--svg", "as an SVG picture")
    .option("--terminal", "as text for a terminal, the default")
    .option("--out <file>", "where to write it; .png and .svg say the format too")
    .option(...ONE_BYTE)
    .addHelpText(
      "after",
      "\nExamples:\n  chequecard odt qr 0000A1B2...\n  chequecard odt qr 0000A1B2... --out proof.png\n",
    )
    .action((hex: string, options: QrOptions) => run((context) => qr(context, hex, options)));
};
