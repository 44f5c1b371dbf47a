export const file = "status-words.json";

/** Status words of specs/01 §7; x stands for any hex digit. */
const STATUS_WORDS = [
  ["9000", "ok"],
  ["61xx", "more-data"],
  ["6283", "domain-locked"],
  ["6300", "not-authenticated"],
  ["63cx", "pin-wrong"],
  ["6700", "wrong-length"],
  ["6881", "channel-not-supported"],
  ["6883", "chain-not-ended"],
  ["6884", "chaining-not-supported"],
  ["6982", "pin-required"],
  ["6983", "pin-blocked"],
  ["6984", "no-pin"],
  ["6985", "wrong-lifecycle"],
  ["6987", "secure-messaging-missing"],
  ["6988", "secure-messaging-wrong"],
  ["6a80", "wrong-data"],
  ["6a82", "application-not-found"],
  ["6a84", "no-room"],
  ["6a86", "wrong-parameters"],
  ["6a88", "not-this-card"],
  ["6cxx", "wrong-expected-length"],
  ["6d00", "unknown-command"],
  ["6e00", "unknown-class"],
  ["6f00", "card-fault"],
  ["9c01", "above-max-per-transaction"],
  ["9c02", "above-available"],
  ["9c03", "counter-used-up"],
  ["9c04", "blocked"],
  ["9c06", "not-from-issuer"],
  ["9c10", "nothing-yet"],
  ["9c11", "declined"],
  ["9c12", "invoice-not-accepted"],
] as const;

export function generate(): unknown {
  return {
    title: "Status words",
    spec: "specs/01 §7",
    vectors: STATUS_WORDS.map(([sw, name]) => ({ sw, name })),
  };
}
