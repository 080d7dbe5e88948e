/** Holds functions that take options against their tables: unknown names and wrong values are refused. For the tests of several packages. */
import { describe, expect, it } from "vitest";
import type { MslError } from "../../src/errors.js";
import type { OptionRules, OptionTable, Rule } from "../../src/options/checks.js";

/** A call of a function with these options. */
export type Call = (options: object) => unknown;

/** Values that a rule does not allow, at the edges of its range where it has some. */
function wrongValues(rule: Rule): readonly unknown[] {
  const others = [null, Symbol("other")];
  switch (rule.kind) {
    case "flag":
      return [...others, 1, "true", "yes"];
    case "integer":
      return [...others, rule.least - 1, rule.most + 1, rule.least + 0.5, Number.NaN, String(rule.least), BigInt(rule.least)];
    case "bigint":
      return [...others, rule.least - 1n, rule.most + 1n, Number(rule.least), String(rule.least)];
    case "oneOf":
      return [...others, "gzip", "toString", "", 77];
    case "text":
      return [...others, 1, ["text"], new Uint8Array(1)];
    case "bytes":
      return [...others, "bytes", [1, 2], new ArrayBuffer(2), new Uint16Array(2)];
    case "callback":
      return [...others, "callback", {}];
    case "signal":
      return [...others, {}, new AbortController(), 200];
    case "list":
      return [...others, "list", {}, ...wrongValues(rule.of).map((value) => [value])];
    case "object":
      return [...others, "object", [], 1, { notAnOption: 1 }, ...wrongOptions(rule)];
    case "map":
      return [...others, "map", [], ...wrongValues(rule.of).map((value) => ({ one: value }))];
    case "methods":
      return [...others, "methods", 1];
    case "value":
      return [...others, "value", 1, []];
    case "either":
      return [...others, ...(rule.of[0] ? wrongValues(rule.of[0]) : [])].filter(
        (value) => !rule.of.slice(1).some((one) => isRight(one, value)),
      );
  }
}

/** Objects with one wrong value each, and objects that lack one required option each. */
function wrongOptions({ checks, required }: OptionRules): readonly object[] {
  return [
    ...Object.entries(checks).flatMap(([name, rule]) => wrongValues(rule).map((value) => ({ [name]: value }))),
    ...required.map((name) =>
      Object.fromEntries([...required.filter((other) => other !== name).map((other) => [other, undefined])]),
    ),
  ];
}

/** Whether `value` is right for a rule. Only for the rules that occur as alternatives of other rules (`either`). */
function isRight(rule: Rule, value: unknown): boolean {
  if (rule.kind === "integer") return Number.isInteger(value) && Number(value) >= rule.least && Number(value) <= rule.most;
  if (rule.kind === "bytes") return value instanceof Uint8Array;
  if (rule.kind === "callback") return typeof value === "function";
  if (rule.kind === "map") return typeof value === "object" && value !== null && Object.keys(value).length === 0;
  return false;
}

/** The error of a call with options that are not right. */
export async function refusal(call: Call, options: unknown): Promise<MslError> {
  try {
    await call(options as object);
  } catch (error) {
    // The class of the package under test: tests of other packages load it from another module.
    if (error instanceof Error && error.name === "MslError") return error as MslError;
    throw error;
  }
  throw new Error("it was not refused");
}

/** `calls`: every public function that takes options, by the name of its table. `requiredOf`: options without which a function refuses a call. */
export function holdTables(
  tables: readonly OptionTable[],
  calls: Readonly<Record<string, Call>>,
  requiredOf: Readonly<Record<string, object>> = {},
): void {
  it("the tables of options are those of the public functions that take options", () => {
    expect(tables.map(({ of }) => of).sort()).toEqual(Object.keys(calls).sort());
  });

  describe.each(tables.map((table) => ({ ...table, call: calls[table.of] ?? (() => {}) })))(
    "$of",
    ({ of, checks, required, call }) => {
      const given = requiredOf[of] ?? {};

      it("a function refuses an unknown option, and names the nearest known option", async () => {
        expect(await refusal(call, { ...given, notAnOption: undefined })).toMatchObject({ code: "usage" });
        const [name = ""] = Object.keys(checks);
        const misspelt = await refusal(call, { ...given, [`${name}x`]: 1 });
        expect(misspelt.code).toBe("usage");
        expect(misspelt.message).toBe(`${of}: there is no option "${name}x"; did you mean ${name}?`);
      });

      it.each([null, [], "text", new Uint8Array(1), 5].map((options) => ({ options })))(
        "refuses $options as options",
        async ({ options }) => {
          const error = await refusal(call, options);
          expect(error.code).toBe("usage");
          expect(error.message).toContain("options");
        },
      );

      it.each(Object.keys(checks))("a function refuses wrong values of the option %s", async (name) => {
        const rule = checks[name];
        for (const value of rule ? wrongValues(rule) : []) {
          const error = await refusal(call, { ...given, [name]: value });
          expect(error.code).toBe("usage");
          expect(error.message).toContain(`${of}: `);
          expect(error.message).toContain(name);
          expect(error.message.length).toBeLessThan(700);
        }
      });

      it("a function refuses options without a required option", async () => {
        for (const name of required) {
          const error = await refusal(call, { ...given, [name]: undefined });
          expect(error).toMatchObject({ code: "usage", message: expect.stringContaining(`the option ${name} is missing`) });
        }
      });
    },
  );
}
