import { z } from "zod";
import { ROLE_HELP } from "./roles.js";
import type { Route } from "./route.js";

/** What a document is about. */
export interface ApiTitle {
  readonly title: string;
  readonly description: string;
}

type Json = Record<string, unknown>;

/** Version of the API, which its paths begin with. */
const API_VERSION = "1.0.0";

/** The form of `Idempotency-Key`, and of the references that the ledger and the till keep it under. */
export const REQUEST_KEY = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A schema of zod as OpenAPI 3.1 has it (JSON Schema 2020-12): amounts are decimal digits. */
function jsonSchema(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    io: "input",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema: made }) => {
      const { def } = zodSchema._zod;
      if (def.type !== "union" || !def.options.some((option) => option._zod.def.type === "bigint")) return;
      const { description = "in millisatoshi" } = made;
      for (const name of Object.keys(made)) delete made[name];
      Object.assign(made, { type: "string", pattern: "^\\d{1,20}$", description });
    },
  }) as Json;
  return rest;
}

const parametersOf = (schema: z.ZodObject | undefined, place: "path" | "query"): Json[] => {
  if (!schema) return [];
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    properties?: Json;
    required?: string[];
  };
  return Object.entries(properties).map(([name, one]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    schema: one,
  }));
};

const KEY_PARAMETER = {
  name: "Idempotency-Key",
  in: "header",
  required: true,
  description: "Chosen by the client, new for every new request and the same for its retries.",
  schema: { type: "string", pattern: REQUEST_KEY.source },
};

const problemAnswer = (description: string): Json => ({
  description,
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
});

function operationOf(route: Route): Json {
  const { id, summary, role, params, query, body, movesMoney, answer, status = 200, watch } = route;
  const parameters = [
    ...parametersOf(params, "path"),
    ...parametersOf(query, "query"),
    ...(movesMoney ? [KEY_PARAMETER] : []),
  ];
  const schema = jsonSchema(answer);
  return {
    operationId: id,
    summary,
    ...(role === undefined
      ? { security: [] }
      : { description: `Needs a key of the role \`${role}\` (${ROLE_HELP[role]}).` }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { "application/json": { schema: jsonSchema(body) } } } }),
    responses: {
      [status]: {
        description: watch ? "Events; the data of each is JSON of this schema." : "Done.",
        content: { [watch ? "text/event-stream" : "application/json"]: { schema } },
      },
      "4XX": problemAnswer("Refused; nothing was changed."),
      "5XX": problemAnswer("Not carried out, or not known: try again with the same Idempotency-Key."),
    },
  };
}

/** The OpenAPI 3.1 document of routes. */
export function openApiDocument({ title, description }: ApiTitle, routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] ??= {};
    Object.assign(paths[route.path] ?? {}, { [route.method]: operationOf(route) });
  }
  return {
    openapi: "3.1.0",
    info: { title, version: API_VERSION, description },
    security: [{ key: [] }],
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      schemas: {
        Problem: {
          type: "object",
          description: "RFC 9457.",
          required: ["type", "title", "status", "detail", "code"],
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
            detail: { type: "string", description: "The sentence that the command would print." },
            hint: { type: "string", description: "What to do next." },
            code: { type: "string" },
          },
        },
      },
    },
  };
}
