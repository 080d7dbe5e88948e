/**
 * Compares printed JSON with recorded values: every recorded value must be there, more is fine, a recorded null asks nothing.
 * Integers compare by value, whether written as number, decimal or 0x text; other text without regard to case.
 */
const INTEGER = /^(\d{1,20}|0x[0-9a-f]{1,16})$/i;

export function differences(expected: unknown, actual: unknown, path = ""): string[] {
  if (expected === null || expected === undefined) return [];
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return [`${path}: expected a list, got ${JSON.stringify(actual)}`];
    const lengths =
      expected.length === actual.length ? [] : [`${path}: expected ${expected.length} entries, got ${actual.length}`];
    return [...lengths, ...expected.flatMap((value, i) => differences(value, actual[i], `${path}[${i}]`))];
  }
  if (typeof expected === "object") {
    if (typeof actual !== "object" || actual === null) return [`${path}: expected an object, got ${JSON.stringify(actual)}`];
    const object = actual as Record<string, unknown>;
    return Object.entries(expected).flatMap(([key, value]) => differences(value, object[key], `${path}.${key}`));
  }
  return same(expected, actual) ? [] : [`${path}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`];
}

function same(expected: unknown, actual: unknown): boolean {
  if (expected === actual) return true;
  if (isInteger(expected) && isInteger(actual)) return BigInt(expected) === BigInt(actual);
  return typeof expected === "string" && typeof actual === "string" && expected.toLowerCase() === actual.toLowerCase();
}

function isInteger(value: unknown): value is string | number {
  return typeof value === "number" || (typeof value === "string" && INTEGER.test(value));
}
