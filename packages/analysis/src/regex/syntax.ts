/** The structure of a regular expression, and what can be said about it before it is compiled. */
import type { ByteSet } from "./byte-set.js";

/** A regular expression. Sequences have no empty parts; what is repeated is not empty. */
export type Node =
  | { readonly kind: "empty" }
  | { readonly kind: "set"; readonly bytes: ByteSet }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly part: Node;
      readonly least: number;
      /** `Infinity` without an upper bound. */
      readonly most: number;
      /** Whether more repetitions are preferred to fewer. */
      readonly greedy: boolean;
    };

const EMPTY: Node = { kind: "empty" };

export function sequenceOf(parts: readonly Node[]): Node {
  const filled = parts.filter(({ kind }) => kind !== "empty");
  const [first] = filled;
  if (!first) return EMPTY;
  return filled.length === 1 ? first : { kind: "sequence", parts: filled };
}

export function choiceOf(options: readonly Node[]): Node {
  const [first = EMPTY] = options;
  return options.length === 1 || options.every(({ kind }) => kind === "empty") ? first : { kind: "choice", options };
}

export function repeatOf(part: Node, least: number, most: number, greedy: boolean): Node {
  if (part.kind === "empty" || most === 0) return EMPTY;
  return { kind: "repeat", part, least, most, greedy };
}

/** The fewest and the most bytes of a match; `Infinity` if there is no most. */
export interface Lengths {
  readonly least: number;
  readonly most: number;
}

export function lengthsOf(node: Node): Lengths {
  switch (node.kind) {
    case "empty":
      return { least: 0, most: 0 };
    case "set":
      return { least: 1, most: 1 };
    case "sequence":
      return node.parts.map(lengthsOf).reduce((a, b) => ({ least: a.least + b.least, most: a.most + b.most }));
    case "choice":
      return node.options
        .map(lengthsOf)
        .reduce((a, b) => ({ least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) }));
    case "repeat": {
      const { least, most } = lengthsOf(node.part);
      // The parts may be empty texts only: 0 times infinity is no number.
      return { least: least * node.least, most: most === 0 ? 0 : most * node.most };
    }
  }
}
