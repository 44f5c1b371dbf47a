import { randomBytes } from "node:crypto";
import { TransportError } from "../../apdu/transport.js";
import type { AppletPackage } from "./applet.js";
import type { ProvableCard } from "./card-port.js";
import { PowerCut, RuntimeFault, type TearPoint, TornError } from "./errors.js";
import { type MemoryImage, PersistentMemory } from "./persistent-memory.js";
import { ATR, type CardProtocol, ResponseLayer } from "./protocol.js";
import { CardRuntime } from "./runtime.js";

/** What a card is made of. */
export interface CardHardware {
  /** Default T=CL. */
  readonly protocol?: CardProtocol;
  /** The card's random number generator; default the system's. */
  readonly entropy?: (length: number) => Uint8Array;
  /** Persistent memory of an earlier card with the same applets. */
  readonly image?: MemoryImage;
  /** Called with the persistent memory after each change of it, before the answer leaves. It must be durable on return. */
  readonly save?: (image: MemoryImage) => void;
}

/**
 * A smart card: memory, runtime and protocol behind power and APDUs. Everything is synchronous; simulator/transport
 * gives it the project's Transport. A new card has no power.
 */
export class SimulatedCard implements ProvableCard {
  readonly protocol: CardProtocol;
  /** Answer to reset. */
  readonly atr: Uint8Array;
  readonly #memory: PersistentMemory;
  readonly #runtime: CardRuntime;
  readonly #responses: ResponseLayer;
  readonly #save: ((image: MemoryImage) => void) | undefined;
  #powered = false;
  #powerUps = 0;
  #broken: TransportError | undefined;
  #tear: TearPoint | undefined;

  /**
   * @param applets in the order of installation; @param byDefault selected at power-up
   * @throws RuntimeFault when `image` is not of a card with these applets
   */
  constructor(hardware: CardHardware, applets: readonly AppletPackage[], byDefault?: AppletPackage) {
    this.protocol = hardware.protocol ?? "T=CL";
    this.atr = ATR[this.protocol].slice();
    this.#save = hardware.save;
    this.#memory = new PersistentMemory(hardware.image);
    this.#responses = new ResponseLayer(this.protocol);
    this.#runtime = new CardRuntime(this.#memory, hardware.entropy ?? randomBytes, applets, byDefault);
    const [unclaimed] = this.#memory.unclaimed;
    if (unclaimed !== undefined)
      throw new RuntimeFault(`persistent cell ${unclaimed} belongs to no applet of this card`);
  }

  get isPowered(): boolean {
    return this.#powered;
  }

  /** How often the card got power: two equal numbers mean the same stretch of power. */
  get powerUps(): number {
    return this.#powerUps;
  }

  /** Persistent writes of the last command or power-up: the points at which {@link tearAt} can cut it. */
  get writes(): number {
    return this.#memory.writes;
  }

  /**
   * Gives the card power, or takes it away and gives it again. A torn transaction is rolled back.
   * @param tearAtWrite cuts the power again at this persistent write of the roll-back, from 1
   * @returns the answer to reset
   * @throws TornError
   */
  powerOn(tearAtWrite?: number): Uint8Array {
    if (this.#broken) throw this.#broken;
    this.powerOff();
    this.#run(tearAtWrite === undefined ? undefined : { write: tearAtWrite }, () => {
      this.#memory.powerUp();
      this.#responses.reset();
      this.#runtime.powerUp();
    });
    this.#powered = true;
    this.#powerUps += 1;
    return this.atr.slice();
  }

  /** Takes the power away. Only persistent memory is left. */
  powerOff(): void {
    this.#powered = false;
  }

  /** Takes the power away for good: the card's memory now belongs to another object. */
  retire(): void {
    this.powerOff();
    this.#broken ??= new TransportError("closed", "the card was closed");
  }

  /**
   * Cuts the power in the next command. With `{ write: n }` a command of fewer persistent writes is not torn.
   * @param point undefined: no longer
   */
  tearAt(point: TearPoint | undefined): void {
    this.#tear = point;
  }

  /**
   * One command APDU and its response APDU. Any bytes have an answer of at least 2 bytes.
   * @throws TransportError `no-card` without power, `torn` (TornError) as {@link tearAt} asked, `torn` when the
   * state could not be saved: then the card stays dead
   */
  exchange(command: Uint8Array): Uint8Array {
    if (!this.#powered) throw this.#broken ?? new TransportError("no-card", "the card has no power");
    const point = this.#tear;
    this.#tear = undefined;
    if (point === "before-command") throw this.#torn(point);
    const response = this.#run(point, () =>
      this.#responses.exchange(command, (read) => this.#runtime.process(read)),
    );
    if (point === "after-command") throw this.#torn(point);
    return response;
  }

  /** What persistent memory holds, a copy: a card made with it goes on from here. */
  image(): MemoryImage {
    return this.#memory.image();
  }

  /** What persistent memory holds, as one byte string to compare. */
  dump(): Uint8Array {
    return this.#memory.dump();
  }

  #run<T>(point: TearPoint | undefined, work: () => T): T {
    this.#memory.resetWrites();
    if (typeof point === "object") this.#memory.cutAtWrite(point.write);
    try {
      const result = work();
      this.#saveChanges();
      return result;
    } catch (error) {
      if (!(error instanceof PowerCut) || point === undefined) throw error;
      this.#saveChanges();
      throw this.#torn(point);
    } finally {
      this.#memory.cancelCut();
    }
  }

  #torn(point: TearPoint): TornError {
    this.powerOff();
    return new TornError(point);
  }

  #saveChanges(): void {
    if (!this.#save || this.#memory.writes === 0) return;
    try {
      this.#save(this.#memory.image());
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
}
