import { parseAst } from "vite";

/** A piece of a source file, and what stands in its place in a mutant. */
export interface Mutant {
  /** Within reference/, as it was compiled. */
  readonly file: string;
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly instead: string;
  /** The line of the piece, and the piece in it: how a list names the mutant whatever stands above it. */
  readonly line: string;
  readonly piece: string;
  /** Which of several equal ones, from 1. */
  readonly nth: number;
}

/** A node of the syntax tree, as far as an operator reads it. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

type Change = readonly [operator: string, start: number, end: number, instead: string];

const BOUNDARY: Readonly<Record<string, string>> = { "<": "<=", "<=": "<", ">": ">=", ">=": ">" };
const NEGATED: Readonly<Record<string, string>> = { "===": "!==", "!==": "===", "==": "!=", "!=": "==" };
const ARITHMETIC: Readonly<Record<string, string>> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "<<": ">>",
  ">>": "<<",
  ">>>": "<<",
  "&": "|",
  "|": "&",
  "^": "&",
};
const LOGICAL: Readonly<Record<string, string>> = { "&&": "||", "||": "&&" };

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";

/** Where in the source the operator of a binary expression stands. */
function operatorAt(source: string, left: Node, right: Node, text: string): number {
  const at = source.slice(left.end, right.start).indexOf(text);
  return left.end + at;
}

/** What becomes of one node. @param parent the node it stands in, and as what */
function changesOf(source: string, node: Node, parent: Node | undefined, field: string): Change[] {
  const text = source.slice(node.start, node.end);
  switch (node.type) {
    case "BinaryExpression":
    case "LogicalExpression": {
      const [left, right] = [node.left as Node, node.right as Node];
      const operator = String(node.operator);
      const at = operatorAt(source, left, right, operator);
      const tables = { boundary: BOUNDARY, negated: NEGATED, arithmetic: ARITHMETIC, logical: LOGICAL };
      return Object.entries(tables).flatMap(([name, table]): Change[] => {
        const instead = table[operator];
        return instead ? [[name, at, at + operator.length, instead]] : [];
      });
    }
    case "UnaryExpression":
      return node.operator === "!" ? [["negated", node.start, node.start + 1, ""]] : [];
    case "IfStatement":
    case "ConditionalExpression": {
      const test = node.test as Node;
      return ["true", "false"].map((instead): Change => ["condition", test.start, test.end, instead]);
    }
    case "ExpressionStatement":
      return isNode(node.expression) && node.expression.type === "CallExpression"
        ? [["statement", node.start, node.end, ";"]]
        : [];
    case "Literal":
      return literalChanges(node, text, parent, field);
    default:
      return [];
  }
}

/** Numbers one up and down, texts emptied, anchors of regular expressions dropped. */
function literalChanges(node: Node, text: string, parent: Node | undefined, field: string): Change[] {
  const { value } = node;
  // What the types demand behind `??`, names of modules and properties, and messages for people say nothing.
  const isDefault = parent?.type === "LogicalExpression" && parent.operator === "??" && field === "right";
  const isName =
    parent?.type.startsWith("Import") ||
    parent?.type.startsWith("Export") ||
    (parent?.type === "Property" && field === "key");
  const isMessage = parent?.type === "NewExpression" || text.startsWith("`");
  const change = (operator: string, instead: string): Change => [operator, node.start, node.end, instead];
  if (typeof value === "number" && !(isDefault && value === 0)) {
    const hex = /^0x/.test(text);
    const write = (n: number): string => (hex ? `0x${n.toString(16)}` : String(n));
    return [change("number", write(value + 1)), ...(value > 0 ? [change("number", write(value - 1))] : [])];
  }
  if (typeof value === "bigint" && !(isDefault && value === 0n))
    return [change("number", `${value + 1n}n`), ...(value > 0n ? [change("number", `${value - 1n}n`)] : [])];
  if (typeof value === "string" && value !== "" && !isName && !isMessage) return [change("text", '""')];
  if (isNode(node) && typeof node.regex === "object") {
    const dropped = [text.replace(/^\/\^/, "/"), text.replace(/\$\/(\w*)$/, "/$1")];
    return dropped.filter((instead) => instead !== text).map((instead) => change("anchor", instead));
  }
  return [];
}

/** Every mutant of a file, in the order of the source. */
export function mutantsOf(file: string, source: string): Mutant[] {
  const found: Change[] = [];
  const visit = (node: Node, parent: Node | undefined, field: string): void => {
    found.push(...changesOf(source, node, parent, field));
    for (const [name, value] of Object.entries(node))
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node, name);
  };
  visit(parseAst(source) as unknown as Node, undefined, "");
  const times = new Map<string, number>();
  return found
    .sort((a, b) => a[1] - b[1] || a[2] - b[2])
    .map(([operator, start, end, instead]) => {
      const from = source.lastIndexOf("\n", start - 1) + 1;
      const to = source.indexOf("\n", end);
      const line = source
        .slice(from, to < 0 ? source.length : to)
        .replace(/\s+/g, " ")
        .trim();
      const piece = source.slice(start, end);
      const name = `${line} ${piece} ${instead}`;
      const nth = (times.get(name) ?? 0) + 1;
      times.set(name, nth);
      return { file, operator, start, end, instead, line, piece, nth };
    });
}

/** The source with a mutant's change in it. */
export const mutate = (source: string, { start, end, instead }: Mutant): string =>
  source.slice(0, start) + instead + source.slice(end);

/** How reports and lists name a mutant. */
export const nameOf = ({ file, line, piece, instead, nth }: Mutant): string =>
  `${file}: ${line}: ${piece || "nothing"} -> ${instead || "nothing"}${nth > 1 ? ` (${nth})` : ""}`;
