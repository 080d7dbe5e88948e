/** Reads regular expressions: the syntax that Perl, RE2 and ripgrep have in common, over bytes. */
import { MslError } from "@memslice/msl";
import { ANY_BUT_LINE_FEED, ANY_BYTE, byteSet, CLASS_ESCAPES, withBothCases } from "./byte-set.js";
import { parseClass } from "./classes.js";
import { SourceText } from "./source-text.js";
import { choiceOf, type Node, repeatOf, sequenceOf } from "./syntax.js";

export interface ParseOptions {
  /** Whether letters of ASCII match in upper and lower case, as with `(?i)`. */
  readonly ignoreCase: boolean;
  /** Whether `.` matches a line feed, too, as with `(?s)`. */
  readonly dotAll: boolean;
}

/** Groups inside of groups, at most. */
const MOST_DEPTH = 200;
const MOST_CHARACTERS = 65_536;
/** A larger number of repetitions passes the limit of the compiled expression in any case. */
const MOST_REPETITIONS = 100_000;

/** Throws `usage`, with the place in the expression, for what is no regular expression, and for what this syntax does not have. */
export function parseRegex(source: string, options: ParseOptions): Node {
  if (source.length > MOST_CHARACTERS) {
    throw new MslError("usage", `The regular expression has ${source.length} characters, expected at most ${MOST_CHARACTERS}`);
  }
  const text = new SourceText(source);
  const node = new Parser(text).choice(options, 0);
  if (!text.ends) throw text.error("has a ) without a (", "write \\) for the character");
  return node;
}

const ASSERTIONS = "memory has no lines and no ends of a text: leave it out, or name the bytes that stand there";

/** Openings of groups that this syntax does not have, and why. */
const REFUSED_GROUPS: readonly (readonly [string, string])[] = [
  ["(?=", "a lookahead"],
  ["(?!", "a lookahead"],
  ["(?<=", "a lookbehind"],
  ["(?<!", "a lookbehind"],
  ["(?>", "an atomic group"],
  ["(?#", "a comment"],
];

class Parser {
  readonly #text: SourceText;

  constructor(text: SourceText) {
    this.#text = text;
  }

  choice(options: ParseOptions, depth: number): Node {
    const text = this.#text;
    if (depth > MOST_DEPTH) throw text.error(`has more than ${MOST_DEPTH} groups inside of each other`, "write it with fewer");
    const ways: Node[] = [];
    const parts: Node[] = [];
    let flags = options;
    for (;;) {
      if (text.ends || text.next === ")") break;
      if (text.takes("|")) ways.push(sequenceOf(parts.splice(0)));
      else {
        const changed = this.#flags(flags);
        if (changed) flags = changed;
        else parts.push(this.#repeated(this.#atom(flags, depth)));
      }
    }
    return choiceOf([...ways, sequenceOf(parts)]);
  }

  /** The flags from here to the end of the group, if `(?i)` or the like stands here. */
  #flags(flags: ParseOptions): ParseOptions | undefined {
    const [whole, words] = this.#text.match(/\(\?([a-z]*(?:-[a-z]+)?)\)/y) ?? [];
    if (whole === undefined || !words) return undefined;
    const changed = this.#changed(flags, words);
    this.#text.skip(whole.length);
    return changed;
  }

