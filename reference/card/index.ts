export * from "./answer.js";
export { storeData } from "./make.js";
export * from "./pay.js";
export * from "./respond.js";
export * from "./state.js";
