import { APPLET_CAMPAIGNS } from "./applet/campaigns.js";
import { badRequests } from "./bad-requests.js";
import type { Campaign } from "./campaign.js";
import { commandKills } from "./command-kills/campaign.js";
import { faceTears } from "./faces/campaigns.js";
import { failover } from "./failover/campaign.js";
import { festival } from "./festival/campaign.js";
import { floods } from "./floods/campaign.js";
import { fuzzing } from "./fuzz/campaign.js";
import { LONG_SUITES } from "./long-suites.js";
import { model } from "./model/campaign.js";
import { mutation } from "./mutation/campaign.js";
import { offlineFestival } from "./offline-festival/campaign.js";
import { offlineKills } from "./offline-kills/campaign.js";
import { saleKills } from "./sale-kills.js";
import { statementFaults } from "./statement-faults/campaign.js";
import { systemFaults } from "./system-faults/campaign.js";
import { chipTears } from "./tearing/chip.js";
import { tearing } from "./tearing/sweep.js";

/** Every part of the proof, in the order of the report. */
export const CAMPAIGNS: readonly Campaign[] = [
  tearing,
  faceTears,
  chipTears,
  model,
  mutation,
  fuzzing,
  badRequests,
  ...APPLET_CAMPAIGNS,
  systemFaults,
  floods,
  statementFaults,
  saleKills,
  commandKills,
  festival,
  offlineFestival,
  offlineKills,
  failover,
  ...LONG_SUITES,
];
