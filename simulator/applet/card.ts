import { TransportError } from "../../apdu/transport.js";
import { bytesToHex, concatBytes, u16, u32, utf8 } from "../../common/index.js";
import { hasBoltCard } from "../bolt-card/state.js";
import type { CardHardware } from "../runtime/card.js";
import type { ProvableCard } from "../runtime/card-port.js";
import { type TearPoint, TornError } from "../runtime/errors.js";
import type { MemoryImage } from "../runtime/persistent-memory.js";
import { ATR } from "../runtime/protocol.js";
import type { VersionedKeys } from "../security-domain/key-store.js";
import { type AppletBridge, OPERATION, sharedBridge } from "./bridge.js";
import { type AppletMemory, cellsOf, readMemory, withCells, writeMemory } from "./places.js";

/** The applet's memory in the cells of a simulated card, and as it is. */
export interface AppletImage extends MemoryImage {
  readonly whole: Uint8Array;
}
const SERIAL = "issuer-security-domain/serial";
const PARAMETER_I = "issuer-security-domain/parameter-i";

/** A card with the applet, before it has power: as from the factory, or as an image left it. */
export interface AppletHardware extends Pick<CardHardware, "image" | "save" | "entropy"> {
  /** 6 bytes that name the chip; an image has its own. */
  readonly serial?: Uint8Array;
  /** Parameter "i" of SCP03; an image has its own. */
  readonly i?: number;
  /** Keys of the factory; an image has its own. */
  readonly keys?: VersionedKeys;
  /** The Bolt Card application is installed too; an image says by itself. */
  readonly boltCard?: boolean;
  readonly bridge?: AppletBridge;
}

/** Parameter "i": S8, pseudo-random challenges, responses protected. */
const USUAL_I = 0x70;

/**
 * A card with the Java Card applet, in a process of its own, with the members of a simulated card. `entropy` is not its
 * random number generator; it is called with 0 for each use of that, so that a test can see when it was.
 */
export class AppletCard implements ProvableCard {
  readonly protocol = "T=CL";
  readonly atr: Uint8Array = ATR["T=CL"].slice();
  readonly #bridge: AppletBridge;
  readonly #number: number;
  readonly #save: CardHardware["save"];
  #onDraw: CardHardware["entropy"];
  #powered = false;
  #powerUps = 0;
  #writes = 0;
  #tear: TearPoint | undefined;
  #broken: TransportError | undefined;

