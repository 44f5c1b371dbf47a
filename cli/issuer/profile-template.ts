/** What the first profile of an issuer is made of. */
export interface ProfileValues {
  readonly name: string;
  /** `pubkey@host:port` of the issuer's node. */
  readonly uri: string;
  /** 8 hex digits. */
  readonly keySet: string;
  /** Whether every card gets a PIN. */
  readonly pin: boolean;
}

/** A profile to begin with, explained; `chequecard profiles check` says what it means. */
export const profileTemplate = ({
  name,
  uri,
  keySet,
  pin,
}: ProfileValues): string => `# What new cards are like.
# See in sentences what it means: chequecard profiles check profile.yaml
name: ${JSON.stringify(name)}

# The node that pays, as terminals reach it. Cards keep it for good: use an address that stays.
node-uri: ${uri}
key-set: "${keySet}"

# What the card itself enforces, also where no terminal has a connection. Amounts such as 25000sat, or none.
limits:
  credit: 20000sat
  max-per-transaction: 10000sat
  max-transactions: 100000
  pin-threshold: ${pin ? "5000sat" : "none"}
  no-pin-budget: ${pin ? "8000sat" : "none"}

# random: every card gets a PIN of its own, in the PIN letters; then set pin-threshold or no-pin-budget above.
pin: ${pin ? "random" : "none"}

# What a card tells every reader. The available amount would link its taps.
publish: [max-per-transaction, pin-threshold]

# Key versions of the cards' security domain: as delivered, and as they shall leave.
card-keys: { version: 255, rotate-to: 48 }

# How much a terminal without a connection may accept at once, and for how long after a card was made. Without it
# (remove the # to have it) terminals accept your cards only with a connection.
# offline: { limit: 5000sat, valid-for: 730d }

# Where holders see what is on their cards, and block them: its QR code is printed on each card, a code for it in the
# letters. Run it with: chequecard issuer serve <folder> --card-page (docs/issuer.md)
# card-page: https://card.festival.example/

# What the issuer enforces beyond that, by its own clock.
policy:
  maxPer24h: 50000sat
`;
