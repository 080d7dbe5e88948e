/** Schemas of the documents of commands that print tables, by the columns of the tables. */
import { boolean, count, decimal, hex, list, object, ref, text } from "../../msl/scripts/json-schema.mjs";
import { CONNECTIONS } from "../src/tables/connections-table.js";
import { HANDLES } from "../src/tables/handles-table.js";
import { HINTS } from "../src/tables/hints-table.js";
import { MODULES } from "../src/tables/modules-table.js";
import { PROCESSES } from "../src/tables/processes-table.js";
import { REGIONS } from "../src/tables/regions-table.js";
import { SYSTEM } from "../src/tables/system-table.js";
import { REGISTERS, THREADS } from "../src/tables/threads-table.js";
import { address, askDocument, COVERAGE_TEXT, coverage, DRAFT, document, finding } from "./documents.mjs";

const TYPES = { text, count, decimal, address, hex: address, boolean, time: decimal };
const PROBLEMS_TEXT =
  "`problems`: sentences about what cannot be read, so that rows may be missing; with --count, there are no rows.";

/** The row of a table as an object. */
export function rowSchema({ columns }) {
  const members = (isOptional) =>
    Object.fromEntries(
      columns.filter(({ optional = false }) => optional === isOptional).map((column) => [column.name, TYPES[column.type]]),
    );
  return object(members(false), members(true));
}

/** `entry`: the name of the definition of a row. */
function tableSchema(table, entry = "row") {
  const { name, list: rows, about } = table;
  return document(
    `msl.${name}/1`,
    `${about} ${PROBLEMS_TEXT}`,
    { count, problems: list(text) },
    { definitions: { [entry]: rowSchema(table) }, optional: { [rows]: list(ref(entry)) } },
  );
}

/** The document of `msl keys`: a table of hints, or with --find what a search found. */
function keys() {
  const { $defs, $schema: _, title, description, ...hints } = tableSchema(HINTS);
  const key = finding(
    {
      length: count,
      kind: { enum: ["aes", "chacha20", "rsa", "ec", "ed25519", "x25519", "certificate"] },
      form: text,
      pem: boolean,
      bits: count,
      encrypted: boolean,
      proof: { enum: ["arithmetic", "structure", "layout"] },
      fingerprint: text,
    },
    { curve: text, problem: text, secret: hex },
  );
  const found = askDocument(title, "", {}, { definitions: {}, optional: { keys: list(ref("key")) } }).anyOf;
  return {
    $schema: DRAFT,
    title,
    description: `${description} With --find, \`keys\`: keys and certificates in memory. ${COVERAGE_TEXT}`,
    anyOf: [hints, ...found],
    $defs: { ...$defs, key, coverage },
  };
}

/** The document of `msl threads`: a table of threads, or with --registers one of registers. */
function threads() {
  const [listed, registers] = [tableSchema(THREADS), tableSchema(REGISTERS, "register")];
  const shape = ({ $schema: _, $defs, title, description, ...rest }) => rest;
  return {
    ...{ $schema: DRAFT, title: listed.title, description: `${THREADS.about} ${REGISTERS.about} ${PROBLEMS_TEXT}` },
    anyOf: [shape(listed), shape(registers)],
    $defs: { ...listed.$defs, ...registers.$defs },
  };
}

/** The schemas by the names of their commands. */
export function tableSchemas() {
  const tables = [REGIONS, MODULES, PROCESSES, CONNECTIONS, HANDLES, SYSTEM];
  return { ...Object.fromEntries(tables.map((table) => [table.name, tableSchema(table)])), threads: threads(), keys: keys() };
}
