import { requestVectors } from "./commands/requests.js";
import { responseVectors } from "./commands/responses.js";

export const file = "card-commands.json";

export function generate(): unknown {
  return {
    title: "Command APDUs, response data, data objects and PIN blocks of the card application",
    spec: "specs/01",
    vectors: [...requestVectors, ...responseVectors],
  };
}
