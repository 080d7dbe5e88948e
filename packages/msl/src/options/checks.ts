/** The declarative language of the tables of allowed option values, and its rules in words. `requireOptions` compares values with checks. */

/** The allowed values of an option, as data: the checks, the messages and the reference page are derived from it. */
export type Rule =
  | { readonly kind: "flag" }
  | { readonly kind: "integer"; readonly least: number; readonly most: number; readonly unit?: string }
  | { readonly kind: "bigint"; readonly least: bigint; readonly most: bigint }
  | { readonly kind: "oneOf"; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: "text" }
  | { readonly kind: "bytes" }
  | { readonly kind: "callback" }
  | { readonly kind: "signal" }
  | { readonly kind: "list"; readonly of: Rule }
  | ({ readonly kind: "object" } & OptionRules)
  /** An object whose property names the caller chooses. */
  | { readonly kind: "map"; readonly of: Rule }
  | { readonly kind: "methods"; readonly names: readonly string[]; readonly what: string }
  /** An object whose properties are checked where it is used. */
  | { readonly kind: "value"; readonly what: string }
  | { readonly kind: "either"; readonly of: readonly Rule[] };

/** The options of an object, and the names of its required options. */
export interface OptionRules {
  readonly checks: Readonly<Record<string, Rule>>;
  readonly required: readonly string[];
}

/** A rule for values of the type `T`, and of no other type, so that the compiler compares tables with the interfaces of the options. */
export type Check<T> = Rule & {
  /** Never present at run time; the compiler takes the type of the values from it. */
  readonly checked?: (value: T) => T;
};

/** Marks the check of a required option. */
interface Mandatory {
  readonly mustBeGiven: true;
}

/** One check for each option of the interface `T`; checks of required options are made by `required`. */
export type Checks<T> = {
  readonly [K in keyof Required<T>]: Check<Exclude<T[K], undefined>> & (undefined extends T[K] ? unknown : Mandatory);
};

/** The options of one public function, whose interface is `T`. */
export interface OptionTable<T = unknown> extends OptionRules {
  /** Name of the function, as its callers write it. */
  readonly of: string;
  /** Never present at run time; the compiler takes the interface of the options from it. */
  readonly options?: T;
}

/** `Found`: the type of the checks that are given. It must have a check for every option of `T`, and no other. */
type Exactly<T, Found> = Found & Checks<T> & Readonly<Record<Exclude<keyof Found, keyof T>, never>>;

/** Checks for the options of the interface `T`, to be used in several tables. */
export function checksOf<T>() {
  return <Found extends Checks<T>>(checks: Exactly<T, Found>): Checks<T> => checks;
}

/** The same checks, without those of the options `names`. */
export function without<C extends object, K extends keyof C & string>(checks: C, ...names: readonly K[]): Omit<C, K> {
  const others = Object.entries(checks).filter(([name]) => !names.some((one) => one === name));
  return Object.fromEntries(others) as Omit<C, K>;
}

/** The table of the public function `of`, whose options are the interface `T`. */
export function tableOf<T>(of: string) {
  return <Found extends Checks<T>>(checks: Exactly<T, Found>): OptionTable<T> => ({ of, ...rulesOf(checks) });
}

/** Makes the check of a required option. */
export function required<T>(check: Check<T>): Check<T> & Mandatory {
  return { ...check, mustBeGiven: true };
}

function rulesOf(checks: Readonly<Record<string, Rule & Partial<Mandatory>>>): OptionRules {
  return { checks, required: Object.keys(checks).filter((name) => checks[name]?.mustBeGiven) };
}

/** true or false. */
export const flag: Check<boolean> = { kind: "flag" };
/** Any string. */
export const text: Check<string> = { kind: "text" };
/** Any Uint8Array. */
export const bytes: Check<Uint8Array> = { kind: "bytes" };
/** An AbortSignal. */
export const signal: Check<AbortSignal> = { kind: "signal" };

/** `least` to `most`, both included. */
export function integer(least: number, most: number, unit?: string): Check<number> {
  return unit === undefined ? { kind: "integer", least, most } : { kind: "integer", least, most, unit };
}

/** A limit: an integer from `least` to 2^53 - 1, in `unit`. */
export function countOf(unit: string, least = 0): Check<number> {
  return integer(least, Number.MAX_SAFE_INTEGER, unit);
}

/** `least` to `most`, both included. */
export function bigint(least: bigint, most: bigint): Check<bigint> {
  return { kind: "bigint", least, most };
}

/** One of these values, and no other. */
export function oneOf<const V extends string | number | boolean>(values: readonly V[]): Check<V> {
  return { kind: "oneOf", values };
}

/**
 * Any function.
 *
 * @typeParam F - the type that the function is declared as, which is not checked at run time.
 */
export function callback<F extends (...given: never[]) => unknown>(): Check<F> {
  return { kind: "callback" };
}

/** An array, whose elements all keep the rule `of`. */
export function listOf<T>(of: Check<T>): Check<readonly T[]> {
  return { kind: "list", of };
}

/** An object with options of its own. `Given`: the type it is declared as, where that is a union of objects. */
export function objectOf<T, Given = T>(checks: Checks<T>): Check<Given> {
  return { kind: "object", ...rulesOf(checks) };
}

export function mapOf<T>(of: Check<T>): Check<Readonly<Record<string, T>>> {
  return { kind: "map", of };
}

/** Any object that has these methods. */
export function methods<T>(what: string, ...names: readonly string[]): Check<T> {
  return { kind: "methods", what, names };
}

/** Any object; its properties are checked where it is used. */
export function value<T>(what: string): Check<T> {
  return { kind: "value", what };
}

/** A value that keeps one of the two rules. */
export function either<A, B>(a: Check<A>, b: Check<B>): Check<A | B> {
  return { kind: "either", of: [a, b] };
}

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
