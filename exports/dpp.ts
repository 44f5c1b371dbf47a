/** An offline point of sale, and the recipient whose node is paid (specs/07). */
export * from "../lightning/dpp/index.js";
