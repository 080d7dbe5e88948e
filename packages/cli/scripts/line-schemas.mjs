/**
 * What `--ndjson` prints under the name of a document: a line for each entry of its lists, with the members of the entry beside `schema` and the file; a line with other members
 * of the document, first or last; and with `--json`, too, the error in place of the document.
 */
import { object, ref } from "../../msl/scripts/json-schema.mjs";
import { failure } from "./documents.mjs";

/** The members of every line that say what it is about. */
const HEAD = ["schema", "file", "fileA", "fileB"];

/**
 * The schema of all that has the name of a document: the whole document (`$defs.document`), its lines (`$defs.line`) if `isInLines` says that it has some, and its error.
 */
export function withLines({ $schema, title, description, anyOf, $defs = {}, ...alone }, isInLines) {
  const documents = anyOf ?? [alone];
  const lines = isInLines ? distinct(documents.flatMap((document) => linesOf(document, $defs))) : [];
  const error = object({ schema: { const: title }, error: failure }, { file: { type: "string" } });
  return {
    $schema,
    title,
    description: `${description} Where the command failed, the document has \`schema\`, \`error\` and the file, if it was one that led to the error.`,
    anyOf: [ref("document"), ...(isInLines ? [ref("line")] : []), ref("error")],
    $defs: { document: { anyOf: documents }, ...(isInLines && { line: { anyOf: lines } }), error, ...$defs },
  };
}

function linesOf({ properties = {}, required = [] }, definitions) {
  const names = Object.keys(properties).filter((name) => HEAD.includes(name));
  const head = Object.fromEntries(names.map((name) => [name, properties[name]]));
  const needed = required.filter((name) => HEAD.includes(name));
  const entries = Object.values(properties).flatMap(({ items }) => shapesOf(items, definitions));
  return [
    ...entries.map((entry) => ({
      ...entry,
      properties: { ...head, ...entry.properties },
      required: [...needed, ...entry.required],
    })),
    // Some members of the document: its head, or its end.
    { type: "object", properties, required: needed, additionalProperties: false, minProperties: needed.length + 1 },
  ];
}

/** The objects that an entry of a list can be, if the list is one of entries. */
function shapesOf(items, definitions) {
  const name = items?.$ref?.replace("#/$defs/", "");
  const definition = name === undefined ? undefined : definitions[name];
  if (definition === undefined) return [];
  if (definition.properties) return [definition];
  return (definition.anyOf ?? []).flatMap((shape) => (shape.properties ? [shape] : shapesOf(shape, definitions)));
}

function distinct(schemas) {
  return [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()];
}
