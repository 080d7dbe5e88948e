/** The project of somebody who follows a page word for word: the packed packages, and a folder for each page with the captures that pages name. */
import { execFile } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SAMPLES_FOLDER } from "../launch/evidence-server.js";
import { unpackPackages } from "../launch/installation.js";
import { type CodeBlock, isProgram } from "./blocks.js";

const PACKAGES = ["core-wasm", "msl", "analysis", "convert", "acquire", "cli"].map((name) => `@memslice/${name}`);
/** What a page says to install beside them. */
const INSTALLED = "@virustotal/yara-x";
const WEB = fileURLToPath(new URL("evidence-web.mjs", import.meta.url));

/** Names of captures in the pages, and the samples that they stand for, as fixtures/README.md states them. */
const CAPTURES = Array.from(
  readFileSync(join(SAMPLES_FOLDER, "../README.md"), "utf8").matchAll(/^\| `([\w-]+\.msl)` \| \[([\w-]+)\]/gm),
  ([, name = "", sample = ""]) => [name, sample] as const,
);
/** The passphrase of encrypted.msl. */
const PASSPHRASE = "weak";

export interface Newcomer {
  readonly folder: string;
  /** Runs a block in the folder of its page; what a terminal would show of it, and its status. */
  run(page: string, block: CodeBlock): Promise<{ readonly shown: string; readonly status: number }>;
  remove(): void;
}

export function newcomer(): Newcomer {
  const folder = mkdtempSync(join(tmpdir(), "memslice-documents-"));
  unpackPackages(folder, PACKAGES);
  cpSync(
    fileURLToPath(new URL(`../../../../node_modules/${INSTALLED}`, import.meta.url)),
    join(folder, "node_modules", INSTALLED),
    {
      recursive: true,
    },
  );
  // As `npm init` writes it: programs must not depend on a setting that a user has to know.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", type: "commonjs" }));
  const bin = join(folder, "node_modules", ".bin");
  mkdirSync(bin);
  symlinkSync("../@memslice/cli/dist/main.js", join(bin, "msl"));
  chmodSync(join(bin, "msl"), 0o755);
  const env = { ...process.env, NO_COLOR: "1", MSL_PASSPHRASE: PASSPHRASE, PATH: `${bin}${delimiter}${process.env["PATH"]}` };

  const homes = new Map<string, string>();
  function homeOf(page: string): string {
    const home = homes.get(page) ?? join(folder, page.replaceAll(/\W/g, "-"));
    if (homes.has(page)) return home;
    homes.set(page, home);
    mkdirSync(home);
    for (const [name, sample] of CAPTURES) copyFileSync(join(SAMPLES_FOLDER, `${sample}.msl`), join(home, name));
    writeFileSync(join(home, "passphrase.txt"), `${PASSPHRASE}\n`);
    return home;
  }

  return {
    folder,
    run: (page, block) => {
      const cwd = homeOf(page);
      const [program, parameters] = commandOf(cwd, block);
      return new Promise((resolve) => {
        const child = execFile(program, parameters, { cwd, env }, (_, out, err) =>
          resolve({ shown: out + err, status: child.exitCode ?? -1 }),
        );
      });
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

/** A program runs as it stands in the page, so it may not have syntax that only TypeScript knows. */
function commandOf(home: string, block: CodeBlock): [string, string[]] {
  // Output and messages in the order in which a terminal shows them.
  if (!isProgram(block)) return ["sh", ["-c", `exec 2>&1\n${block.code}`]];
  const script = join(home, `line-${block.line}.mjs`);
  writeFileSync(script, block.code);
  return [process.execPath, ["--import", WEB, script]];
}
