/** Outcomes that must not be. */
import { isDeepStrictEqual } from "node:util";
import { MslError } from "@memslice/msl";

/** Two ways to ask the same give different answers, or an answer contradicts itself. */
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

/** Codes that stand for a fault of the library or of this harness, not of the capture. */
const FAULTS: ReadonlySet<string> = new Set(["internal", "usage", "closed"]);

/** A value, or the MslError that a capture may lead to; anything else is thrown on. */
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

/** What two readers must have in common about an error. */
export function errorFacts({ code, message, offset, block }: MslError): object {
  return { code, message, offset, block };
}
