import { ParseError } from "../../common/errors.js";
import { mistakeText, type SchemaMistake, schemaMistakes } from "../../common/schema-mistakes.js";
import { type Policy, policySchema } from "./schema.js";

/** Everything that is wrong with a policy, for the reader of the file that it stands in; empty when it is one. */
export function policyMistakes(value: unknown): SchemaMistake[] {
  const { error } = policySchema.safeParse(value);
  return error ? schemaMistakes(error, policySchema, value) : [];
}

/**
 * Reads a policy and names every mistake with its path.
 * @throws ParseError
 */
export function parsePolicy(value: unknown, path = "policy"): Policy {
  const result = policySchema.safeParse(value);
  if (result.success) return result.data;
  const problems = policyMistakes(value).map((mistake) =>
    mistakeText({ ...mistake, path: [path, ...mistake.path] }, path),
  );
  throw new ParseError(path, problems.join("; "));
}
