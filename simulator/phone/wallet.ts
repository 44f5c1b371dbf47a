import { CLA, INS } from "../../apdu/constants.js";
import {
  COLLECT_PART_LENGTH,
  EXCHANGE_AID,
  EXCHANGE_CAPABILITY,
  EXCHANGE_INS,
  EXCHANGE_MAJOR,
  EXCHANGE_MINOR,
  MAX_PRESENTED_LENGTH,
} from "../../apdu/exchange/constants.js";
import { SW } from "../../apdu/status-words.js";
import type { Applet, AppletPackage } from "../runtime/applet.js";
import { type CardHardware, SimulatedCard } from "../runtime/card.js";
import type { Command } from "../runtime/command.js";
import { IsoError } from "../runtime/errors.js";

/** What the wallet on a simulated phone can do. */
export interface PhoneWalletPorts {
  /**
   * Pays a BOLT 11 invoice from the phone's own money. Called once for an invoice.
   * @returns the preimage, 32 bytes; rejects when the payment failed for certain
   */
  readonly pay: (invoice: string) => Promise<Uint8Array>;
  /**
   * Instead of paying: hands over a token with which the node at `uri` (ASCII) can be asked to pay. Called once for
   * an invoice; rejects when there is none.
   */
  readonly authorize?: (invoice: string) => Promise<{ readonly uri: string; readonly token: Uint8Array }>;
  /** Whether the wallet can pay such an invoice at all. Default: every one. */
  readonly accepts?: (invoice: string) => boolean;
  /** Asks the owner. Default: the owner agrees at once. */
  readonly confirm?: (invoice: string) => Promise<boolean>;
}

/** How the wallet stands with one invoice. */
type Entry = { message: Uint8Array | undefined; refused: boolean };

/** Invoices whose outcome the wallet remembers. */
const REMEMBERED = 16;
const NO_DATA = new Uint8Array(0);
const LINK = CLA.PROPRIETARY | CLA.CHAINED;

/** The exchange application of a phone's wallet (specs/06 §5). It reads its command bytes itself. */
class PhoneWallet implements Applet {
  readonly #ports: PhoneWalletPorts;
  /** By invoice, oldest first. The phone has its own power: this outlives every tap. */
  readonly #entries = new Map<string, Entry>();
  /** What came of a chain so far; undefined outside a chain. */
  #chain: number[] | undefined;
  /** The invoice presented since the selection: what COLLECT answers for. */
  #presented: Entry | undefined;

  constructor(ports: PhoneWalletPorts) {
    this.#ports = ports;
  }

  select(): Uint8Array {
    this.deselect();
    const { PREIMAGE, PAYMENT_AUTHORIZATION } = EXCHANGE_CAPABILITY;
    const can = this.#ports.authorize ? PAYMENT_AUTHORIZATION : PREIMAGE;
    const profile = [EXCHANGE_MAJOR, EXCHANGE_MINOR, can, 0];
    const proprietary = [0xa5, profile.length + 2, 0xc1, profile.length, ...profile];
    const fci = [0x84, EXCHANGE_AID.length, ...EXCHANGE_AID, ...proprietary];
    return Uint8Array.of(0x6f, fci.length, ...fci);
  }

  deselect(): void {
    this.#chain = undefined;
    this.#presented = undefined;
  }

