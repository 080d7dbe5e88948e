/** Checks that throw for outcomes that are not allowed. */
import { isDeepStrictEqual } from "node:util";
import { MslError } from "@memslice/msl";

/** Two ways of asking the same question give different answers, or an answer contradicts itself. */
class Disagreement extends Error {
  override readonly name = "Disagreement";
}

/** Throws `Disagreement` unless the two are deeply equal. */
export function requireEqual(what: string, a: unknown, b: unknown): void {
  if (!isDeepStrictEqual(a, b)) throw new Disagreement(`${what}: ${shown(a)} is not ${shown(b)}`);
}

export function require(what: string, holds: boolean): void {
  if (!holds) throw new Disagreement(what);
}

const SHOWN_CHARACTERS = 600;

function shown(value: unknown): string {
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === "bigint") return `${part}n`;
    return part instanceof Uint8Array ? `${part.length} bytes ${Buffer.from(part.subarray(0, 40)).toString("hex")}` : part;
  });
  return String(text).slice(0, SHOWN_CHARACTERS);
}

/** Codes that mean a fault of the library or of this harness; a capture must not cause them. */
const FAULTS: ReadonlySet<string> = new Set(["internal", "usage", "closed"]);

/** A value, or an MslError that a capture may cause; any other error is rethrown. */
export type Answer<T> =
  | { readonly value: T; readonly error?: undefined }
  | { readonly value?: undefined; readonly error: MslError };

export async function ask<T>(question: () => T | Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await question() };
  } catch (error) {
    if (!(error instanceof MslError) || FAULTS.has(error.code)) throw error;
    return { error };
  }
}

/** The properties of an error that must be the same in two readers. */
export function errorFacts({ code, message, offset, block }: MslError): object {
  return { code, message, offset, block };
}
