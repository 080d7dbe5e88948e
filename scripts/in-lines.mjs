/** Breaks minified scripts into lines, of which Node prints one with an error that nobody catches. */
import { parseSync } from "oxc-parser";

/** A line ends before the statement or member that would make it longer than this. */
const LINE = 120;

/** `code`, an ES module without white space that could be left out, in lines. Nothing but line breaks is added. */
export function inLines(code) {
  const { program, errors } = parseSync("script.js", code);
  if (errors.length > 0) throw new Error(`The script cannot be parsed: ${errors[0].message}`);
  const places = [];
  for (const { start, end } of statementsIn(program)) places.push({ start, end });
  places.sort((a, b) => a.start - b.start || b.end - a.end);
  let text = "";
  let from = 0;
  for (const { start, end } of places) {
    if (start > from && end - from > LINE) {
      text += `${code.slice(from, start)}\n`;
      from = start;
    }
  }
  return text + code.slice(from);
}

/** All statements and members of classes, nested ones included: a line may begin with each of them. */
function* statementsIn(node) {
  if (Array.isArray(node)) {
    for (const item of node) yield* statementsIn(item);
  } else if (node !== null && typeof node === "object") {
    if (Array.isArray(node.body)) yield* node.body;
    for (const value of Object.values(node)) yield* statementsIn(value);
  }
}
