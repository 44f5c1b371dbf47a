/** What a peer's `initiate_payment` (45001) carried, after the size checks and nothing else. */
export interface InitiatePaymentRequest {
  /** The asking peer's node id, 33 bytes. */
  readonly peer: Uint8Array;
  /** 1..1024 bytes as received. */
  readonly token: Uint8Array;
  /** 1..4096 bytes of the invoice as received. */
  readonly invoice: Uint8Array;
  /**
   * Takes an update that is pending for the card as soon as the token is accepted, before anything is paid: the
   * card still lies on the merchant's reader then. The outcome does not carry the same update again. Never rejects.
   */
  readonly onCardUpdate?: (sealedUpdate: Uint8Array) => Promise<void>;
}

/** What a peer's `card_status` (45005) carried. */
export interface CardStatusRequest {
  readonly peer: Uint8Array;
  /** Sealed status message, 149 bytes. */
  readonly status: Uint8Array;
  /** Unix seconds that the sender claims. */
  readonly time: bigint;
  /** 24 bytes. */
  readonly nonce: Uint8Array;
}

/** The decision about one `initiate_payment`. Silence on the wire means accepted or not yet known. */
export interface AuthorizationOutcome {
  /** `accepted`: reserved, and paid or being paid. `rejected`: nothing will be paid; `reason` tells why. */
  readonly outcome: "accepted" | "rejected";
  /** Reason code of the reject (specs/08 §5). Present exactly when rejected. */
  readonly reason?: number;
  /** A sealed update for the card that made the token, 149 bytes, when one is pending. */
  readonly cardUpdate?: Uint8Array;
}

/**
 * Decides about payments that peers ask for. The issuer service implements it; the receiver role of
 * `lightning/api` calls it and puts the outcome on the wire. Never rejects for anything a peer can send.
 */
export interface PaymentAuthorizer {
  initiatePayment(request: InitiatePaymentRequest): Promise<AuthorizationOutcome>;
  /** @returns a sealed update (149 bytes) when one is pending for the card, else undefined */
  cardStatus(request: CardStatusRequest): Promise<Uint8Array | undefined>;
}