  process(command: Command): Uint8Array {
    const { cla, ins, p1p2, data } = command;
    const chain = this.#chain;
    this.#chain = undefined;
    if (cla !== CLA.PROPRIETARY && cla !== LINK && cla !== CLA.ISO) throw new IsoError(SW.CLA_NOT_SUPPORTED);
    if (cla === CLA.ISO) throw new IsoError(ins === INS.SELECT ? SW.NOT_FOUND : SW.INS_NOT_SUPPORTED);
    if (ins !== EXCHANGE_INS.PRESENT && ins !== EXCHANGE_INS.COLLECT)
      throw new IsoError(SW.INS_NOT_SUPPORTED);
    if (chain && ins !== EXCHANGE_INS.PRESENT) throw new IsoError(SW.CHAIN_NOT_ENDED);
    if (ins === EXCHANGE_INS.COLLECT) {
      if (cla === LINK) throw new IsoError(SW.CLA_NOT_SUPPORTED);
      if (data.length > 0) throw new IsoError(SW.WRONG_LENGTH);
      return this.#collect(p1p2);
    }
    if (p1p2 !== 0) throw new IsoError(SW.WRONG_P1P2);
    const whole = [...(chain ?? []), ...data];
    if (data.length === 0 || whole.length > MAX_PRESENTED_LENGTH) throw new IsoError(SW.WRONG_LENGTH);
    if (cla === LINK) this.#chain = whole;
    else this.#present(String.fromCharCode(...whole));
    return NO_DATA;
  }

  #present(invoice: string): void {
    this.#presented = undefined;
    if (!/^[!-@[-~]+$/.test(invoice)) throw new IsoError(SW.WRONG_DATA);
    if (!(this.#ports.accepts?.(invoice) ?? true)) throw new IsoError(SW.INVOICE_NOT_ACCEPTED);
    this.#presented = this.#entries.get(invoice) ?? this.#begin(invoice);
  }

  #begin(invoice: string): Entry {
    if (this.#entries.size >= REMEMBERED && !this.#forgetOne()) throw new IsoError(SW.INVOICE_NOT_ACCEPTED);
    const entry: Entry = { message: undefined, refused: false };
    this.#entries.set(invoice, entry);
    const settle = async (): Promise<void> => {
      const { authorize, confirm, pay } = this.#ports;
      const agreed = (await confirm?.(invoice)) ?? true;
      if (agreed && authorize) {
        entry.message = authorizationMessage(await authorize(invoice));
        return;
      }
      const preimage = agreed ? await pay(invoice) : NO_DATA;
      if (preimage.length === 32) entry.message = Uint8Array.of(0x00, 0x00, ...preimage);
      else entry.refused = true;
    };
    settle().catch(() => {
      entry.refused = true;
    });
    return entry;
  }

  /** Forgets the oldest invoice that is decided; one that is being paid is never forgotten. */
  #forgetOne(): boolean {
    for (const [invoice, { message, refused }] of this.#entries)
      if (message || refused) return this.#entries.delete(invoice);
    return false;
  }

  #collect(offset: number): Uint8Array {
    const entry = this.#presented;
    if (!entry) throw new IsoError(SW.CONDITIONS_NOT_SATISFIED);
    if (entry.refused) throw new IsoError(SW.DECLINED);
    const { message } = entry;
    if (!message) throw new IsoError(SW.NOTHING_YET);
    if (offset >= message.length) throw new IsoError(SW.WRONG_P1P2);
    const part = message.subarray(offset, offset + COLLECT_PART_LENGTH);
    return Uint8Array.of(message.length >> 8, message.length & 0xff, ...part);
  }
}

/** Offline message of type 1 (specs/06 §3.2). */
function authorizationMessage({ uri, token }: { uri: string; token: Uint8Array }): Uint8Array {
  const sized = (bytes: Uint8Array) => [bytes.length >> 8, bytes.length & 0xff, ...bytes];
  return Uint8Array.of(0x00, 0x01, ...sized(Buffer.from(uri, "latin1")), ...sized(token));
}

/** The wallet as an application of a phone. */
function phoneWallet(ports: PhoneWalletPorts): AppletPackage {
  return { aid: EXCHANGE_AID, name: "phone-wallet", install: () => new PhoneWallet(ports) };
}

/** A phone that emulates a card with the wallet on it; it is laid on readers like a card. */
export function simulatedPhone(
  ports: PhoneWalletPorts,
  hardware: Omit<CardHardware, "image" | "save"> = {},
): SimulatedCard {
  return new SimulatedCard(hardware, [phoneWallet(ports)]);
}
