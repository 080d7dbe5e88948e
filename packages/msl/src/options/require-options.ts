/** Refuses options that a function does not have, and values that they cannot have. */
import { MslError } from "../errors.js";
import type { OptionRules, OptionTable, Rule } from "./checks.js";
import { namesText, rangeText, shownName, shownValue } from "./checks.js";

/** Throws `usage` with the names of function and option, the given value and the allowed values. Makes one pass over the given options. */
export function requireOptions(table: OptionTable, given: object | undefined): asserts given is object {
  const refusal = refusalOf(table, given);
  if (refusal) throw refusal;
}

/** The options of `given` that the function of the table has as well, for a call of that function. */
export function optionsFor<T>({ checks }: OptionTable<T>, given: { readonly [K in keyof T]?: unknown }): T {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(checks, name))) as T;
}

/** The error that `requireOptions` throws; undefined for valid options. */
export function refusalOf(table: OptionTable, given: unknown): MslError | undefined {
  const { of } = table;
  if (!isObject(given)) {
    return new MslError("usage", `${of}: the options are ${shownValue({ kind: "value", what: "" }, given)}, expected an object`);
  }
  const fault = faultInObject(table, given, "");
  return fault === undefined ? undefined : new MslError("usage", `${of}: ${fault}`);
}

/** The fault of an option: completes a sentence that begins with the name of the function. */
type Fault = string;

/** `path`: the name of the option, with the names of the objects that it lies in. */
function faultOf(rule: Rule, value: unknown, path: string): Fault | undefined {
  switch (rule.kind) {
    case "object":
      return isObject(value) ? faultInObject(rule, value, path) : refusal(rule, value, path);
    case "map":
      return isObject(value) ? faultInMap(rule.of, value, path) : refusal(rule, value, path);
    case "list":
      return Array.isArray(value) ? faultInList(rule.of, value, path) : refusal(rule, value, path);
    case "either":
      return faultOfAll(rule, value, path);
    default:
      return isAllowed(rule, value) ? undefined : refusal(rule, value, path);
  }
}

/** The first fault of an object with options: a name that it does not have, or a value that is not allowed. `undefined` means absent. */
function faultInObject({ checks, required }: OptionRules, given: object, path: string): Fault | undefined {
  for (const name in given) {
    const rule = Object.hasOwn(checks, name) ? checks[name] : undefined;
    const at = path === "" ? name : `${path}.${name}`;
    if (!rule) return unknownName(checks, name, path);
    const value = (given as Readonly<Record<string, unknown>>)[name];
    const fault = value === undefined ? undefined : faultOf(rule, value, at);
    if (fault !== undefined) return fault;
  }
  if (required.length === 0) return undefined;
  const missing = required.find((name) => (given as Readonly<Record<string, unknown>>)[name] === undefined);
  const rule = missing === undefined ? undefined : checks[missing];
  return rule && `the option ${path === "" ? "" : `${path}.`}${missing} is missing, expected ${rangeText(rule)}`;
}

/** Whether a value can hold options: an object, and neither a list nor bytes. */
function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

type PlainRule = Exclude<Rule, { kind: "object" | "map" | "list" | "either" }>;

function isAllowed(rule: PlainRule, value: unknown): boolean {
  switch (rule.kind) {
    case "flag":
      return typeof value === "boolean";
    case "integer":
      return Number.isInteger(value) && Number(value) >= rule.least && Number(value) <= rule.most;
    case "bigint":
      return typeof value === "bigint" && value >= rule.least && value <= rule.most;
    case "oneOf":
      return rule.values.some((one) => one === value);
    case "text":
      return typeof value === "string";
    case "bytes":
      // By tag: a value of another realm (vm, frames) has another constructor.
      return ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === "[object Uint8Array]";
    case "callback":
      return typeof value === "function";
    case "signal":
      return isSignal(value);
    case "methods":
      return rule.names.every((name) => typeof (value as Readonly<Record<string, unknown>> | null)?.[name] === "function");
    case "value":
      return isObject(value);
  }
}

/** Recognised by its properties: runtimes and polyfills have several classes of signals. */
function isSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  return typeof aborted === "boolean" && typeof addEventListener === "function";
}

function faultInMap(rule: Rule, given: object, path: string): Fault | undefined {
  for (const [name, value] of Object.entries(given)) {
    const fault = faultOf(rule, value, `${path}.${shownName(name)}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function faultInList(rule: Rule, list: readonly unknown[], path: string): Fault | undefined {
  for (let index = 0; index < list.length; index++) {
    const fault = faultOf(rule, list[index], `${path}[${index}]`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** The fault of a value that fits none of several rules. For an object or a list, the fault inside it by the rule for objects or lists. */
function faultOfAll(rule: Extract<Rule, { kind: "either" }>, value: unknown, path: string): Fault | undefined {
  const faults = rule.of.map((one) => ({ one, fault: faultOf(one, value, path) }));
  if (faults.some(({ fault }) => fault === undefined)) return undefined;
  const meant = faults.find(({ one }) => (one.kind === "list" ? Array.isArray(value) : one.kind === "object" && isObject(value)));
  return meant?.fault ?? refusal(rule, value, path);
}

function refusal(rule: Rule, value: unknown, path: string): Fault {
  return `the option ${path} is ${shownValue(rule, value)}, expected ${rangeText(rule)}`;
}

function unknownName(checks: Readonly<Record<string, Rule>>, name: string, path: string): Fault {
  const known = Object.keys(checks);
  const place = path === "" ? "" : ` in ${path}`;
  const nearest = nearestName(name, known);
  const advice = nearest === undefined ? `there are ${namesText(known)}` : `did you mean ${nearest}?`;
  return `there is no option ${shownName(name)}${place}; ${known.length === 0 ? "it takes none" : advice}`;
}

/** A misspelt name may differ from the known name in one letter for each 3 letters of the misspelt name. */
const LETTERS_PER_SLIP = 3;
/** Longer names are not compared with known names: they are not misspellings, and comparing them takes time. */
const LONGEST = 64;

/** The known name that a misspelt name resembles; undefined if no known name is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  const most = Math.max(1, Math.floor(name.length / LETTERS_PER_SLIP));
  let nearest: { readonly name: string; readonly slips: number } | undefined;
  for (const candidate of known) {
    const slips = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (slips <= most && (nearest === undefined || slips < nearest.slips)) nearest = { name: candidate, slips };
  }
  return nearest?.name;
}

/** Letters to insert, delete or replace (Levenshtein), row by row of the table of prefixes. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
