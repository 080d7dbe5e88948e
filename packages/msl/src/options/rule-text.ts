/** Rules and values in words, for messages and for the reference page. */
import type { Rule } from "./checks.js";

/** Texts and lists of names are cut after this many characters. */
const SHOWN_LENGTH = 40;

/** The values that a rule allows: completes "expected". */
export function rangeText(rule: Rule): string {
  switch (rule.kind) {
    case "flag":
      return "true or false";
    case "integer":
      return integerText(rule);
    case "bigint":
      return `a bigint from ${powerText(rule.least)} to ${powerText(rule.most)}`;
    case "oneOf":
      return alternatives(rule.values.map((one) => (typeof one === "string" ? JSON.stringify(one) : String(one))));
    case "text":
      return "a text";
    case "bytes":
      return "a Uint8Array";
    case "callback":
      return "a function";
    case "signal":
      return "an AbortSignal";
    case "list":
      return `an array, each of its elements ${rangeText(rule.of)}`;
    case "object":
      return `an object with ${namesText(Object.keys(rule.checks))}`;
    case "map":
      return `an object, each of its properties ${rangeText(rule.of)}`;
    case "methods":
    case "value":
      return rule.what;
    case "either":
      return alternatives(rule.of.map(rangeText));
  }
}

/**
 * The given value in a few words. Only numbers, flags, and words where a word is expected are repeated: any other value may be a
 * secret, or very long.
 */
export function shownValue(rule: Rule, value: unknown): string {
  if (typeof value === "string") return expectsWord(rule) ? shownName(value) : `a text of ${value.length} characters`;
  if (typeof value === "bigint") return value.toString().length > SHOWN_LENGTH ? "a bigint" : `${value}n`;
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return `an array of ${value.length} elements`;
  if (ArrayBuffer.isView(value)) return `${tagOf(value)} of ${value.byteLength} bytes`;
  if (typeof value === "object") return tagOf(value) === "Object" ? "an object" : `an object (${tagOf(value)})`;
  return typeof value === "undefined" ? "undefined" : `a ${typeof value}`;
}

/** A name from outside, quoted and cut short. */
export function shownName(name: string): string {
  return JSON.stringify(name.length > SHOWN_LENGTH ? `${name.slice(0, SHOWN_LENGTH)}…` : name);
}

export function namesText(names: readonly string[]): string {
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : names.join("");
}

function alternatives(texts: readonly string[]): string {
  return texts.length > 1 ? `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}` : texts.join("");
}

function integerText({ least, most, unit }: Extract<Rule, { kind: "integer" }>): string {
  const upTo = most === Number.MAX_SAFE_INTEGER ? "2^53 - 1" : String(most);
  return `an integer from ${least} to ${upTo}${unit === undefined ? "" : ` (${unit})`}`;
}

/** Large bounds as powers of two. */
function powerText(bound: bigint): string {
  const bits = bound.toString(2).length;
  if (bits < 53) return String(bound);
  return bound === 1n << BigInt(bits - 1) ? `2^${bits - 1}` : `2^${bits} - 1`;
}

function expectsWord(rule: Rule): boolean {
  if (rule.kind === "either") return rule.of.some(expectsWord);
  return rule.kind === "oneOf" || rule.kind === "flag" || rule.kind === "integer";
}

function tagOf(value: object): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}