  /** @throws AppletError where the applet cannot be run */
  constructor({
    image,
    save,
    entropy,
    serial,
    i = USUAL_I,
    keys,
    boltCard = false,
    bridge = sharedBridge(),
  }: AppletHardware = {}) {
    this.#bridge = bridge;
    this.#number = bridge.nextCard();
    this.#save = save;
    this.#onDraw = entropy;
    const cells = image?.cells ?? {};
    const chip = cells[SERIAL] ?? serial ?? new Uint8Array(6);
    const parameter = cells[PARAMETER_I] ?? Uint8Array.of(i);
    const factory = keys
      ? concatBytes(Uint8Array.of(keys.version), keys.enc, keys.mac, keys.dek)
      : Uint8Array.of(0);
    this.#request(OPERATION.NEW_CARD, concatBytes(chip, parameter, factory));
    forgottenCards.register(this, { bridge, number: this.#number });
    if (boltCard || (image && hasBoltCard(image))) this.#request(OPERATION.INSTALL_BOLT_CARD);
    if (image) this.load(image, entropy);
  }

  /** Makes it the card of an image, without power: quicker than a new one. The chip stays the same. */
  load(image: MemoryImage, entropy?: CardHardware["entropy"]): void {
    this.#onDraw = entropy;
    this.#tear = undefined;
    this.#powered = false;
    const { whole } = image as Partial<AppletImage>;
    this.#request(OPERATION.LOAD, whole ?? writeMemory(withCells(this.#memory(), image)));
  }

  get isPowered(): boolean {
    return this.#powered;
  }

  get powerUps(): number {
    return this.#powerUps;
  }

  /** Steps of persistent memory of the last command or power-up: the points at which {@link tearAt} can cut it. */
  get writes(): number {
    return this.#writes;
  }

  /** @param tearAtWrite cuts the power again at this step of the roll-back @throws TornError */
  powerOn(tearAtWrite = 0): Uint8Array {
    if (this.#broken) throw this.#broken;
    this.#powered = false;
    const { torn } = this.#request(OPERATION.POWER_ON, u16(tearAtWrite));
    if (torn) throw new TornError({ write: tearAtWrite });
    this.#powered = true;
    this.#powerUps += 1;
    return this.atr.slice();
  }

  powerOff(): void {
    if (this.#powered) this.#request(OPERATION.POWER_OFF);
    this.#powered = false;
  }

  /** Takes the power away for good. */
  retire(): void {
    this.powerOff();
    this.#broken ??= new TransportError("closed", "the card was closed");
  }

  /** Cuts the power in the next command. @param point undefined: no longer */
  tearAt(point: TearPoint | undefined): void {
    this.#tear = point;
  }

  /** @throws TransportError `no-card` without power, `torn` (TornError) as {@link tearAt} asked */
  exchange(command: Uint8Array): Uint8Array {
    if (!this.#powered) throw this.#broken ?? new TransportError("no-card", "the card has no power");
    const point = this.#tear;
    this.#tear = undefined;
    if (point === "before-command") throw this.#torn(point);
    const cut = typeof point === "object" ? point.write : 0;
    const answer = this.#request(OPERATION.EXCHANGE, concatBytes(u16(cut), command));
    if (this.#onDraw)
      for (const writes of answer.draws) {
        this.#writes = writes;
        this.#onDraw(0);
      }
    this.#writes = answer.writes;
    if (this.#writes > 0) this.#saveChanges();
    if (answer.torn && point !== undefined) throw this.#torn(point);
    if (point === "after-command") throw this.#torn(point);
    return answer.data;
  }

  /** What persistent memory holds, a copy. */
  image(): AppletImage {
    const whole = this.#request(OPERATION.SAVE).data;
    const memory = readMemory(whole);
    return { cells: cellsOf(memory), journal: memory.journal, whole };
  }

  /** What persistent memory holds, as one byte string to compare. */
  dump(): Uint8Array {
    const { places, journal } = this.#memory();
    const entries = journal.map(({ cell, offset, old }) => `${cell}:${offset}:${bytesToHex(old)};`);
    return concatBytes(u32(journal.length), utf8(entries.join("")), ...Object.values(places));
  }

  /** As jCardSim by itself is: transactions mean nothing. For a sweep that must notice it. */
  forgetTransactions(): void {
    this.#request(OPERATION.FORGET_TRANSACTIONS);
  }

  /** Loses with the power how signatures and ciphers were set up, as the API does not foresee. */
  forgetSetUp(): void {
    this.#request(OPERATION.FORGET_SET_UP);
  }

  /** What the applet did since the last call, by name; only where its bridge counts. */
  counts(): Readonly<Record<string, number>> {
    const text = new TextDecoder().decode(this.#request(OPERATION.COUNTS).data);
    const lines = text.split("\n").map((line) => /^(.+) (\d+)$/.exec(line) ?? []);
    return Object.fromEntries(lines.flatMap(([, name, count]) => (name ? [[name, Number(count)]] : [])));
  }

  #memory(): AppletMemory {
    return readMemory(this.#request(OPERATION.SAVE).data);
  }

  #saveChanges(): void {
    try {
      this.#save?.({ cells: cellsOf(this.#memory()), journal: [] });
    } catch (cause) {
      this.powerOff();
      this.#broken = new TransportError(
        "torn",
        "the card's state could not be saved; the command may have run",
        {
          cause,
          hint: "Open the card file again.",
        },
      );
      throw this.#broken;
    }
  }

  #torn(point: TearPoint): TornError {
    this.powerOff();
    return new TornError(point);
  }

  #request(operation: number, data?: Uint8Array) {
    const answer = this.#bridge.request(operation, this.#number, data);
    if (operation === OPERATION.POWER_ON) this.#writes = answer.writes;
    return answer;
  }
}

/** Cards that nobody holds any more are forgotten in the other process too. */
const forgottenCards = new FinalizationRegistry<{ bridge: AppletBridge; number: number }>(
  ({ bridge, number }) => {
    bridge.forget(number);
  },
);
