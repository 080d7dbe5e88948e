/** Refuses options that a function does not have, and values of another type than they have. */

/** What the value of an option is, in words, and whether a value is so. */
interface OptionCheck {
  readonly expected: string;
  readonly allows: (value: unknown) => boolean;
}

/** One check for each option of the interface `T`, and for nothing else. */
export type OptionChecks<T> = { readonly [K in keyof Required<T>]: OptionCheck };

const SHOWN_LENGTH = 40;

export const FLAG: OptionCheck = { expected: "true or false", allows: (value) => typeof value === "boolean" };
export const COUNT: OptionCheck = {
  expected: "an integer from 0",
  allows: (value) => Number.isInteger(value) && Number(value) >= 0,
};
/** Without an end, too. */
export const LIMIT: OptionCheck = { expected: "a number from 0", allows: (value) => typeof value === "number" && value >= 0 };
export const BYTES: OptionCheck = {
  expected: "a Uint8Array",
  allows: (value) => ArrayBuffer.isView(value) && "subarray" in value,
};
/** By its shape: core.ts imports this file. */
export const CORE: OptionCheck = {
  expected: "a Core",
  allows: (value) => typeof value === "object" && value !== null && "kernels" in value,
};

export function oneOf(...words: readonly string[]): OptionCheck {
  return {
    expected: words.map((word) => JSON.stringify(word)).join(" or "),
    allows: (value) => words.some((word) => word === value),
  };
}

/** Throws a `TypeError` that names function and option, and a `RangeError` for a number that is no count. `undefined` means absent. */
export function requireOptions<T>(of: string, checks: OptionChecks<T>, given: object): void {
  if (typeof given !== "object" || given === null || Array.isArray(given) || ArrayBuffer.isView(given)) {
    throw new TypeError(`${of}: the options are no object`);
  }
  const known: Readonly<Record<string, OptionCheck>> = checks;
  for (const name in given) {
    const check = Object.hasOwn(known, name) ? known[name] : undefined;
    if (!check)
      throw new TypeError(
        `${of}: there is no option ${JSON.stringify(name.slice(0, SHOWN_LENGTH))}; there are: ${Object.keys(known).join(", ")}`,
      );
    const value = (given as Readonly<Record<string, unknown>>)[name];
    if (value === undefined || check.allows(value)) continue;
    const message = `${of}: the option ${name} is ${shown(value)}, expected ${check.expected}`;
    throw (check === COUNT || check === LIMIT) && typeof value === "number" ? new RangeError(message) : new TypeError(message);
  }
}

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, SHOWN_LENGTH));
  if (value === null || typeof value === "number" || typeof value === "boolean") return String(value);
  return `of the type ${typeof value}`;
}
