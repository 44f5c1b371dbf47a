import { bytesToHex, isCurrency, ParseError, secp256k1 } from "../../common/index.js";
import type { Network } from "../../lightning/network.js";
import { formatNodeUri, type NodeUri, parseNodeUri } from "../../lightning/node-uri.js";
import { strangersProblem } from "../../lightning/untrusted-uri.js";
import type { CommandContext } from "../command-context.js";
import { InputError } from "../error-report.js";
import { askCardKey } from "../prompt/card-key.js";
import { keyboard } from "../prompt/keyboard.js";

/** Options of `issuer init` that are asked for where they are left out. */
export interface AnswerOptions {
  /** `host:port` at which terminals reach the node. */
  readonly address?: string;
  /** ISO 4217, or `none`. */
  readonly currency?: string;
  readonly pin?: boolean;
  readonly factoryKeys?: string;
}

/** Which keys the blank cards come with: the published test key, one key for all, or keys derived from one (KDF3). */
type FactoryKind = "test" | "known" | "derived";

/** What an issuer is made with. */
export interface InitAnswers {
  /** undefined: this machine's. */
  readonly address: NodeUri | undefined;
  /** ISO 4217, in small letters. */
  readonly currency: string | undefined;
  readonly pin: boolean;
  readonly factory: {
    readonly kind: FactoryKind;
    /** 16 bytes, unless it is the test key. */
    readonly key?: Uint8Array;
  };
}

/** One thing to know: from its option, from who can be asked, or what holds without either. */
interface Question<T> {
  readonly option: string | undefined;
  readonly text: string;
  /** @throws ParseError; InputError, which is shown before the question is asked again */
  readonly read: (answer: string) => T;
  /** Where there is no terminal. @throws InputError */
  readonly otherwise: () => T;
}

async function answered<T>(context: CommandContext, question: Question<T>): Promise<T> {
  if (question.option !== undefined) return question.read(question.option);
  if (!keyboard.isTerminal) return question.otherwise();
  for (;;) {
    const typed = await keyboard.line(question.text, context.signal);
    if (typed === undefined) throw new InputError("issuer init: not all was answered; nothing was made");
    try {
      return question.read(typed.trim());
    } catch (error) {
      if (!(error instanceof ParseError || error instanceof InputError)) throw error;
      context.note(error.message);
    }
  }
}

/** Any node's id: of an address alone only the form is read. */
const SOME_NODE = bytesToHex(secp256k1.publicKey(new Uint8Array(32).fill(1, 31)));

/** @throws ParseError; InputError when no stranger can dial it */
function readAddress(text: string, network: Network): NodeUri {
  const uri = parseNodeUri(`${SOME_NODE}@${text}`, "--address");
  const problem = strangersProblem(uri, network);
  if (problem) throw new InputError(`--address: ${problem}`);
  return uri;
}

function readCurrency(text: string): string | undefined {
  const code = text.toLowerCase();
  if (code === "" || code === "none") return undefined;
  if (!isCurrency(code))
    throw new InputError(
      `--currency: need a code of ISO 4217 such as eur, or none, have "${text.slice(0, 20)}"`,
    );
  return code;
}

function readYesNo(text: string): boolean {
  if (/^y(es)?$/i.test(text)) return true;
  if (/^(no?)?$/i.test(text)) return false;
  throw new InputError(`need y or n, have "${text.slice(0, 20)}"`);
}

const isFactoryKind = (text: string): text is FactoryKind =>
  text === "test" || text === "known" || text === "derived";

function readFactoryKind(text: string): FactoryKind {
  const kind = text.toLowerCase();
  if (isFactoryKind(kind)) return kind;
  throw new InputError(`--factory-keys: need test, known or derived, have "${text.slice(0, 20)}"`);
}

/**
 * Everything that an issuer is made with, from options, from who can be asked, or by default. Keys of blank cards have
 * none: the published test key is taken by who names it alone. The caller wipes the key.
 * @throws ParseError; InputError
 */
export async function initAnswers(
  context: CommandContext,
  options: AnswerOptions,
  { network, announced }: { readonly network: Network; readonly announced?: string | undefined },
): Promise<InitAnswers> {
  const address = await answered(context, {
    option: options.address,
    text: `Public address of the node, host:port; cards keep it for good (Enter: ${announced ?? "this machine, to try it out"}): `,
    read: (text) => (text === "" ? undefined : readAddress(text, network)),
    otherwise: () => undefined,
  });
  const currency = await answered(context, {
    option: options.currency,
    text: "Currency at the desk, such as eur (Enter: none, amounts in sat only): ",
    read: readCurrency,
    otherwise: () => undefined,
  });
  const pin = await answered(context, {
    option: options.pin === undefined ? undefined : options.pin ? "y" : "n",
    text: "A PIN for each card, asked for above 5,000 sat? [y/N] ",
    read: readYesNo,
    otherwise: () => false,
  });
  const kind = await answered(context, {
    option: options.factoryKeys,
    text: "Keys of the blank cards: test (the published test key, to try it out), known (one key for all, from their maker), or derived (from a master key, KDF3): ",
    read: readFactoryKind,
    otherwise: () => {
      throw new InputError("--factory-keys: there is no terminal to ask for it", {
        hint: "Give --factory-keys test for cards with the published test key and for simulated ones, known for one key on every card, or derived for a master key.",
      });
    },
  });
  return {
    address,
    currency,
    pin,
    factory: kind === "test" ? { kind } : { kind, key: await askCardKey(context) },
  };
}

/** The public address of a node. @param own the node's own URI */
export const publicUri = (own: string, address: NodeUri | undefined): string =>
  address === undefined ? own : formatNodeUri({ ...address, nodeId: parseNodeUri(own).nodeId });
