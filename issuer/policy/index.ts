export { describePolicy } from "./describe.js";
export { evaluatePolicy, maxFee, type PolicyQuestion, type PolicyRefusal } from "./evaluate.js";
export { withinHours } from "./hours.js";
export {
  type AllowedHours,
  type Policy,
  parsePolicy,
  policySchema,
  printPolicy,
  type Weekday,
} from "./schema.js";
