/**
 * Builds the package: generated kernels -> assembly/generated, AssemblyScript -> core.wasm, encode.wasm and scan.wasm -> modules that hold them as text,
 * TypeScript -> dist.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundlePackage } from "../../../scripts/bundle.mjs";
import { denseText } from "./dense-text.mjs";
import { assertNoStaticData, unsharedMemoryModule } from "./wasm-module.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/** The binaries: their AssemblyScript, and the folder of the modules that hold them. */
const BINARIES = [
  { name: "core", entry: "assembly/index.ts", modules: "src/binary" },
  { name: "encode", entry: "assembly/encode/index.ts", modules: "src/encode/binary" },
  { name: "scan", entry: "assembly/scan/index.ts", modules: "src/scan/binary" },
];

run("scripts/generate-blake3.mjs", []);
const compiled = BINARIES.map((binary) => ({ ...binary, wasm: compile(binary) }));
for (const { name, modules, wasm } of compiled) writeModules(name, join(root, modules), wasm);
await bundlePackage(root);
for (const { name, wasm } of compiled) writeFileSync(join(root, `dist/${name}.wasm`), wasm);

/** The binary, with an unshared memory. */
function compile({ name, entry }) {
  const target = `assembly/generated/${name}.wasm`;
  compileAssembly(entry, target);
  const wasm = unsharedMemoryModule(readFileSync(join(root, target)));
  assertNoStaticData(wasm);
  return wasm;
}

/** Writes the modules that hold a binary as base64 and as dense text. */
function writeModules(name, folder, wasm) {
  const constant = `${name.toUpperCase()}_WASM`;
  const written = `/** Written by scripts/build.mjs: ${name}.wasm (${wasm.length} bytes), unshared memory import, as`;
  writeFileSync(
    join(folder, `${name}-bytes.ts`),
    `${written} base64. */\nexport const ${constant}_BASE64 =\n  "${wasm.toString("base64")}";\n`,
  );
  writeFileSync(
    join(folder, `${name}-text.ts`),
    `${written} dense text. */\nexport const ${constant}_TEXT = ${JSON.stringify(denseText(wasm), null, 2)};\n`,
  );
}

/** Compiles with a shared memory, which the kernels need for threads. The flag is cleared later, so that runtimes without threads load the file. */
function compileAssembly(entry, target) {
  run(join(dirname(require.resolve("assemblyscript/package.json")), "bin/asc.js"), [
    entry,
    "--outFile",
    target,
    "-O3",
    "--converge",
    "--noAssert",
    "--runtime",
    "stub",
    "--importMemory",
    "--noExportMemory",
    "--sharedMemory",
    "--initialMemory",
    "1",
    "--maximumMemory",
    "65536",
    "--enable",
    "simd",
    "--enable",
    "bulk-memory",
    "--enable",
    "threads",
  ]);
}

function run(script, args) {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
}
