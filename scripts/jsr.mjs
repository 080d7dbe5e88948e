/**
 * `npm run jsr`: a dry run of publishing every package with a jsr.json to JSR. Deno makes all checks of JSR, and sends nothing.
 *
 * JSR gets the scripts of dist in place of the sources, whose specifiers end in .js. A copy is prepared: every exported script names its
 * declarations, and declarations name each other by their own file names. The version is that of package.json.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepare, root, run } from "./prepare.mjs";

prepare();
const packages = readdirSync(join(root, "packages"))
  .map((name) => join(root, "packages", name))
  .filter((home) => existsSync(join(home, "jsr.json")));
for (const home of packages) dryRun(home);

/** Ends the process with a message if Deno refuses the package. */
function dryRun(home) {
  const { name, version } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  const copy = mkdtempSync(join(tmpdir(), "memslice-jsr-"));
  try {
    for (const part of ["dist", "jsr.json", "README.md", "LICENSE"])
      cpSync(join(home, part), join(copy, part), { recursive: true });
    nameDeclarations(copy);
    const deno = join(root, "node_modules", "deno", "bin.cjs");
    const { status } = run(process.execPath, [deno, "publish", "--dry-run", "--allow-dirty", "--set-version", version], {
      cwd: copy,
      quiet: true,
    });
    if (status !== 0) {
      process.stderr.write(`${name} cannot be published to JSR; see the output of deno publish above.\n`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function nameDeclarations(copy) {
  const { exports } = JSON.parse(readFileSync(join(copy, "jsr.json"), "utf8"));
  for (const script of Object.values(exports)) {
    const declarations = script.replace(/^.*\/(.*)\.js$/, "./$1.d.ts");
    change(join(copy, script), (text) => `/* @ts-self-types="${declarations}" */\n${text}`);
  }
  for (const file of readdirSync(join(copy, "dist"), { recursive: true }).filter((name) => name.endsWith(".d.ts"))) {
    change(join(copy, "dist", file), (text) => text.replace(/(\bfrom |\bimport\()"(\.{1,2}\/[^"]*)\.js"/g, '$1"$2.d.ts"'));
  }
}

function change(file, changed) {
  writeFileSync(file, changed(readFileSync(file, "utf8")));
}