  #changed(flags: ParseOptions, words: string): ParseOptions {
    const [on = "", off = ""] = words.split("-");
    const wrong = /[^is]/.exec(on)?.[0] ?? /[^isu]/.exec(off)?.[0];
    if (wrong !== undefined) {
      throw this.#text.error(
        `has the flag ${wrong}`,
        "expected i (both cases of letters of ASCII) or s (. matches line feeds, too)",
      );
    }
    const set = (flag: string, now: boolean) => (on.includes(flag) ? true : off.includes(flag) ? false : now);
    return { ignoreCase: set("i", flags.ignoreCase), dotAll: set("s", flags.dotAll) };
  }

  #atom(flags: ParseOptions, depth: number): Node {
    const text = this.#text;
    switch (text.next) {
      case "(":
        return this.#group(flags, depth);
      case "[":
        return { kind: "set", bytes: parseClass(text, flags.ignoreCase) };
      case ".":
        text.skip(1);
        return { kind: "set", bytes: flags.dotAll ? ANY_BYTE : ANY_BUT_LINE_FEED };
      case "\\":
        return this.#escape(flags);
      case "^":
      case "$":
        throw text.error(`has the anchor ${text.next}`, ASSERTIONS);
      case "*":
      case "+":
      case "?":
      case "{":
        throw text.error(`has a ${text.next} with nothing to repeat`, `write \\${text.next} for the character`);
      default:
        return this.#character(text.take(), flags);
    }
  }

  #group(flags: ParseOptions, depth: number): Node {
    const text = this.#text;
    const refused = REFUSED_GROUPS.find(([opening]) => text.starts(opening));
    if (refused) throw text.error(`has ${refused[1]}`, "no regular expression of this search has one");
    const [whole, words] = text.match(/\((?:\?(?:P?<[A-Za-z_]\w*>|([a-z]*(?:-[a-z]+)?):))?/y) ?? ["("];
    const inside = words ? this.#changed(flags, words) : flags;
    text.skip(whole.length);
    if (text.next === "?") throw text.error("has an unknown kind of group", "expected (, (?:, (?i:, (?s: or (?<name>");
    const node = this.choice(inside, depth + 1);
    if (!text.takes(")")) throw text.error("has a ( without a )", "write \\( for the character");
    return node;
  }

  #escape(flags: ParseOptions): Node {
    const text = this.#text;
    const [whole, letter = ""] = text.match(/\\([\s\S])/y) ?? [];
    if (whole !== undefined && "bBAzZG".includes(letter)) throw text.error(`has the assertion ${whole}`, ASSERTIONS);
    if (/[1-9]/.test(letter)) throw text.error(`has the back reference ${whole}`, "no regular expression of this search has one");
    const bytes = CLASS_ESCAPES[letter];
    if (bytes) {
      text.skip(2);
      return { kind: "set", bytes };
    }
    return this.#byte(text.takeEscapedByte(), flags);
  }

  /** A character stands for its bytes in UTF-8. */
  #character(character: string, flags: ParseOptions): Node {
    if (/\p{Surrogate}/u.test(character)) throw this.#text.error("has half of a surrogate pair", "it has no bytes in UTF-8");
    return sequenceOf([...new TextEncoder().encode(character)].map((byte) => this.#byte(byte, flags)));
  }

  #byte(byte: number, { ignoreCase }: ParseOptions): Node {
    const bytes = byteSet([byte, byte]);
    return { kind: "set", bytes: ignoreCase ? withBothCases(bytes) : bytes };
  }

  #repeated(part: Node): Node {
    const text = this.#text;
    const [whole, sign, first, comma, last] = text.match(/([*+?])|\{([0-9]+)(,?)([0-9]*)\}/y) ?? [];
    if (whole === undefined) {
      if (text.next === "{")
        throw text.error("has a { that begins no repetition", "expected {2}, {2,} or {2,10}; write \\{ for the character");
      return part;
    }
    const least = sign === undefined ? Number(first) : sign === "+" ? 1 : 0;
    const open = sign === undefined ? (comma ? Number.POSITIVE_INFINITY : least) : sign === "?" ? 1 : Number.POSITIVE_INFINITY;
    const most = last ? Number(last) : open;
    if (least > MOST_REPETITIONS || (most > MOST_REPETITIONS && most !== Number.POSITIVE_INFINITY) || least > most) {
      throw text.error(`has the repetition ${whole}`, `expected numbers in ascending order, up to ${MOST_REPETITIONS}`);
    }
    text.skip(whole.length);
    const greedy = !text.takes("?");
    if (text.next === "+") throw text.error("has a possessive repetition", "no regular expression of this search has one");
    if (/[*?{]/.test(text.next)) throw text.error("repeats a repetition", "put the inner one into a group: (?:...)");
    return repeatOf(part, least, most, greedy);
  }
}
