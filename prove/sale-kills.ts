import { fileURLToPath } from "node:url";
import { type Campaign, type CampaignOptions, type CampaignResult, Meter } from "./campaign.js";
import { type Kill, KillShop, type Programs, type Scenario, type Victim } from "./sale-kills/shop.js";

const SCENARIOS: readonly Scenario[] = ["paid", "declined", "given up"];
const VICTIMS: readonly Victim[] = ["terminal", "node", "commit"];
const PHASES: readonly Kill["phase"][] = ["before", "after"];
/** More steps than a sale has, and more commits than a node makes for its start and one payment. */
const MAX_STEPS = 40;

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const COMPILED: Programs = {
  merchant: at("../testing/processes/node-process.js"),
  terminal: at("./sale-kills/terminal-process.js"),
};

/** Every place of every sale at which every process can be killed. */
function* everyKill(isOver: (kill: Kill) => boolean): Generator<Kill> {
  for (const scenario of SCENARIOS)
    for (const victim of VICTIMS)
      for (const phase of PHASES)
        for (let count = 1; count <= MAX_STEPS; count++) {
          const kill: Kill = { scenario, victim, phase, count };
          yield kill;
          if (isOver(kill)) break;
        }
}

/**
 * Kills the terminal's and the merchant's node's process before and after each step of a sale that is paid,
 * declined or given up, and each commit of the node, and holds what is found after a restart against the rules: paid
 * once or not at all, in everybody's books alike, and never payable once cancelled. Repeats until the budget ends.
 * @param programs the processes' JavaScript files, unless they lie compiled beside this one
 */
export async function runSaleKills(
  options: CampaignOptions,
  programs: Programs = COMPILED,
): Promise<CampaignResult> {
  const meter = new Meter(options);
  const shop = await KillShop.open(programs);
  try {
    while (!meter.isOver) {
      let struck = true;
      for (const kill of everyKill(() => !struck)) {
        if (meter.isOver) break;
        const outcome = await shop.run(kill);
        struck = outcome.struck;
        if (struck) {
          meter.units++;
          meter.count(`${kill.victim} killed, sale ${outcome.state}`);
        }
        for (const what of outcome.problems)
          meter.fail({
            where: `${kill.scenario}, ${kill.victim} killed ${kill.phase} step ${kill.count} (${outcome.step})`,
            what,
            replay: "--only sale-kills",
          });
        meter.tell("kills");
      }
    }
  } finally {
    await shop.close();
  }
  return meter.result();
}

/** The kills as one part of the proof. */
export const saleKills: Campaign = {
  name: "sale-kills",
  about: "a terminal and a merchant's node killed before and after each step of a sale",
  unit: "kills",
  full: 200,
  run: (options) => runSaleKills(options),
};
