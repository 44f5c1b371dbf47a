/** Invoice prefix of a network (BOLT 11). */
export type Network = "bc" | "tb" | "tbs" | "bcrt" | "sb";

/** What people call each network. */
export const NETWORK_NAMES: Readonly<Record<Network, string>> = {
  bc: "bitcoin mainnet",
  tb: "testnet",
  tbs: "signet",
  bcrt: "regtest",
  sb: "simnet",
};

/** True for a prefix this project knows. */
export const isNetwork = (text: string): text is Network => Object.hasOwn(NETWORK_NAMES, text);
