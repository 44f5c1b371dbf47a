import { CLA, INS } from "../../apdu/constants.js";
import { SW } from "../../apdu/status-words.js";
import type { Applet, AppletPackage } from "../runtime/applet.js";
import type { Command } from "../runtime/command.js";
import { IsoError } from "../runtime/errors.js";
import type { IssuerSecurityDomain } from "../security-domain/domain.js";
import { TagFiles } from "./files.js";
import { FacePersonalization } from "./personalization.js";
import { allocateFace, BOLT_CARD_NAME, type FaceState, NDEF_AID } from "./state.js";

const READ_BINARY = 0xb0;
const BY_NAME: readonly number[] = [0x0400, 0x040c];
const BY_FILE_ID: readonly number[] = [0x0000, 0x000c];
/** Bit 8 of P1 names a file by its short identifier: the files have none. */
const SHORT_FILE_ID = 0x8000;
const MAX_LE = 256;
const NO_DATA = new Uint8Array(0);

/** The second face of a card (specs/10 §8): an NFC Forum Type 4 tag whose address changes with each session. */
class BoltCardApplication implements Applet {
  readonly #files: TagFiles;
  readonly #personalization: FacePersonalization;

  constructor(files: TagFiles, personalization: FacePersonalization) {
    this.#files = files;
    this.#personalization = personalization;
  }

  select(): Uint8Array {
    this.#personalization.finishReset();
    return NO_DATA;
  }

  deselect(): void {}

  process(command: Command): Uint8Array {
    switch (command.cla) {
      case CLA.ISO:
        return this.#processIso(command);
      case CLA.PROPRIETARY:
        if (command.ins !== INS.INITIALIZE_UPDATE) throw new IsoError(SW.INS_NOT_SUPPORTED);
        return this.#personalization.initializeUpdate(command);
      case CLA.SECURE:
        return this.#personalization.process(command);
      default:
        throw new IsoError(SW.CLA_NOT_SUPPORTED);
    }
  }

  #processIso({ ins, p1p2, data, le }: Command): Uint8Array {
    switch (ins) {
      case INS.SELECT:
        if (BY_NAME.includes(p1p2)) throw new IsoError(SW.NOT_FOUND);
        if (!BY_FILE_ID.includes(p1p2)) throw new IsoError(SW.WRONG_P1P2);
        if (data.length !== 2) throw new IsoError(SW.WRONG_LENGTH);
        this.#files.select(data);
        return NO_DATA;
      case READ_BINARY:
        if (p1p2 & SHORT_FILE_ID) throw new IsoError(SW.WRONG_P1P2);
        if (data.length > 0) throw new IsoError(SW.WRONG_LENGTH);
        return this.#files.read(p1p2, le ?? MAX_LE);
      default:
        throw new IsoError(SW.INS_NOT_SUPPORTED);
    }
  }
}

/**
 * The application as it is installed, blank.
 * @param domain lends its keys; without one the face cannot be personalized by commands
 * @param onState receives the state that the application works on: a factory fills it in
 */
export function boltCardApplication(
  domain: IssuerSecurityDomain | undefined,
  onState: (state: FaceState) => void = () => {},
): AppletPackage {
  return {
    aid: NDEF_AID,
    name: BOLT_CARD_NAME,
    install(context) {
      const face = allocateFace(context);
      onState(face);
      const channel = domain?.channel(context, NDEF_AID);
      return new BoltCardApplication(
        new TagFiles(context, face),
        new FacePersonalization(context, face, channel),
      );
    },
  };
}
