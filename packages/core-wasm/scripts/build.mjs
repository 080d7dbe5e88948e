/**
 * Builds the package: generated kernels -> assembly/generated, AssemblyScript -> core.wasm -> modules that hold it as text, TypeScript -> dist.
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

run("scripts/generate-blake3.mjs", []);
compileAssembly("assembly/generated/core.wasm");
const wasm = unsharedMemoryModule(readFileSync(join(root, "assembly/generated/core.wasm")));
assertNoStaticData(wasm);
writeFileSync(
  join(root, "src/binary/core-bytes.ts"),
  `/** Written by scripts/build.mjs: core.wasm (${wasm.length} bytes), unshared memory import, as base64. */\nexport const CORE_WASM_BASE64 =\n  "${wasm.toString("base64")}";\n`,
);
writeFileSync(
  join(root, "src/binary/core-text.ts"),
  `/** Written by scripts/build.mjs: core.wasm (${wasm.length} bytes), unshared memory import, as dense text. */\nexport const CORE_WASM_TEXT = ${JSON.stringify(denseText(wasm), null, 2)};\n`,
);
await bundlePackage(root);
writeFileSync(join(root, "dist/core.wasm"), wasm);

/** Compiles with a shared memory, which the kernels need for threads. The flag is cleared later, so that runtimes without threads load the file. */
function compileAssembly(target) {
  run(join(dirname(require.resolve("assemblyscript/package.json")), "bin/asc.js"), [
    "assembly/index.ts",
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
