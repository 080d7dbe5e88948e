/** Holds the documents of `msl` against the schemas of docs/json. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { jsonSchemas } from "../scripts/json-schemas.mjs";

const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
const compiled = new Map<string, ValidateFunction>();

interface Schema {
  readonly properties?: Readonly<Record<string, { readonly items?: { readonly $ref?: string } }>>;
  readonly anyOf?: readonly Schema[];
  readonly $defs?: object;
}

function schema(name: string): Schema {
  const text = jsonSchemas()[`json/${name}.schema.json`];
  if (text === undefined) throw new Error(`There is no schema ${name}`);
  return JSON.parse(text);
}

function validatorOf(key: string, make: () => object): ValidateFunction {
  const validator = compiled.get(key) ?? ajv.compile(make());
  compiled.set(key, validator);
  return validator;
}

function sentences(validate: ValidateFunction, value: unknown): string[] {
  return validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

/** Sentences about everything that does not match the schema. */
export function misfits(name: string, document: unknown): string[] {
  return sentences(
    validatorOf(name, () => schema(name)),
    document,
  );
}

/** Sentences about a document of `--json`, which may be that of an error. A document that had begun before the error has other members too. */
export function documentMisfits(command: string, document: object): string[] {
  const isOfError = "error" in document && Object.keys(document).every((name) => ["schema", "file", "error"].includes(name));
  return misfits(isOfError ? "error" : command, document);
}

/**
 * Sentences about a line of `--ndjson`. It is a whole document, also that of an error, or an entry of a list with the schema and the file beside its
 * own members; a line with the other members of the document comes first or last.
 */
export function lineMisfits(command: string, line: string): string[] {
  const document = JSON.parse(line) as Record<string, unknown>;
  // A document of `lint` can have an error beside its counts.
  if ("error" in document && !("counts" in document)) return misfits("error", document);
  const { schema: name, file, fileA, fileB, ...rest } = document;
  const isNamed = typeof file === "string" || (typeof fileA === "string" && typeof fileB === "string");
  if (name !== `msl.${command}/1` || !isNamed) return [`schema is ${String(name)}, and no file is named`];
  if (misfits(command, document).length === 0) return [];
  return sentences(
    validatorOf(`lines of ${command}`, () => linesOf(command)),
    rest,
  );
}

function linesOf(command: string): object {
  const document = schema(command);
  const shapes = (document.anyOf ?? [document]).map(({ properties = {} }) => properties);
  const entries = shapes.flatMap((properties) => Object.values(properties).flatMap(({ items }) => (items?.$ref ? [items] : [])));
  const others = shapes.map((properties) => {
    const members = Object.entries(properties).filter(([name]) => !["schema", "file", "fileA", "fileB"].includes(name));
    return { type: "object", properties: Object.fromEntries(members), minProperties: 2, additionalProperties: false };
  });
  return { anyOf: [...entries, ...others], $defs: document.$defs };
}
