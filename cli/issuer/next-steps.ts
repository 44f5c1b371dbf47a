import { join } from "node:path";

/** What the first commands after `issuer init` depend on. */
export interface FirstCards {
  /** The issuer's folder as it was named. */
  readonly folder: string;
  readonly pin: boolean;
  /** Whether blank cards have the published test key. */
  readonly isTest: boolean;
}

/** A word as a shell takes it. */
const word = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) && !text.startsWith("-") ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** Command lines that make a first card in a file and run the service, for a shell in the same folder. */
export function nextSteps({ folder, pin, isTest }: FirstCards): readonly string[] {
  const at = (name: string): string => word(join(folder, name));
  const issuer = word(folder);
  const test = isTest ? " --test-key" : "";
  const letters = pin ? ` --letters ${at("first.letters")}` : "";
  return [
    `chequecard profiles check ${at("profile.yaml")}`,
    `chequecard simulate blank ${at("first-card.json")} ${isTest ? "--test-key" : `--keys ${at("issuer.keys")}`}`,
    `chequecard personalize one --issuer ${issuer}${test}${letters} --journal ${at("first.journal")} --card ${at("first-card.json")}`,
    `chequecard issuer serve ${issuer}`,
  ];
}
