/**
 * Marks the top level of a script, so that every bundler can leave out what a program does not use (docs/decisions/0015-sizes.md).
 * Bundlers keep a variable that is not used if making its value might have an effect: a call, a read of a property, a class with a
 * static block. The modules of this repository have no effects when they are loaded (`sideEffects` in package.json), so every such
 * value becomes the result of a function that is marked as pure.
 */
import { parseSync } from "oxc-parser";

/** `code`, an ES module whose declarations stand at its top level, with marks. Throws an `Error` for code that has an effect when it is loaded. */
export function markPure(code) {
  const { program, errors } = parseSync("script.js", code);
  if (errors.length > 0) throw new Error(`The script cannot be parsed: ${errors[0].message}`);
  let marked = code;
  for (const statement of program.body.toReversed()) {
    if (statement.type === "ImportDeclaration" && statement.specifiers.length === 0) {
      // An import for the effects of a script, which has none.
      marked = marked.slice(0, statement.start) + marked.slice(statement.end).replace(/^\n/, "");
    } else if (statement.type === "VariableDeclaration") {
      for (const declared of statement.declarations.toReversed()) marked = withMark(marked, declared);
    } else if (!INERT_STATEMENTS.has(statement.type)) {
      throw new Error(`The script has an effect when it is loaded: ${code.slice(statement.start, statement.end).slice(0, 80)}`);
    }
  }
  return marked;
}

const INERT_STATEMENTS = new Set(["ImportDeclaration", "FunctionDeclaration", "ExportNamedDeclaration", "ExportAllDeclaration"]);

function withMark(code, { id, init }) {
  if (init === null) return code;
  const text = code.slice(init.start, init.end);
  const replaced = (value) => code.slice(0, init.start) + value + code.slice(init.end);
  if (id.type !== "Identifier")
    throw new Error(`A pattern cannot be left out by bundlers: ${code.slice(id.start, init.end).slice(0, 80)}`);
  if (init.type === "ClassExpression") {
    // The class is assigned to a variable of its name, from which an anonymous class gets its name.
    return isPlainClass(init) ? code : replaced(`/* @__PURE__ */ (() => {\nvar ${id.name} = ${text};\nreturn ${id.name};\n})()`);
  }
  const number = numberOf(init);
  if (number !== undefined) return replaced(String(number) + (typeof number === "bigint" ? "n" : ""));
  return isPlain(init) ? code : replaced(`/* @__PURE__ */ (() => (${text}))()`);
}

/** Whether every bundler sees that the value has no effects. */
function isPlain(node) {
  return ["Literal", "Identifier", "ArrowFunctionExpression", "FunctionExpression"].includes(node.type);
}

function isPlainClass({ body }) {
  return body.body.every(isOwnMember);
}

/** Methods and fields of objects have no effect when the class is made. */
function isOwnMember(member) {
  if (member.computed) return false;
  return member.type === "MethodDefinition" || (member.type === "PropertyDefinition" && !member.static);
}

/** The value of an expression of numbers, such as 64 * 1024. */
function numberOf(node) {
  if (node.type === "Literal") return ["number", "bigint"].includes(typeof node.value) ? node.value : undefined;
  if (node.type === "ParenthesizedExpression") return numberOf(node.expression);
  if (node.type !== "BinaryExpression") return undefined;
  const [left, right] = [numberOf(node.left), numberOf(node.right)];
  const operation = OPERATIONS[node.operator];
  return left === undefined || right === undefined || operation === undefined ? undefined : operation(left, right);
}

const OPERATIONS = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => a * b,
  "/": (a, b) => a / b,
  "**": (a, b) => a ** b,
  "<<": (a, b) => a << b,
};
