import { SW } from "../../../apdu/index.js";
import { hexToBytes } from "../../../common/index.js";
import type { ConformanceCase } from "../case.js";
import { COMMAND, invoiceHash } from "../context.js";
import { Nonconformance, NotApplicable } from "../result.js";
import { SHAPE } from "./shape.js";

/** Issuer security domains under their usual AIDs. */
const SECURITY_DOMAINS = ["a000000151000000", "a000000003000000"].map((aid) =>
  hexToBytes(`00a4040008${aid}00`),
);

export const selectionCases: readonly ConformanceCase[] = [
  {
    id: "select/other-application",
    section: "specs/01 §3",
    title: "selecting another application ends the verification",
    async run(context) {
      const card = await context.personalized(SHAPE);
      try {
        await card.expect("SELECT", COMMAND.SELECT, SW.OK);
        await card.expect("VERIFY", COMMAND.verify("1234"), SW.OK);
        let found = false;
        for (const select of SECURITY_DOMAINS) {
          found = (await card.send(select)).sw === SW.OK;
          if (found) break;
        }
        if (!found) throw new NotApplicable("no security domain under a usual AID can be selected");
        await card.expect("SELECT", COMMAND.SELECT, SW.OK);
        await card.expect("PIN no longer verified", COMMAND.PIN_STATE, SW.PIN_WRONG | 3);
      } finally {
        await card.release();
      }
    },
  },
  {
    id: "select/nothing-by-default",
    section: "specs/01 §3",
    title: "after a reset the application answers nothing before it is selected",
    async run(context) {
      const card = await context.personalized(SHAPE);
      try {
        await card.expect("SELECT", COMMAND.SELECT, SW.OK);
        await card.reset();
        for (const [name, command] of [
          ["AUTHORIZE", COMMAND.authorize(1n, invoiceHash(1))],
          ["IDENTIFY", COMMAND.identify(invoiceHash(2))],
        ] as const) {
          const { sw, data } = await card.send(command);
          if (sw === SW.OK || data.length)
            throw new Nonconformance(`${name} without SELECT`, "no answer of the application", "one");
        }
        await card.expect("SELECT", COMMAND.SELECT, SW.OK);
        const data = await card.expect("IDENTIFY", COMMAND.identify(invoiceHash(3)), SW.OK);
        const { counter } = card.status("IDENTIFY", data).fields;
        if (counter !== 0) throw new Nonconformance("IDENTIFY", "counter 0", `counter ${counter}`);
      } finally {
        await card.release();
      }
    },
  },
];
