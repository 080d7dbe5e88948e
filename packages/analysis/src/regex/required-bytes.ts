/**
 * Bytes that every match of a regular expression has: one of a few short sequences, and how far behind the start of the match it begins. A search looks for
 * them first, with kernels that are much faster than automata, and matches the expression only around them.
 */
import type { MaskedPattern } from "@memslice/core-wasm/scan";
import { type Frequency, frequencyOf, type KnownBits, knownBits } from "./known-bits.js";
import { type Lengths, lengthsOf, type Node } from "./syntax.js";

/** Every match has one of the patterns, `before` bytes behind its start. */
export interface RequiredBytes {
  readonly patterns: readonly MaskedPattern[];
  readonly before: Lengths;
}

/** Sequences of bytes, one of which begins `before` bytes behind the start of the match. */
interface Ways {
  readonly ways: readonly (readonly KnownBits[])[];
  readonly before: Lengths;
}

const MOST_WAYS = 24;
const MOST_BYTES = 24;
/** Bytes of which fewer bits are known are left out at both ends of a way. */
const FEWEST_BITS = 2;
/** Bytes that automata read for a place where a match may begin, and beside the longest match for a range of such places. */
const BYTES_PER_PLACE = 64;
const BYTES_PER_RANGE = 256;
/** Bytes that lead automata to more than this part of memory are not worth a search of their own. */
const MOST_READ: Frequency = 0.25;
/** No bytes are taken for rarer than this: those of memory are no random ones. */
const RAREST: Frequency = 1e-6;
const NOTHING: Ways["ways"] = [[]];

/**
 * The bytes that leave the least to automata; undefined if none leave at most a part of memory to them. `longest`: the most bytes of a match. `mostRead`:
 * that part, by default such that a search for the bytes is worth it.
 */
export function requiredBytes(node: Node, longest: number, mostRead = MOST_READ): RequiredBytes | undefined {
  const best = bestOf(node, { least: 0, most: 0 }, longest);
  if (!best || readAround(best, longest) > mostRead) return undefined;
  const patterns = best.ways.map((way) => ({
    values: Uint8Array.from(way, ({ value }) => value),
    masks: Uint8Array.from(way, ({ mask }) => mask),
  }));
  return { patterns, before: { least: best.before.least, most: Math.min(best.before.most, longest - 1) } };
}

/** Which part of memory automata read around these bytes: an estimate. */
function readAround({ ways, before: { least, most } }: Ways, longest: number): Frequency {
  const spread = Math.min(most, longest) - least;
  const bytes = spread === 0 ? BYTES_PER_PLACE : BYTES_PER_RANGE + spread + longest;
  return (
    bytes *
    ways.reduce(
      (sum, way) =>
        sum +
        Math.max(
          RAREST,
          way.reduce((rate, bits) => rate * frequencyOf(bits), 1),
        ),
      0,
    )
  );
}

/** The best of what every match of the node has, which begins `before` bytes behind the start of the match. */
function bestOf(node: Node, before: Lengths, longest: number): Ways | undefined {
  let best: Ways | undefined;
  for (const offered of required(node, before, longest)) {
    const ways = trimmed(offered);
    if (ways.ways.some((way) => way.length === 0)) continue;
    if (!best || readAround(ways, longest) < readAround(best, longest)) best = ways;
  }
  return best;
}

function* required(node: Node, before: Lengths, longest: number): Generator<Ways> {
  if (node.kind === "choice") {
    const whole = waysOf(node);
    if (whole) yield { ways: whole, before };
    const each = node.options.map((option) => bestOf(option, before, longest)).filter((ways) => ways !== undefined);
    const ways = each.flatMap((one) => one.ways);
    if (each.length === node.options.length && ways.length <= MOST_WAYS)
      yield { ways, before: hull(each.map((one) => one.before)) };
    return;
  }
  let at = before;
  let run: Ways = { ways: NOTHING, before };
  for (const part of node.kind === "sequence" ? node.parts : [node]) {
    const whole = waysOf(part);
    const joined = whole && joinedWays(run.ways, whole);
    if (joined) run = { ways: joined, before: run.before };
    else {
      const { head, tail, tailBefore } = endsOf(part, whole);
      yield { ways: joinedWays(run.ways, head) ?? run.ways, before: run.before };
      const inside = insideOf(part);
      if (inside) yield* required(inside, at, longest);
      run = { ways: tail, before: plus(at, tailBefore) };
    }
    at = plus(at, lengthsOf(part));
  }
  yield run;
}

