export { Reconciler, type Round } from "./reconciler.js";
