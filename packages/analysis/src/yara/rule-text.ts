/** Reads as much of YARA rules as is needed to refuse what cannot work over memory: modules that need a whole file, and includes. */
import { MslError } from "@memslice/msl";

/** Modules of yara-x that parse a file from its first byte, or that need more than bytes. */
const REFUSED: Readonly<Record<string, string>> = {
  console: "prints on its own",
  cuckoo: "needs the report of a sandbox",
  vt: "needs data of VirusTotal",
};
const WHOLE_FILE = ["pe", "elf", "macho", "dotnet", "lnk", "crx", "dex", "magic"];

/** A comment, a text, a word or another sign. The token before a slash decides whether it begins a regular expression or divides. */
const TOKEN = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|"(?:\\[\s\S]|[^"\\\n])*"?|[A-Za-z_$#@!][\w*]*|\n|[^\S\n]+|[\s\S]/y;
const REGEX = /\/(?:\\[^\n]|[^/\\\n])+\//y;

/** Throws `usage`, with the line, for an `import` of a module that does not work over memory, and for an `include`. */
export function checkRuleText(rules: string): void {
  let line = 1;
  let before = "";
  for (let at = 0; at < rules.length; ) {
    const pattern = /^(?:=|matches|,|\()$/.test(before) && rules[at] === "/" && !/[/*]/.test(rules[at + 1] ?? "") ? REGEX : TOKEN;
    pattern.lastIndex = at;
    const [token] = pattern.exec(rules) ?? [rules.charAt(at)];
    at += token.length;
    if (token.startsWith('"') && before === "import") refuseModule(token.slice(1, -1), line);
    if (token.startsWith('"') && before === "include") {
      throw new MslError("usage", `The rules have an include in line ${line}: put the rules of all files into one text`);
    }
    line += token.split("\n").length - 1;
    if (token.trim() !== "" && !/^\/[/*]/.test(token)) before = token;
  }
}

function refuseModule(name: string, line: number): void {
  const reason = WHOLE_FILE.includes(name) ? "needs a whole file, and memory holds none" : REFUSED[name];
  if (reason !== undefined) {
    throw new MslError("usage", `The rules import the module ${name} in line ${line}, which ${reason}: take these rules out`);
  }
}
