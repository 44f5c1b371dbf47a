export { inheritLeases } from "./leases.js";
export { Reconciler, type Round } from "./reconciler.js";
