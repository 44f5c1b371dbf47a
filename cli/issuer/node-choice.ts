import { hexToBytes, secp256k1 } from "../../common/index.js";
import { parseNodeUri } from "../../lightning/node-uri.js";
import { InputError } from "../error-report.js";

/** The help of an argument that {@link readNodeId} reads. */
export const NODE_ARGUMENT = "a node id of 66 hex digits, or a URI that begins with it";

/** The id of a Lightning node from what people have of it. @returns 33 bytes @throws InputError; ParseError of a URI */
export function readNodeId(text: string, name: string): Uint8Array {
  const given = text.trim();
  if (given.includes("@")) return parseNodeUri(given, name).nodeId;
  if (!/^[0-9a-fA-F]{66}$/.test(given))
    throw new InputError(`${name}: need ${NODE_ARGUMENT}, have "${given.slice(0, 80)}"`);
  const nodeId = hexToBytes(given.toLowerCase());
  if (!secp256k1.isPublicKey(nodeId))
    throw new InputError(`${name}: not a node's id: no point on the curve`, {
      hint: "Copy the whole id: chequecard node info, or the node's own program, shows it.",
    });
  return nodeId;
}
