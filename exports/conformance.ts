/** Tests any card against specs/01 and specs/02 (docs/conformance.md). */
export * from "../host/conformance/index.js";
