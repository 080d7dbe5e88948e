/** Captures by three public writers, each with the values that were given to the program which wrote it. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RecordedValues } from "../../bench/src/samples/recorded-values.js";

const FOLDER = new URL("../../../fixtures/captures/", import.meta.url);

const FIXTURES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".msl"))
  .map((file) => file.slice(0, -4))
  .sort();

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`${name}.msl`, FOLDER));
}

/** A fresh copy of the capture's bytes. */
export function fixtureBytes(name: string): Uint8Array {
  return new Uint8Array(readFileSync(fixturePath(name)));
}

export function expectation(name: string): RecordedValues {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8"));
}

/** Captures that no reader may go on with. */
export const REFUSED: readonly string[] = FIXTURES.filter((name) => expectation(name).features?.includes("reject"));
/** Encrypted captures whose tag does not match, although the secret is right. */
export const UNAUTHENTIC: readonly string[] = FIXTURES.filter((name) => expectation(name).features?.includes("aead-fail"));
/** Encrypted captures that their secret opens. */
export const ENCRYPTED: readonly string[] = FIXTURES.filter(
  (name) => expectation(name).secrets && !UNAUTHENTIC.includes(name) && !REFUSED.includes(name),
);
/** Plain captures. */
export const READABLE: readonly string[] = FIXTURES.filter((name) => ![...REFUSED, ...UNAUTHENTIC, ...ENCRYPTED].includes(name));