/** What is a part of each match of a node, and begins where that begins. */
function insideOf(node: Node): Node | undefined {
  if (node.kind === "choice" || node.kind === "sequence") return node;
  return node.kind === "repeat" && node.least > 0 ? node.part : undefined;
}

interface Ends {
  /** What each match of the part begins with. */
  readonly head: Ways["ways"];
  /** What each match of the part ends with, and where that begins in the match. */
  readonly tail: Ways["ways"];
  readonly tailBefore: Lengths;
}

/** `whole`: all ways of the part, if they are few. */
function endsOf(part: Node, whole: Ways["ways"] | undefined): Ends {
  if (whole) return { head: NOTHING, tail: whole, tailBefore: { least: 0, most: 0 } };
  if (part.kind === "repeat" && part.least > 0) {
    const one = waysOf(part.part);
    const { least, most } = lengthsOf(part.part);
    for (let copies = Math.min(part.least, MOST_BYTES); one && copies > 0; copies--) {
      const ways = repeatedWays(one, copies);
      const others = part.most - copies;
      if (ways) {
        const tailBefore = { least: (part.least - copies) * least, most: most === 0 ? 0 : others * most };
        return { head: ways, tail: ways, tailBefore };
      }
    }
  }
  return { head: NOTHING, tail: NOTHING, tailBefore: lengthsOf(part) };
}

/** All texts that the node matches, each with the bits that are known of its bytes; undefined if they are many, or long. */
function waysOf(node: Node): Ways["ways"] | undefined {
  switch (node.kind) {
    case "empty":
      return NOTHING;
    case "set":
      return [[knownBits(node.bytes)]];
    case "sequence": {
      let ways: Ways["ways"] | undefined = NOTHING;
      for (const part of node.parts) {
        const more = waysOf(part);
        ways = more && joinedWays(ways, more);
        if (!ways) return undefined;
      }
      return ways;
    }
    case "choice": {
      const all: (readonly KnownBits[])[] = [];
      for (const option of node.options) {
        const ways = waysOf(option);
        if (!ways || all.push(...ways) > MOST_WAYS) return undefined;
      }
      return all;
    }
    case "repeat": {
      const one = node.least === node.most && node.least <= MOST_BYTES ? waysOf(node.part) : undefined;
      return one && repeatedWays(one, node.least);
    }
  }
}

function repeatedWays(one: Ways["ways"], copies: number): Ways["ways"] | undefined {
  let ways: Ways["ways"] | undefined = NOTHING;
  for (let i = 0; i < copies && ways; i++) ways = joinedWays(ways, one);
  return ways;
}

/** Each of `a`, and each of `b` behind it. */
function joinedWays(a: Ways["ways"], b: Ways["ways"]): Ways["ways"] | undefined {
  if (a.length * b.length > MOST_WAYS) return undefined;
  const joined = a.flatMap((first) => b.map((second) => [...first, ...second]));
  return joined.some(({ length }) => length > MOST_BYTES) ? undefined : joined;
}

/** The ways without bytes at both ends of which hardly a bit is known: they make no match rarer. */
function trimmed({ ways, before }: Ways): Ways {
  const isKnown = ({ known }: KnownBits) => known >= FEWEST_BITS;
  const shorter = ways.map((way) => {
    const first = way.findIndex(isKnown);
    return first < 0 ? { way: [], first: 0 } : { way: way.slice(first, way.findLastIndex(isKnown) + 1), first };
  });
  return {
    ways: shorter.map(({ way }) => way),
    before: hull(shorter.map(({ first }) => plus(before, { least: first, most: first }))),
  };
}

function plus(a: Lengths, b: Lengths): Lengths {
  return { least: a.least + b.least, most: a.most + b.most };
}

function hull(all: readonly Lengths[]): Lengths {
  return { least: Math.min(...all.map(({ least }) => least)), most: Math.max(...all.map(({ most }) => most)) };
}
