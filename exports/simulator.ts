/** A card in software, for tests, demonstrations and development. */
export * from "../simulator/index.js";
