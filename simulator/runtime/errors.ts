import { TransportError } from "../../apdu/transport.js";
import { ChequecardError } from "../../common/index.js";

/** Where in a command the power of a simulated card fails. */
export type TearPoint =
  /** The command never reaches the card. */
  | "before-command"
  /** The n-th persistent write of the command (from 1) no longer takes place. */
  | { readonly write: number }
  /** The command has run; its response never leaves the card. */
  | "after-command";

/** The card lost power at a point that a test chose; its persistent memory holds what was written until then. */
export class TornError extends TransportError {
  readonly point: TearPoint;

  constructor(point: TearPoint) {
    const where =
      typeof point === "object" ? `at persistent write ${point.write}` : point.replace("-", " the ");
    super("torn", `the card lost power ${where}`, { hint: "Lay the card on the reader again." });
    this.point = point;
  }
}

/** Ends a command with a status word, as an applet on a Java Card does with ISOException. */
export class IsoError extends ChequecardError {
  override readonly code = "iso";
  /** 0..0xFFFF */
  readonly sw: number;

  constructor(sw: number) {
    super(`status word ${sw.toString(16).padStart(4, "0")}`);
    this.sw = sw;
  }
}

/** An applet used the runtime against its rules; the card answers 6F00 and rolls back. */
export class RuntimeFault extends ChequecardError {
  override readonly code = "runtime-fault";
}

/** Stops everything that runs on the card at the moment its power fails. Never seen outside the runtime. */
export class PowerCut extends ChequecardError {
  override readonly code = "power-cut";

  constructor() {
    super("the card has no power");
  }
}
