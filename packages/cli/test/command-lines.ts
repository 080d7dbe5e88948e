/** Command lines for each command of `msl`, for the tests of what holds for every command. */
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "../src/command.js";
import { COMMAND_GROUPS } from "../src/command-table.js";
import { completionOf } from "../src/completion.js";
import { capture } from "./run-msl.js";

const RULES = fileURLToPath(new URL("command-lines.yar", import.meta.url));

/**
 * The words behind the name of each command. FILES stands for one or more captures, FILE and OTHER for one, OUT for a path where nothing exists,
 * RULES for a file of YARA rules, PID for a process that sleeps, NAME for its name.
 * The first line of a command is that of the tests of signals, of lost output and of files that cannot be read.
 */
export const COMMAND_LINES: Readonly<Record<string, readonly string[]>> = {
  info: ["FILES", "FILES -v", "FILES --verify"],
  verify: ["FILES", "FILES -v"],
  lint: ["FILES"],
  blocks: ["FILES"],
  dump: ["FILES", "FILES --digests --show-secrets"],
  maps: ["FILES"],
  modules: ["FILES"],
  threads: ["FILES", "FILES --registers"],
  processes: ["FILES"],
  connections: ["FILES"],
  handles: ["FILES"],
  system: ["FILES"],
  keys: [
    "FILES",
    "FILES --show-secrets --sort length --limit 5",
    "FILES --count",
    "FILES --find --show-secrets",
    "FILE --find --block 2",
  ],
  hexdump: ["FILE 0-20000", "FILE 0-20000 --block 2"],
  read: ["FILE 0 16 --fill 0 -o OUT", "FILE 0 16 --block 2 --fill 0 -o OUT"],
  search: [
    "FILES --hex 00?? -C 2 --limit 20",
    "FILES --hex 00?? --count",
    "FILES --regex .{1,9} --longest 5 --limit 20",
    "FILE --hex 00?? --block 2 --limit 20",
  ],
  // One by one: the engine of YARA starts for each capture.
  scan: ["RULES FILE --limit 20"],
  strings: ["FILES --encoding all --limit 20", "FILE --block 2 --limit 20"],
  entropy: ["FILES", "FILES --windows --window 1000 --limit 20", "FILE --count --block 2"],
  pointers: ["FILES --into 0-ffffffffffff --limit 20", "FILES --table", "FILE --table --count --block 2"],
  compare: ["FILE OTHER", "FILE OTHER --align address --limit 5"],
  extract: ["FILE -o OUT"],
  transcode: ["FILE OUT"],
  repair: ["FILE -o OUT"],
  // Captures are no dumps; any file is memory if the command says so.
  import: ["FILE --format raw --base 400000 -o OUT"],
  export: ["FILE --to elf-core -o OUT", "FILE --to minidump -o OUT", "FILE --to raw -o OUT"],
  capture: [
    "PID -o OUT --no-disk-hashes",
    "PID --check",
    "PID -o OUT --freeze --compression zstd --max-size 64MiB",
    "PID -o OUT --paths [stack] --protection rw --only-modified --retries 0 --hash sha256 --redact cmdLine",
    "PID -o OUT --ranges 0-7fffffffffff --max-region 1MiB --skip-file-backed --dont-dump --file-pages",
    "PID -o OUT --repeat 2 --every 100ms --no-disk-hashes",
    "PID -o OUT --tree --no-disk-hashes",
    "--name NAME -o OUT --no-disk-hashes",
    "--name NAME --check",
    "--name nobody-has-this-name --wait --timeout 100ms -o OUT",
  ],
  keygen: ["--mechanism x25519 --out OUT"],
  completion: ["bash", "zsh", "fish"],
};

/** Every command of the program except `help`, which has no definition. */
export async function everyCommand(): Promise<readonly Command[]> {
  const entries = COMMAND_GROUPS.flatMap(({ commands }) => commands);
  return [...(await Promise.all(entries.map(({ load }) => load()))), completionOf(COMMAND_GROUPS)];
}

/** The words of a command line; bytes may have a space between them. */
export function wordsOf(command: string, line: string, operands: Readonly<Record<string, readonly string[]>>): string[] {
  const pid = /PID|NAME/.test(line) ? [String(sleeper())] : [];
  const all: typeof operands = { RULES: [RULES], PID: pid, NAME: [SLEEPER], ...operands };
  return [command, ...line.split(" ").flatMap((word) => all[word] ?? [word.replace("00??", "00 ??")])];
}

/** A collection of captures: the folder that the environment variable MSL_SAMPLES names, or one beside the repository; undefined if there is none. */
export const COLLECTION = [
  process.env["MSL_SAMPLES"],
  fileURLToPath(new URL("../../../../shared/samples", import.meta.url)),
].find((folder) => folder !== undefined && existsSync(folder));

/** All captures of the repository, and those of the collection that the repository does not have. */
export function allCaptures(): readonly string[] {
  const own = [join(capture(""), ".."), join(capture(""), "..", "..", "real")].flatMap(capturesIn);
  const names = new Set(own.map((path) => basename(path)));
  return [...own, ...(COLLECTION ? capturesIn(COLLECTION) : []).filter((path) => !names.has(basename(path)))];
}

function capturesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".msl"))
    .sort()
    .map((file) => join(folder, file));
}

let sleeping: ChildProcess | undefined;

/** A name that no other process has. */
const SLEEPER = `msl-${process.pid}`;

/** The pid of a process that sleeps until the tests end. */
function sleeper(): number {
  if (!sleeping) {
    const folder = mkdtempSync(join(tmpdir(), "msl-sleeper-"));
    const program = join(folder, SLEEPER);
    copyFileSync("/bin/sleep", program);
    chmodSync(program, 0o755);
    sleeping = spawn(program, ["600"], { stdio: "ignore" });
    sleeping.unref();
    process.on("exit", () => {
      sleeping?.kill();
      rmSync(folder, { recursive: true });
    });
  }
  return sleeping.pid ?? 0;
}
