/** Where in a value something is that cannot be encoded; for messages. */
import { MslError } from "../../errors.js";
import { isUint8Array } from "../../tags.js";

export class EncodePath {
  readonly #text: string;

  /** `name`: of the block type or layout. */
  constructor(name: string) {
    this.#text = name;
  }

  field(name: string): EncodePath {
    return new EncodePath(`${this.#text}.${name}`);
  }

  entry(index: number): EncodePath {
    return new EncodePath(`${this.#text}[${index}]`);
  }

  /** `bad-value`: what is there and what was expected. */
  refuse(value: unknown, expected: string): MslError {
    return new MslError("bad-value", `${this.#text} is ${shown(value)}, expected ${expected}`);
  }

  /** `bad-value`: what is wrong with the value. */
  fault(what: string): MslError {
    return new MslError("bad-value", `${this.#text} ${what}`);
  }
}

const SHOWN_MOST = 60;

function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > SHOWN_MOST ? `${value.slice(0, SHOWN_MOST)}…` : value);
  if (isUint8Array(value)) return `${value.length} bytes`;
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "a list" : "an object";
  return `${String(value)}${typeof value === "bigint" ? "n" : ""}`;
}
