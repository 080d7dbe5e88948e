/**
 * Finds the differences between recorded values and those that were read. Every recorded value must be present; additional values are
 * allowed; a recorded null is not compared. Integers are equal in any notation: number, decimal text or 0x text. Other text is compared
 * without regard to case.
 */
const INTEGER = /^(\d{1,20}|0x[0-9a-f]{1,16})$/i;

export function differences(recorded: unknown, read: unknown, path: string): string[] {
  if (recorded === null || recorded === undefined) return [];
  if (Array.isArray(recorded) && Array.isArray(read)) {
    if (recorded.length !== read.length) return [`${path} has ${read.length} entries, recorded are ${recorded.length}`];
    return recorded.flatMap((value, i) => differences(value, read[i], `${path}[${i}]`));
  }
  if (isObject(recorded) && isObject(read)) {
    return Object.entries(recorded).flatMap(([name, value]) =>
      differences(value, read[name], path === "" ? name : `${path}.${name}`),
    );
  }
  return equal(recorded, read) ? [] : [`${path} is ${JSON.stringify(read)}, recorded is ${JSON.stringify(recorded)}`];
}

function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (isInteger(a) && isInteger(b)) return BigInt(a) === BigInt(b);
  return typeof a === "string" && typeof b === "string" && a.toLowerCase() === b.toLowerCase();
}

function isInteger(value: unknown): value is string | number {
  return Number.isSafeInteger(value) || (typeof value === "string" && INTEGER.test(value));
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
