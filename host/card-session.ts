import { authorize } from "../apdu/commands/authorize.js";
import { changePin } from "../apdu/commands/change-pin.js";
import { send } from "../apdu/commands/codec.js";
import { getProfile, readCertificate } from "../apdu/commands/get-data.js";
import { identify } from "../apdu/commands/identify.js";
import type { CardProfile } from "../apdu/commands/profile.js";
import { type SelectResponse, select } from "../apdu/commands/select.js";
import { update } from "../apdu/commands/update.js";
import { type PinState, queryPin, verifyPin } from "../apdu/commands/verify-pin.js";
import type { Reader } from "../apdu/reader.js";
import { withResponseChaining } from "../apdu/response-chaining.js";
import type { Transport } from "../apdu/transport.js";
import type { Msat } from "../common/msat.js";
import { secondFace } from "./bolt-card/read-tag.js";
import { type TraceLine, withTrace } from "./trace.js";

/** What crossed the air in a session. */
export interface Traffic {
  apdus: number;
  bytesToCard: number;
  bytesFromCard: number;
}

/** A selected card application. Every method throws CardStatusError, ParseError or TransportError. */
export interface CardSession {
  /** The answer to SELECT; unauthenticated. */
  readonly selected: SelectResponse;
  readonly traffic: Readonly<Traffic>;
  /** Milliseconds since the card answered SELECT. */
  elapsedMs(): number;
  /** @returns authorization token, 149 bytes */
  authorize(amount: Msat, invoiceHash: Uint8Array): Promise<Uint8Array>;
  /** @param challenge 32 bytes @returns sealed status, 149 bytes */
  identify(challenge: Uint8Array): Promise<Uint8Array>;
  /** @param sealedUpdate 149 bytes */
  update(sealedUpdate: Uint8Array): Promise<void>;
  verifyPin(pin: string): Promise<void>;
  changePin(oldPin: string, newPin: string): Promise<void>;
  pinState(): Promise<PinState>;
  /** The profile as it stands now. */
  profile(): Promise<CardProfile>;
  /** @returns sealed certificate, 149 bytes; undefined when the card has none */
  certificate(): Promise<Uint8Array | undefined>;
  /**
   * Leaves the application and looks whether the card is a Bolt Card too, without reading its address: to be called last.
   * @returns undefined where the application for it is missing
   */
  secondFace(): Promise<"blank" | "personalized" | undefined>;
}

export interface SessionOptions {
  /** Receives every APDU with secrets masked. */
  readonly trace?: ((line: TraceLine) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

function counting(inner: Transport, traffic: Traffic): Transport {
  return {
    async transmit(command) {
      traffic.apdus++;
      traffic.bytesToCard += command.length;
      const response = await inner.transmit(command);
      traffic.bytesFromCard += response.length;
      return response;
    },
  };
}

/**
 * Selects the card application over an open transport (specs/01 §6.1).
 * @throws CardStatusError `application-not-found` when the card has none; ParseError; TransportError
 */
export async function openSession(transport: Transport, options: SessionOptions = {}): Promise<CardSession> {
  const traffic: Traffic = { apdus: 0, bytesToCard: 0, bytesFromCard: 0 };
  const traced = options.trace ? withTrace(transport, options.trace) : transport;
  const card = withResponseChaining(counting(traced, traffic));
  const selected = await send(card, select, {});
  const started = performance.now();
  return {
    selected,
    traffic,
    elapsedMs: () => performance.now() - started,
    authorize: (amount, invoiceHash) => send(card, authorize, { amount, invoiceHash }),
    identify: (challenge) => send(card, identify, { challenge }),
    update: (sealedUpdate) => send(card, update, { sealedUpdate }),
    verifyPin: (pin) => send(card, verifyPin, { pin }),
    changePin: (oldPin, newPin) => send(card, changePin, { oldPin, newPin }),
    pinState: () => queryPin(card),
    profile: () => send(card, getProfile, {}),
    certificate: () => readCertificate(card),
    secondFace: () => secondFace(card),
  };
}

/**
 * Waits for a card, selects the application and lends the session to `use`; the card is reset and released
 * whatever happens, so no session outlives the call.
 * @throws what `use` throws; TransportError, CardStatusError, ParseError of connecting and selecting
 */
export async function withCard<T>(
  reader: Reader,
  use: (card: CardSession) => Promise<T>,
  options: SessionOptions = {},
): Promise<T> {
  const connection = await reader.waitForCard(options.signal);
  try {
    return await use(await openSession(connection, options));
  } finally {
    await connection.close();
  }
}
