/** Values that JSON text can carry without loss. */
import { require, requireEqual } from "../finding.js";

/** Nothing would be lost on the way through JSON text: no undefined, no NaN, no object but plain ones. */
export function requirePlain(what: string, value: unknown): void {
  if (typeof value === "object" && value !== null) {
    require(`${what} is a plain object`, Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype);
    for (const [key, part] of Object.entries(value)) requirePlain(`${what}.${key}`, part);
  } else {
    require(`${what} is a JSON value: ${String(value)}`, isJsonPrimitive(value));
  }
}

/** `JSON.stringify` takes the value, and what it writes can be read again; writing what was read gives the same text. Returns what was read. */
export function requireSerialises(what: string, value: unknown): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (error) {
    require(`${what} as JSON: ${String(error)}`, false);
  }
  const read: unknown = JSON.parse(text ?? "");
  requireEqual(`${what} as JSON, read and written again`, text, JSON.stringify(read));
  return read;
}

function isJsonPrimitive(value: unknown): boolean {
  return value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}
