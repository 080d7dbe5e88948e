/** Classes of bytes in brackets: `[a-z\x80-\xff]`, `[^\s]`, `[[:alpha:]]`. */
import { type ByteSet, byteSet, CLASS_ESCAPES, complement, NAMED_CLASSES, union, withBothCases } from "./byte-set.js";
import type { SourceText } from "./source-text.js";

/** Reads the class that begins here. Throws `usage`. */
export function parseClass(text: SourceText, ignoreCase: boolean): ByteSet {
  text.skip(1);
  const isNegated = text.takes("^");
  let set: ByteSet = byteSet();
  // A ] that comes first stands for itself.
  for (let isFirst = true; isFirst || text.next !== "]"; isFirst = false) {
    if (text.ends) throw text.error("has a [ without a ]", "write \\[ for the character");
    set = union(set, classItem(text));
  }
  text.skip(1);
  const folded = ignoreCase ? withBothCases(set) : set;
  const accepted = isNegated ? complement(folded) : folded;
  if (!accepted.includes(1)) throw text.error("has a class that no byte belongs to", "nothing could match");
  return accepted;
}

function classItem(text: SourceText): ByteSet {
  const [named, negation, name = ""] = text.match(/\[:(\^?)([a-z]+):\]/y) ?? [];
  if (named !== undefined) {
    const bytes = NAMED_CLASSES[name];
    if (!bytes) throw text.error(`has the class ${named}`, `expected one of ${Object.keys(NAMED_CLASSES).join(", ")}`);
    text.skip(named.length);
    return negation ? complement(bytes) : bytes;
  }
  const [, letter = ""] = text.match(/\\([\s\S])/y) ?? [];
  const escaped = CLASS_ESCAPES[letter];
  if (escaped) {
    text.skip(2);
    return escaped;
  }
  const first = classByte(text);
  // A - before the end of the class stands for itself.
  if (!text.match(/-[^\]]/y)) return byteSet([first, first]);
  text.skip(1);
  const last = classByte(text);
  if (first > last) throw text.error("has a range whose end lies before its start", "write the lower byte first");
  return byteSet([first, last]);
}

function classByte(text: SourceText): number {
  if (text.next === "\\") return text.takeEscapedByte();
  if (text.next === "[") throw text.error("has a [ in a class", "write \\[ for the character");
  const code = text.next.charCodeAt(0);
  if (!(code < 0x80)) {
    throw text.error(
      "has a character of several bytes in a class",
      "a class is of bytes: write it as \\xNN, or as a group (?:é|ü)",
    );
  }
  text.skip(1);
  return code;
}
