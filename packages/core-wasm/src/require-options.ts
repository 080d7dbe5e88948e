/** Checks the options of public functions: no other names than those of the function, no values of another type. */

/** The values of an option, in words and as a test. */
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
/** A count that may be infinite. */
export const LIMIT: OptionCheck = { expected: "a number from 0", allows: (value) => typeof value === "number" && value >= 0 };
export const BYTES: OptionCheck = {
  expected: "a Uint8Array",
  allows: (value) => ArrayBuffer.isView(value) && "subarray" in value,
};
/** Checks the shape and not the class, because core.ts imports this file. */
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

/**
 * Throws for an unknown option or a wrong value, with the names of function and option: a `RangeError` for a number that is not a count, a
 * `TypeError` otherwise. `undefined` stands for an absent option.
 */
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
