/** The code in the pages for users: programs run and compile, commands run, and both print what the pages say. */
import { execFile } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { blocksOf, type CodeBlock, isCommand, isProgram } from "../src/documents/blocks.js";
import { type Newcomer, newcomer } from "../src/documents/newcomer.js";
import { RUN_TIMEOUT_MS } from "../src/launch/runtime.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Pages for users. Pages for people who change this repository have no programs of users. */
const PAGES = [
  "README.md",
  "examples/README.md",
  ...["core-wasm", "msl", "analysis", "convert", "acquire", "cli"].map((name) => `packages/${name}/README.md`),
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");
const blocks = PAGES.map((page) => ({ page, blocks: blocksOf(read(page)) })).filter((entry) => entry.blocks.length > 0);
const isRun = (block: CodeBlock) => isProgram(block) || isCommand(block);

let user: Newcomer;
beforeAll(() => {
  user = newcomer();
}, RUN_TIMEOUT_MS);
afterAll(() => user.remove(), RUN_TIMEOUT_MS);

/** Without the time and the speed of a run. */
const steady = (text: string) => text.replace(/ in [\d.]+ s, [\d.,]+ \w+\/s/g, " in … s, … MiB/s");

describe.each(blocks.filter((entry) => entry.blocks.some(isRun)))("$page", ({ page, blocks }) => {
  it.each(blocks.filter(isRun).map((block) => [block.heading, block.line, block] as const))(
    "%s, line %i",
    async (_, __, block) => {
      const { shown, status } = await user.run(page, block);
      if (block.output === undefined) {
        expect([status, isProgram(block) ? shown.includes("    at ") : false], shown).toEqual([0, false]);
        if (block.code.includes("console.log(")) expect(shown).not.toBe("");
      } else expect(steady(shown)).toBe(steady(block.output));
    },
  );
});

it("every program in the pages compiles with strict types", async () => {
  const folder = join(user.folder, "programs");
  mkdirSync(folder);
  for (const { page, blocks: found } of blocks)
    for (const block of found.filter(isProgram))
      writeFileSync(join(folder, `${page.replaceAll(/\W/g, "-")}-line-${block.line}.mts`), block.code);
  const compilerOptions = {
    ...{ target: "ES2022", lib: ["ES2023", "DOM"], module: "NodeNext", strict: true, noEmit: true, skipLibCheck: true },
    ...{ types: ["node"], typeRoots: [join(ROOT, "node_modules/@types")] },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*.mts"] }));
  const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
  const compiled = promisify(execFile)(process.execPath, [compiler, "-p", folder], { cwd: folder });
  expect(
    await compiled.then(
      ({ stdout }) => stdout,
      (error) => error.stdout || String(error),
    ),
  ).toBe("");
});

it("no page has commands that are neither run nor checked", () => {
  const scripts = Object.keys(JSON.parse(read("package.json")).scripts);
  const packages = [
    ...readdirSync(join(ROOT, "packages")).map((name) => JSON.parse(read(`packages/${name}/package.json`)).name),
    "@napi-rs/blake-hash",
    "@virustotal/yara-x",
  ];
  const commands = blocks.flatMap(({ blocks: found }) => found.filter((block) => block.language === "sh" && !isCommand(block)));
  expect(commands.length).toBeGreaterThan(0);
  for (const line of commands.flatMap(({ code }) => code.trim().split("\n"))) {
    const [npm, verb = "", ...names] = line.replace(/ +#.*/, "").split(" ");
    expect(npm, line).toBe("npm");
    if (verb === "install") for (const name of names.filter((word) => !word.startsWith("-"))) expect(packages).toContain(name);
    else expect(["ci", ...scripts], line).toContain(verb === "run" ? names[0] : verb);
  }
});

it("the list of examples names every example, and nothing else", () => {
  const named = [...read("examples/README.md").matchAll(/^\| \[([^\]]+)\]/gm)].map(([, name]) => name);
  const others = ["README.md", "package.json", "tsconfig.json", "runtimes.d.ts", "node_modules", ".turbo"];
  expect(named.sort()).toEqual(
    readdirSync(join(ROOT, "examples"))
      .filter((name) => !others.includes(name))
      .sort(),
  );
});
