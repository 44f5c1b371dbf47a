import { ChequecardError } from "../../common/index.js";
import buildApplet from "../../testing/applet/build.js";
import type { Campaign, CampaignOptions, CampaignResult } from "../campaign.js";
import { faceTwins, sweepFaces } from "../faces/campaigns.js";
import { faceCard } from "../faces/session.js";
import { runFuzz } from "../fuzz/campaign.js";
import { apdusTo } from "../fuzz/targets/card.js";
import type { CardMaker } from "../model/session.js";
import { sweepTears } from "../tearing/sweep.js";
import { appletMaker } from "./maker.js";
import { runTwins } from "./twins.js";

/** Runs on the applet as its sources are now; where that cannot be built, that is what failed. */
const onApplet =
  (
    name: string,
    run: (options: CampaignOptions, make: CardMaker) => Promise<CampaignResult>,
    simulated?: CardMaker,
  ) =>
  async (options: CampaignOptions): Promise<CampaignResult> => {
    try {
      buildApplet();
    } catch (error) {
      if (!(error instanceof ChequecardError)) throw error;
      const failure = { where: "the build", what: error.message, replay: `--only ${name}` };
      return { units: 0, counts: {}, failures: [failure], seed: options.seed, seconds: 0 };
    }
    return run(options, appletMaker(undefined, simulated));
  };

/** Inputs to the applet, as the bridge brings them in. */
export const fuzzApplet = (options: CampaignOptions, make: CardMaker): Promise<CampaignResult> =>
  runFuzz(options, false, [apdusTo("APDUs to the applet", make)], "applet-bytes");

/** The campaigns of the Java Card applet. */
export const APPLET_CAMPAIGNS: readonly Campaign[] = [
  {
    name: "applet-tears",
    about:
      "the Java Card applet: power cut at every persistent store of its byte code, every command in every kind of state, and at every roll-back",
    unit: "tear points",
    full: Number.POSITIVE_INFINITY,
    run: onApplet("applet-tears", (options, make) => sweepTears(options, make, "applet-tears")),
  },
  {
    name: "applet-twins",
    about:
      "the Java Card applet beside the simulated card: the same commands, answers and state in random sequences",
    unit: "commands",
    full: 1_000_000,
    run: onApplet("applet-twins", runTwins),
  },
  {
    name: "applet-bytes",
    about: "mutated bytes for the Java Card applet: a known status word, and books that add up",
    unit: "inputs",
    full: 1_000_000,
    run: onApplet("applet-bytes", fuzzApplet),
  },
  {
    name: "applet-face-tears",
    about:
      "the Bolt Card applet: power cut at every persistent store of its byte code; its counter never repeats",
    unit: "tear points",
    full: Number.POSITIVE_INFINITY,
    run: onApplet(
      "applet-face-tears",
      (options, make) => sweepFaces(options, make, "applet-face-tears"),
      faceCard,
    ),
  },
  {
    name: "applet-face-twins",
    about:
      "the Bolt Card applet beside the simulated one: the same commands and bytes, answers and state in random sequences",
    unit: "commands",
    full: 300_000,
    run: onApplet("applet-face-twins", faceTwins, faceCard),
  },
];
