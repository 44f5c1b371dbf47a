import { z } from "zod";
import type { ApiKeys } from "./keys.js";
import { ROLES } from "./roles.js";
import { type Route, route } from "./route.js";

/** A device that has read the code on the till's screen gets a key of its own. */
export const pairingRoute = (keys: ApiKeys): Route =>
  route({
    method: "post",
    path: "/v1/pair",
    id: "pairDevice",
    summary: "Get a key for this device, once, by a code for pairing that is not older than five minutes",
    role: undefined,
    status: 201,
    body: z.strictObject({
      code: z.string().min(1).max(64),
      name: z.string().trim().min(1).max(64).describe("Of the device, for the list of keys."),
      replaces: z
        .string()
        .max(128)
        .optional()
        .describe("The key that this device has: kept where it is for the same, revoked where not."),
      confirmed: z
        .boolean()
        .optional()
        .describe("A key with other rights may replace that one; else it is refused as `other-rights`."),
    }),
    answer: z.object({
      id: z.string(),
      key: z.string().describe("Shown this once; sent as `Authorization: Bearer`."),
      role: z.enum(ROLES),
      name: z.string(),
    }),
    run({ body: { code, name, replaces, confirmed } }) {
      const { id, key, role, name: listed } = keys.pair(code, name, replaces, confirmed);
      return { id, key, role, name: listed };
    },
  });
