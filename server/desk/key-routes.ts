import { z } from "zod";
import { type ApiKeys, type ListedKey, PAIRING_SECONDS } from "../keys.js";
import { type Route, route } from "../route.js";
import { time } from "./schemas.js";

/** Roles that a key of an issuer's desk may have: its API has nothing for the others. */
const role = z.enum(["read", "desk"]);

/** A key of this API, without itself. */
const keyAnswer = z.object({
  id: z.string(),
  name: z.string(),
  role: z.enum(["read", "till", "shift-lead", "desk"]),
  createdAt: time,
  revokedAt: time.optional(),
});

const newKeyAnswer = keyAnswer.extend({
  key: z.string().describe("Shown this once; sent as `Authorization: Bearer`."),
});

const pairingAnswer = z.object({
  code: z.string().describe("For one device, once: behind `#pair=` in the address of the desk's page."),
  role,
  expiresInSeconds: z.int(),
});

export type KeyAnswer = z.output<typeof keyAnswer>;
export type NewKeyAnswer = z.output<typeof newKeyAnswer>;
export type PairingAnswer = z.output<typeof pairingAnswer>;

const listedKey = ({ id, name, role: of, createdAt, revokedAt }: ListedKey): z.input<typeof keyAnswer> => ({
  id,
  name,
  role: of,
  createdAt: new Date(1000 * createdAt).toISOString(),
  ...(revokedAt === undefined ? {} : { revokedAt: new Date(1000 * revokedAt).toISOString() }),
});

/**
 * Who may use the desk. What makes a key has no `Idempotency-Key`, under which its answer would be kept: a key whose
 * answer was lost is revoked, and another one is made.
 */
export function keyRoutes(keys: ApiKeys): readonly Route[] {
  return [
    route({
      method: "get",
      path: "/v1/keys",
      id: "listKeys",
      summary: "The keys of this API, without themselves",
      role: "desk",
      answer: z.object({ keys: z.array(keyAnswer) }),
      run: () => ({ keys: keys.list().map(listedKey) }),
    }),
    route({
      method: "post",
      path: "/v1/keys",
      id: "addKey",
      summary: "Make a key, which is shown this once",
      role: "desk",
      action: "add-key",
      status: 201,
      body: z.strictObject({
        name: z.string().trim().min(1).max(64).describe("By which it is known again in the list."),
        role,
      }),
      answer: newKeyAnswer,
      run({ body }) {
        const made = keys.add(body.name, body.role);
        return { ...listedKey(made), key: made.key };
      },
    }),
    route({
      method: "post",
      path: "/v1/keys/pair",
      id: "offerKey",
      summary: "Make a code by which one device gets a key of its own within five minutes, once",
      role: "desk",
      action: "pair-key",
      status: 201,
      body: z.strictObject({ role }),
      answer: pairingAnswer,
      run: ({ body }) => ({
        code: keys.invite(body.role),
        role: body.role,
        expiresInSeconds: PAIRING_SECONDS,
      }),
    }),
    route({
      method: "post",
      path: "/v1/keys/{key}/revoke",
      id: "revokeKey",
      summary: "End a key at once, also where it is in use",
      role: "desk",
      action: "revoke-key",
      params: z.object({
        key: z
          .string()
          .regex(/^[0-9a-f]{12}$/, "need the id of a key, not the key itself")
          .describe("Its id."),
      }),
      body: z.strictObject({}),
      answer: keyAnswer,
      run: ({ params }) => listedKey(keys.revoke(params.key)),
    }),
  ];
}
