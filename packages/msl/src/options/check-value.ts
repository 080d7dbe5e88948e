/** Holds values against rules. */
import type { OptionRules, Rule } from "./checks.js";
import { nearestName } from "./nearest-name.js";
import { namesText, rangeText, shownName, shownValue } from "./rule-text.js";

/** What is wrong with an option: completes a sentence that begins with the name of the function. */
export type Fault = string;

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
export function faultInObject({ checks, required }: OptionRules, given: object, path: string): Fault | undefined {
  for (const name in given) {
    const rule = Object.hasOwn(checks, name) ? checks[name] : undefined;
    const at = path === "" ? name : `${path}.${name}`;
    if (!rule) return unknownName(checks, name, path);
    const value = (given as Readonly<Record<string, unknown>>)[name];
    const fault = value === undefined ? undefined : faultOf(rule, value, at);
    if (fault !== undefined) return fault;
  }
  const missing = required.find((name) => (given as Readonly<Record<string, unknown>>)[name] === undefined);
  const rule = missing === undefined ? undefined : checks[missing];
  return rule && `the option ${path === "" ? "" : `${path}.`}${missing} is missing, expected ${rangeText(rule)}`;
}

/** Whether it can hold options: no list, no bytes, no text, not null. */
export function isObject(value: unknown): value is object {
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
      // By tag: the constructor of another realm (vm, frames) is another one.
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

/** By its shape: runtimes and polyfills have several classes of signals. */
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

/** Of several rules, the one that an object or a list was meant for tells what is wrong inside. */
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
