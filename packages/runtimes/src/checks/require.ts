/** Assertions that need no test framework. */

/** Throws an `Error` with the first difference and the number of all. */
export function requireNone(what: string, differences: readonly string[]): void {
  const [first] = differences;
  if (first !== undefined) throw new Error(`${what}: ${first}${differences.length > 1 ? ` (of ${differences.length})` : ""}`);
}

export function requireEqual(what: string, actual: unknown, expected: unknown): void {
  const [found, wanted] = [text(actual), text(expected)];
  if (found !== wanted) throw new Error(`${what}: expected ${wanted}, got ${found}`);
}

/** Throws unless `run` throws an `MslError` with that code. */
export async function requireRefused(what: string, code: string, run: () => unknown): Promise<void> {
  const error = await refusalOf(what, run);
  const { name, message } = error;
  const found = "code" in error ? error.code : undefined;
  if (name !== "MslError" || found !== code)
    throw new Error(`${what}: expected ${code}, got ${name} ${String(found)}: ${message}`);
  if (message === "") throw new Error(`${what}: the error says nothing`);
}

/** Returns the error that `run` throws; throws if it returns. */
export async function refusalOf(what: string, run: () => unknown): Promise<Error> {
  try {
    await run();
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`${what}: threw ${String(error)}, which is no Error`);
  }
  throw new Error(`${what}: was not refused`);
}

/** A value as text, the same in every runtime. */
export function text(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Uint8Array ? hex(part) : part;
  });
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
