export { describePolicy } from "./describe.js";
export { evaluatePolicy, maxFee, type PolicyQuestion, type PolicyRefusal } from "./evaluate.js";
export { withinHours } from "./hours.js";
export { parsePolicy, policyMistakes } from "./parse.js";
export {
  type AllowedHours,
  type Policy,
  policySchema,
  printPolicy,
  type Weekday,
} from "./schema.js";
