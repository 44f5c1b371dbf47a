import { CLA, INS, ISSUER_SECURITY_DOMAIN_AID } from "../../apdu/constants.js";
import { LEVEL, SCP03_I } from "../../apdu/secure-channel/primitives.js";
import { SW } from "../../apdu/status-words.js";
import { requireLength } from "../../common/index.js";
import type { Applet, AppletContext, AppletPackage } from "../runtime/applet.js";
import type { Command } from "../runtime/command.js";
import { IsoError, RuntimeFault } from "../runtime/errors.js";
import { CardChannel, type ChannelConfiguration } from "./channel.js";
import { getStatus } from "./get-status.js";
import {
  diversificationData,
  domainInformation,
  keyInformation,
  productionData,
  recognitionData,
  SERIAL_LENGTH,
} from "./identity.js";
import { CardKeyStore, type VersionedKeys } from "./key-store.js";
import { putKey } from "./put-key.js";

const PRODUCTION_DATA = 0x9f7f;
const RECOGNITION_DATA = 0x0066;
const KEY_INFORMATION = 0x00e0;
const SECURE_BIT = 0x04;

/** Name of the domain's part of the persistent memory. */
export const DOMAIN_NAME = "issuer-security-domain";

/** What a new card's security domain is like. A card that is loaded from an image has all of it already. */
export interface DomainOptions {
  /** 6 bytes; random when absent. */
  readonly serial?: Uint8Array;
  /**
   * The keys that the card leaves the factory with, from its diversification data (10 bytes). There is no
   * default: without it the card has no keys, and no channel can be opened.
   */
  readonly keys?: (diversification: Uint8Array) => VersionedKeys;
  /** Challenges, cryptograms and MACs of 16 bytes instead of 8. */
  readonly s16?: boolean;
  /** Responses go in clear and without a MAC, as on older cards. */
  readonly plainResponses?: boolean;
  /** Challenges from the card's random number generator instead of the pseudo-random ones. */
  readonly randomChallenge?: boolean;
  /** Its factory keys stay when others are added. Most cards lose them then. */
  readonly keepsFactoryKeys?: boolean;
}

/** The issuer security domain, and what it shares with the other applets of its card. */
export interface IssuerSecurityDomain {
  /** To be installed first, as the default applet. */
  readonly package: AppletPackage;
  /** A channel for an applet that is being installed, with the domain's keys. @throws RuntimeFault before the domain is installed */
  channel(context: AppletContext, aid: Uint8Array): CardChannel;
}

/** Parameter "i" of a new card. */
const parameterOf = (options: DomainOptions): number =>
  (options.s16 ? SCP03_I.S16 : 0) |
  (options.randomChallenge ? 0 : SCP03_I.PSEUDO_RANDOM) |
  (options.plainResponses ? 0 : SCP03_I.R_MAC | SCP03_I.R_ENCRYPTION);

/** The security domain of one card; each card needs its own. */
export function issuerSecurityDomain(options: DomainOptions = {}): IssuerSecurityDomain {
  let configuration: ChannelConfiguration | undefined;
  const applications: Uint8Array[] = [];
  return {
    package: {
      aid: ISSUER_SECURITY_DOMAIN_AID,
      name: DOMAIN_NAME,
      install(context) {
        const serial = options.serial ?? context.random(SERIAL_LENGTH);
        requireLength(serial, SERIAL_LENGTH, "serial");
        const identity = context.persistent("serial", Uint8Array.from(serial)).bytes;
        const diversification = diversificationData(identity);
        const i = context.persistent("parameter-i", Uint8Array.of(parameterOf(options))).u8();
        const keys = new CardKeyStore(context, options.keys?.(diversification), options.keepsFactoryKeys);
        configuration = { keys, diversification, i };
        return new DomainApplet(context, configuration, identity, applications);
      },
    },
    channel(context, aid) {
      if (!configuration) throw new RuntimeFault("the security domain is not installed");
      applications.push(aid);
      return new CardChannel(context, configuration, aid);
    },
  };
}

/** The applet: describes the card, opens a channel, and changes keys through it. */
class DomainApplet implements Applet {
  readonly #channel: CardChannel;
  readonly #configuration: ChannelConfiguration;
  readonly #serial: Uint8Array;
  readonly #applications: readonly Uint8Array[];
  /** Version of the keys of the channel, in transient memory. */
  readonly #session: Uint8Array;

  constructor(
    context: AppletContext,
    configuration: ChannelConfiguration,
    serial: Uint8Array,
    applications: readonly Uint8Array[],
  ) {
    this.#channel = new CardChannel(context, configuration, ISSUER_SECURITY_DOMAIN_AID);
    this.#configuration = configuration;
    this.#serial = serial;
    this.#applications = applications;
    this.#session = context.transient(1, "deselect");
  }

  select(): Uint8Array {
    return domainInformation(ISSUER_SECURITY_DOMAIN_AID);
  }

  deselect(): void {}

  process(command: Command): Uint8Array {
    const { cla, ins } = command;
    if (cla !== CLA.ISO && cla !== CLA.PROPRIETARY && cla !== CLA.SECURE)
      throw new IsoError(SW.CLA_NOT_SUPPORTED);
    if (cla === CLA.PROPRIETARY && ins === INS.INITIALIZE_UPDATE) {
      const answer = this.#channel.initializeUpdate(command);
      this.#session[0] = answer[10] ?? 0;
      return answer;
    }
    if (cla === CLA.SECURE && ins === INS.EXTERNAL_AUTHENTICATE)
      return this.#channel.externalAuthenticate(command);
    // While a channel is open, every command must be protected as it was agreed.
    if ((cla & SECURE_BIT) === 0 && (this.#channel.level & LEVEL.C_MAC) === 0)
      return this.#run(command, command.data);
    return this.#channel.wrap(this.#run(command, this.#channel.unwrap(command, 0)));
  }

  #run({ ins, p1p2 }: Command, data: Uint8Array): Uint8Array {
    switch (ins) {
      case INS.GET_DATA:
        return this.#getData(p1p2);
      case INS.PUT_KEY:
        this.#requireChannel();
        return putKey(this.#configuration.keys, this.#session[0] ?? 0, p1p2, data);
      case INS.GET_STATUS:
        this.#requireChannel();
        return getStatus(ISSUER_SECURITY_DOMAIN_AID, this.#applications, p1p2, data);
      case INS.SELECT:
        throw new IsoError(SW.NOT_FOUND);
      default:
        throw new IsoError(SW.INS_NOT_SUPPORTED);
    }
  }

  #getData(tag: number): Uint8Array {
    switch (tag) {
      case PRODUCTION_DATA:
        return productionData(this.#serial);
      case RECOGNITION_DATA:
        return recognitionData(this.#configuration.i);
      case KEY_INFORMATION:
        return keyInformation(this.#configuration.keys.versions());
      default:
        throw new IsoError(SW.REFERENCE_NOT_FOUND);
    }
  }

  #requireChannel(): void {
    if (!this.#channel.isOpen) throw new IsoError(SW.SECURITY_NOT_SATISFIED);
  }
}
