import { ParseError } from "../../common/errors.js";
import { mistakeText, schemaMistakes } from "../../common/schema-mistakes.js";
import { type Policy, policySchema } from "./schema.js";

/**
 * Reads a policy and names every mistake with its path.
 * @throws ParseError
 */
export function parsePolicy(value: unknown, path = "policy"): Policy {
  const result = policySchema.safeParse(value);
  if (result.success) return result.data;
  const problems = schemaMistakes(result.error, policySchema, value).map((mistake) =>
    mistakeText({ ...mistake, path: [path, ...mistake.path] }, path),
  );
  throw new ParseError(path, problems.join("; "));
}
