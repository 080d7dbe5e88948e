/** Refuses options that a function does not have, and values that they cannot have. */
import { MslError } from "../errors.js";
import { faultInObject, isObject } from "./check-value.js";
import type { OptionTable } from "./checks.js";
import { shownValue } from "./rule-text.js";

/** Throws `usage` with the function, the option, what was given and what is allowed. One pass over the options that are given. */
export function requireOptions(table: OptionTable, given: object | undefined): asserts given is object {
  const refusal = refusalOf(table, given);
  if (refusal) throw refusal;
}

/** Those of the options that another function has too, to call it with. */
export function optionsFor<T>({ checks }: OptionTable<T>, given: { readonly [K in keyof T]?: unknown }): T {
  return Object.fromEntries(Object.entries(given).filter(([name]) => Object.hasOwn(checks, name))) as T;
}

/** What `requireOptions` throws; undefined where the options are right. */
export function refusalOf({ of, ...rules }: OptionTable, given: unknown): MslError | undefined {
  if (!isObject(given)) {
    return new MslError("usage", `${of}: the options are ${shownValue({ kind: "value", what: "" }, given)}, expected an object`);
  }
  const fault = faultInObject(rules, given, "");
  return fault === undefined ? undefined : new MslError("usage", `${of}: ${fault}`);
}
