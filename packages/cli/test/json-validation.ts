/** Holds the documents of `msl` against the schemas of docs/json. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { jsonSchemas } from "../scripts/json-schemas.mjs";

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
const schemas = jsonSchemas();
const compiled = new Map<string, ValidateFunction>();

/** `parts`: of which definitions a document is one; of all that the schema names without them. */
function validatorOf(name: string, parts: readonly string[] = []): ValidateFunction {
  const text = schemas[`json/${name}.schema.json`];
  if (text === undefined) throw new Error(`There is no schema ${name}`);
  const key = [name, ...parts].join(" ");
  const validator =
    compiled.get(key) ??
    ajv.compile({ ...JSON.parse(text), ...(parts.length > 0 && { anyOf: parts.map((part) => ({ $ref: `#/$defs/${part}` })) }) });
  compiled.set(key, validator);
  return validator;
}

/** Schemas of documents that have no lines, and state their alternatives themselves. */
const UNDIVIDED = new Set(["capture", "error", "raw", "bench"]);

/** Sentences about everything in a document of `--json`, also that of an error, that does not match the schema. */
export function misfits(name: string, document: unknown): string[] {
  return sentences(validatorOf(name, UNDIVIDED.has(name) ? [] : ["document", "error"]), document);
}

/** Sentences about a line of `--ndjson`, which says what it is about. */
export function lineMisfits(command: string, line: string): string[] {
  const document = JSON.parse(line) as Record<string, unknown>;
  const { file, fileA, fileB } = document;
  const isNamed = typeof file === "string" || (typeof fileA === "string" && typeof fileB === "string") || "error" in document;
  return isNamed ? sentences(validatorOf(command), document) : ["no file is named"];
}

function sentences(validate: ValidateFunction, document: unknown): string[] {
  return validate(document) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}
