import {
  PaymentReceiver,
  type PEER_MESSAGE,
  type ReceiverEvent,
  type ReceiverOptions,
} from "../../lightning/api/index.js";
import type { Service } from "../../testing/issuer/service.js";
import { FakeNetwork } from "../../testing/nodes/fake-node.js";

type MessageType = (typeof PEER_MESSAGE)[keyof typeof PEER_MESSAGE];

/** Peers that are connected to a service, behind the bounds of its receiver. */
export function connectPeers(service: Service, options: ReceiverOptions = {}) {
  const payer = new FakeNetwork().node("payer");
  let told: (event: ReceiverEvent) => void = () => {};
  const receiver = new PaymentReceiver(payer, service.authorizer, {
    now: service.clock.read,
    monotonic: service.clock.monotonic,
    onEvent: (event) => told(event),
    ...options,
  });
  return {
    /** A message arrives. @returns what became of it */
    says: (peer: Uint8Array, type: MessageType, payload: Uint8Array): Promise<ReceiverEvent> =>
      new Promise((resolve) => {
        told = resolve;
        payer.receive({ peer, type, payload });
      }),
    close: () => receiver.close(),
  };
}
