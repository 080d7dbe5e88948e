/**
 * The declarations of the packed packages in projects of users: a program compiles with the oldest and the newest TypeScript, with each set of
 * platform types alone, and by each way of resolution that knows `exports`. Declarations of dependencies are checked as well (`skipLibCheck: false`).
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unpackPackages } from "../src/launch/installation.js";

/** Names of installed packages, by the version that a title has. */
const COMPILERS = { "5.7": "typescript-5.7", "6.0": "typescript-6.0", "7": "typescript" } as const;
const NODE_TYPES = { "20": "@types/node", "24": "types-node-24" } as const;
const OLDEST = "5.7";

interface Project {
  readonly typescript: keyof typeof COMPILERS;
  readonly node: keyof typeof NODE_TYPES | "no";
  readonly lib: readonly string[];
  /** Resolves as `module` does; `ESNext` as bundlers do. */
  readonly module: "Node16" | "NodeNext" | "ESNext";
}

const ES = ["ES2023"];
const DOM = [...ES, "DOM", "DOM.Iterable", "DOM.AsyncIterable"];
const PROJECTS: readonly Project[] = [
  { typescript: OLDEST, node: "20", lib: ES, module: "Node16" },
  { typescript: OLDEST, node: "no", lib: DOM, module: "ESNext" },
  { typescript: "6.0", node: "24", lib: ES, module: "NodeNext" },
  { typescript: "7", node: "20", lib: ES, module: "NodeNext" },
  { typescript: "7", node: "24", lib: ES, module: "ESNext" },
  { typescript: "7", node: "24", lib: DOM, module: "Node16" },
  { typescript: "7", node: "no", lib: DOM, module: "ESNext" },
];

const require = createRequire(import.meta.url);
const folderOf = (name: string) => dirname(require.resolve(`${name}/package.json`));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-declarations-"));
  unpackPackages(folder);
  copyFileSync(fileURLToPath(new URL("consumer/program.ts", import.meta.url)), join(folder, "program.ts"));
  for (const [version, name] of Object.entries(NODE_TYPES)) {
    mkdirSync(join(folder, `types-${version}`));
    symlinkSync(folderOf(name), join(folder, `types-${version}`, "node"), "junction");
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the compiler prints about the program: nothing, if the program compiles. */
async function compile({ typescript, node, lib, module }: Project, resolution?: string): Promise<string> {
  const moduleResolution = resolution ?? (module === "ESNext" ? "Bundler" : module);
  const compilerOptions = {
    ...{ target: "ES2022", lib, module, moduleResolution, strict: true, noEmit: true, skipLibCheck: false },
    ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...(node === "no" ? { types: [] } : { types: ["node"], typeRoots: [`types-${node}`] }),
  };
  const config = join(folder, `tsconfig.${Object.values([typescript, node, lib.length, moduleResolution]).join("-")}.json`);
  writeFileSync(config, JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const compiler = join(folderOf(COMPILERS[typescript]), "bin", "tsc");
  try {
    return (await promisify(execFile)(process.execPath, [compiler, "-p", config], { cwd: folder })).stdout;
  } catch (error) {
    return String(Reflect.get(Object(error), "stdout") || error);
  }
}

it.concurrent.for(
  PROJECTS.map(
    (project) =>
      [project.typescript, project.node, project.lib.length > 1 ? "and DOM" : "and no DOM", project.module, project] as const,
  ),
)("a program compiles with TypeScript %s, %s Node types %s, module %s, and checked declarations", async ([, , , , project]) => {
  expect(await compile(project)).toBe("");
});

it("a program does not compile by the resolution of node10, as the README says", async () => {
  const found = await compile({ typescript: OLDEST, node: "20", lib: ES, module: "ESNext" }, "node10");
  expect(found).toMatch(
    /TS2307: Cannot find module '@memslice\/msl'[\s\S]*could not be resolved under your current 'moduleResolution' setting/,
  );
});

it("the README names the oldest TypeScript that this test compiles with, and an installed one", () => {
  const readme = readFileSync(new URL("../../msl/README.md", import.meta.url), "utf8");
  expect(/TypeScript (\d+\.\d+) or later/.exec(readme)?.[1]).toBe(OLDEST);
  for (const [version, name] of Object.entries(COMPILERS)) {
    const manifest = JSON.parse(readFileSync(join(folderOf(name), "package.json"), "utf8"));
    expect(`${manifest.version}.`.startsWith(`${version}.`), manifest.version).toBe(true);
  }
});
