/**
 * What each command prints on a terminal of 80 columns, kept in snapshots/COMMAND.txt and read by people: `npx vitest run packages/cli/test/snapshots.test.ts -u`
 * writes them anew, and the difference is for a person to read. Standard error follows standard output.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMMAND_LINES } from "./command-lines.js";
import { capture, MAIN, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-snapshots-"));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Captures by what is special about them: they are copied into the folder of the commands, so that their names are short. */
const INTACT = "ms-basic-plain.msl";
const ALTERED = "x-flip-middle.msl";
const CUT_OFF = "x-trunc-midstream.msl";
const LOCKED = "ms-enc-weak-argon2.msl";
const NO_CAPTURE = "x-bad-magic.msl";
const HOST = "ms-investigation-full.msl";
const THREADS = "rf-threads-edge.msl";
const LONG_NAMES = "ms-strings-edge.msl";
const KEYS = "rf-threads-x86-keyhints.msl";
const IMPORTED = "ms-provenance.msl";
const RULES = "command-lines.yar";
const CORE = "threads.core";
/** Encrypted under the passphrase that `SECRET` has. */
const SEALED = "ms-enc-compressed.msl";
const SECRET = "--passphrase-file secret.txt";
const COMPRESSED = "ms-zstd-mixed.msl";
/** Blocks that cannot be decoded, or only in part. */
const DAMAGED = "x-region-missing-pagedata.msl";
const BOMB = "x-zstd-bomb.msl";
const COUNTS = "x-count-bomb.msl";
const ILL_FORMED = "x-invalid-utf8.msl";
const EXTRA_TYPES = "x-unknown-type.msl";
/** The other writers: libmsl, MemDiver, radare2, the fork. */
const LIBMSL = "lm-basic.msl";
const MEMDIVER = "md-investigation-full.msl";
const OVERLAPS = "md-regions-edge.msl";
const POINTERS = "md-pointer-graph.msl";
const RADARE = "r2-dgm.msl";
const ARM = "rf-threads-arm64-zstd.msl";
/** A real process of three threads, captured by the fork with gdb. */
const REAL = "rf-gdb-spin3.msl";
/** A process that sleeps, whose name is that of its program. */
const LIVE = "--name PROGRAM --no-disk-hashes --paths [stack]";

/** The words behind the name of each command. Every line ends with its status in the snapshot. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  info: [
    ...[INTACT, HOST, `${ALTERED} --verify`, CUT_OFF, IMPORTED, LOCKED, NO_CAPTURE, `${CUT_OFF} -v`, `${SEALED} ${SECRET}`],
    ...[COMPRESSED, DAMAGED, LIBMSL, MEMDIVER, RADARE, ARM, POINTERS, REAL, `${INTACT} --json`],
  ],
  verify: [
    ...[INTACT, ALTERED, CUT_OFF, LOCKED, NO_CAPTURE, `${INTACT} --digest sha256`, `${INTACT} ${ALTERED} ${CUT_OFF}`],
    ...[`${SEALED} ${SECRET}`, LIBMSL, MEMDIVER, RADARE, REAL, `${DAMAGED} -v`, `${ALTERED} --json`],
  ],
  lint: [
    ...[`${INTACT} --level error`, ALTERED, LOCKED, NO_CAPTURE, `${SEALED} ${SECRET}`],
    ...["--explain REG-SHORTDATA", "--explain int-chian", "--explain nothing"],
    ...[DAMAGED, BOMB, COUNTS, ILL_FORMED, EXTRA_TYPES, RADARE, REAL, `${LIBMSL} --level warning`, `${OVERLAPS} --level info`],
    `${INTACT} ${DAMAGED} --level error -q`,
    `${NO_CAPTURE} --json`,
  ],
  blocks: [REAL, INTACT, CUT_OFF, NO_CAPTURE, `${COMPRESSED} -v`, `${SEALED} ${SECRET}`, MEMDIVER, `${LIBMSL} --json`],
  dump: [`${NO_CAPTURE}`, `${RADARE}`, `${BOMB} --ndjson`],
  maps: [REAL, INTACT, THREADS, CUT_OFF, LOCKED, OVERLAPS, DAMAGED, `${COMPRESSED} --csv`, `${INTACT} --json`],
  modules: [REAL, INTACT, LONG_NAMES, CUT_OFF, MEMDIVER, ILL_FORMED, COUNTS, `${LIBMSL} --ndjson`],
  threads: [
    REAL,
    `${REAL} --registers --limit 20`,
    THREADS,
    "rf-threads-x64.msl",
    `${KEYS} --registers`,
    INTACT,
    ARM,
    RADARE,
    `${RADARE} --json`,
  ],
  processes: [HOST, `${HOST} --sort startTimeNs --limit 2 -v`, INTACT, MEMDIVER, `${MEMDIVER} --json --limit 1`],
  connections: [HOST, `${HOST} --csv --limit 3`, MEMDIVER, `${MEMDIVER} --json --limit 1`],
  handles: [`${HOST} --limit 5`, CUT_OFF, MEMDIVER, `${HOST} --ndjson --limit 2`],
  system: [HOST, INTACT, MEMDIVER, `${MEMDIVER} --json`],
  keys: [
    ...[INTACT, KEYS, `${KEYS} --show-secrets`, `${KEYS} --key-log`, `${INTACT} --find`, "ms-keyhints-many.msl --limit 8"],
    `${KEYS} --json`,
  ],
  hexdump: [
    ...[`${INTACT} 7ffc00007fe0 0x1030`, `${INTACT} 0 16`, `${INTACT} nowhere`, `${SEALED} ${SECRET} stack 64`],
    `${INTACT} 7ffc00007fe0 16 --json`,
    `${REAL} stack 48`,
    `${REAL} 7ffe 99`,
  ],
  read: [
    `${INTACT} 7ffc00000000 16 -o page.bin`,
    `${INTACT} 7ffc00008000 16 -o hole.bin`,
    `${INTACT} 7ffc00008000 16 -o filled.bin --fill 00`,
    `${INTACT} 7ffc00000000 16 -o again.bin --json`,
  ],
  search: [
    `${INTACT} --hex 00?? --limit 2 -C 4`,
    `${INTACT} --text nothing`,
    `rf-threads-x64.msl --hex 00000000000000000000000000000000 --limit 2`,
    `${INTACT} --hex 0000 --limit 2 --json`,
  ],
  strings: [`${REAL} --limit 6`, `${INTACT} --limit 3`, `${POINTERS} --limit 4 -n 12`, `${INTACT} --limit 2 --ndjson`],
  scan: [`${RULES} ${INTACT} --limit 2`, `${RULES} ${INTACT} --limit 1 --json`],
  entropy: [REAL, INTACT, `${COMPRESSED} --limit 3`, `${INTACT} --limit 1 --json`],
  pointers: [
    `${REAL} --table --limit 4`,
    `${INTACT} --into 7ffc00000000-7ffc0000d000 --limit 3`,
    `${INTACT} --table`,
    `rf-threads-x64.msl --into 0-ffffffffffff --limit 3`,
    `rf-threads-x64.msl --into 0-ffffffffffff --limit 1 --json`,
  ],
  compare: [
    `${REAL} rf-threads-x64.msl --limit 5`,
    `${INTACT} ${INTACT}`,
    `${INTACT} ${ALTERED} --limit 3`,
    `${THREADS} rf-threads-x64.msl`,
    `${INTACT} ${ALTERED} --limit 1 --json`,
  ],
  extract: [
    `${REAL} -o real.files`,
    `${HOST} -o host.files`,
    `${HOST} -o host.files`,
    `${CUT_OFF} -o cut.files --tables`,
    `${ARM} -o arm.files --tables --json`,
  ],
  transcode: [
    `${REAL} real.new.msl`,
    `${HOST} host.new.msl`,
    `${CUT_OFF} cut.new.msl`,
    `${LIBMSL} lib.new.msl`,
    `${MEMDIVER} diver.new.msl`,
    `${LIBMSL} json.new.msl --json`,
  ],
  import: [
    `${INTACT} -o imported.msl`,
    `${CORE} -o from-core.msl`,
    `cut.core -o from-cut.msl`,
    `page.raw -o from-raw.msl --format raw --base 400000`,
    `${CORE} -o from-json.msl --json`,
  ],
  export: [
    `${REAL} --to minidump -o real.dmp`,
    `${REAL} --to elf-core -o real.core`,
    `${REAL} --to raw -o real.raw --layout sparse --range stack`,
    `${INTACT} --to minidump -o out.dmp`,
    `rf-threads-x64.msl --to elf-core -o out.core`,
    `${INTACT} --to raw -o out.raw`,
    `${KEYS} --to key-log -o out.keys`,
    `${CUT_OFF} --to elf-core -o cut-off.core`,
    `${LOCKED} --to elf-core -o locked.core`,
    `rf-threads-x64.msl --to elf-core -o json.core --json`,
  ],
  capture: [
    ...["999999999 -o none.msl", "-o none.msl", "4242 --check --paths", "--name PROGRAM --check"],
    ...[`${LIVE} -o live.msl`, `${LIVE} -o live.msl`, `${LIVE} -o frozen.msl --freeze --log case.jsonl`],
    ...[`${LIVE} -o series.msl --repeat 2 --every 100ms`, `${LIVE} -o tree --tree`, `${LIVE} -o small.msl --max-size 1`],
    ...["--name no-such-process -o none.msl", "--name no-such-process --wait --timeout 50ms -o none.msl"],
  ],
  repair: [
    `${REAL} -o real.repaired.msl`,
    `${CUT_OFF} -o cut.repaired.msl`,
    `${NO_CAPTURE} -o header.msl`,
    `${DAMAGED} -o damaged.repaired.msl`,
    `${SEALED} ${SECRET} -o sealed.repaired.msl`,
    `${ALTERED} -o altered.repaired.msl --json`,
  ],
  keygen: ["--mechanism x25519 -o pair", "--mechanism rsa -o pair", "--mechanism x25519 -o other --json"],
  // The scripts themselves are tested by completion.test.ts.
  completion: ["tcsh"],
};

for (const name of [
  ...[INTACT, ALTERED, CUT_OFF, LOCKED, NO_CAPTURE, HOST, THREADS, LONG_NAMES, KEYS, IMPORTED, "rf-threads-x64.msl"],
  ...[SEALED, COMPRESSED, DAMAGED, BOMB, COUNTS, ILL_FORMED, EXTRA_TYPES, "ms-keyhints-many.msl"],
  ...[LIBMSL, MEMDIVER, OVERLAPS, POINTERS, RADARE, ARM],
]) {
  copyFileSync(capture(basename(name, ".msl")), join(scratch, name));
}
copyFileSync(capture(join("..", "real", basename(REAL, ".msl"))), join(scratch, REAL));
const program = `msl-nap-${process.pid}`;
copyFileSync("/bin/sleep", join(scratch, program));
chmodSync(join(scratch, program), 0o755);
const live = process.platform === "linux" ? spawn(join(scratch, program), ["600"], { stdio: "ignore" }) : undefined;
afterAll(() => live?.kill());
copyFileSync(new URL(RULES, import.meta.url), join(scratch, RULES));
writeFileSync(join(scratch, "secret.txt"), "pass496774\n");
writeFileSync(join(scratch, "page.raw"), Buffer.alloc(6000, "memory"));
msl(["export", capture("rf-threads-x64"), "--to", "elf-core", "-o", join(scratch, CORE)]);
writeFileSync(join(scratch, "cut.core"), readFileSync(join(scratch, CORE)).subarray(0, 20_000));

/** Everything that differs from run to run: times, rates, processes, and the hashes of captures that are made anew. */
function steady(text: string): string {
  return text
    .replace(/[\d.]+ s, [\d.]+ [KMGT]?i?B(?:ytes?)?\/s/g, "TIME")
    .replace(/\d+(?:\.\d+)? s, \d+ bytes?\/s/g, "TIME")
    .replace(/^( +FileHash )[0-9a-f]{64}:/gm, "$1(64 digits):")
    .replace(/\.\d+\.partial/g, ".PID.partial")
    .replace(/("added":\[\{"output":\{[^}]*"uuid":)"[0-9a-f-]{36}"/g, "$1VARIES")
    .replace(/"elapsedMs":[\d.]+/g, '"elapsedMs":VARIES')
    .replace(/"(?:fileHash|digest)":"[0-9a-f]{64}"/g, (text) => text.replace(/:.*/, ":VARIES"))

    .replace(/Repaired by msl [\d.]+/g, "Repaired by msl VERSION");
}

/** What differs in reports about a live process besides: its number, times, hashes, and how much memory it has. */
function steadyCapture(text: string): string {
  return (
    text
      .replaceAll(`${scratch}/`, "")
      .replaceAll(program, "PROGRAM")
      // How long the machine took.
      .replace(/^msl: (?:.* late: the captures before took longer|waiting for a process with the name .*)\n/gm, "")
      .replace(/for \d+(\.\d+)? m?s$/gm, "for (time)")
      .replaceAll(String(live?.pid), "PID")
      .replace(/[0-9a-f]{64}/g, "(64 digits)")
      .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "(UUID)")
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC/g, "(time)")
      .replace(/\d+(\.\d+)? (K|M)iB\/s/g, "(rate)")
      .replace(/in \d+\.\d+ s/g, "in (seconds)")
      .replace(/\d+(\.\d+)? (K|M)iB|\d+ (captured|unmapped|mappings|modules|blocks?)|(?<=Modules +)\d+/g, (quantity) =>
        quantity.replace(/[\d.]+/, "N"),
      )
  );
}

/** Runs the lines one after the other on a terminal of 80 columns, without colours. */
async function printed(command: string, lines: readonly string[]): Promise<string> {
  const script = lines.map((line) => {
    const words = `${command} ${line.replace("PROGRAM", program)}`;
    return `printf '%s\\n' '$ msl ${words}'; '${process.execPath}' '${MAIN}' ${words} 2>errors.${command}; s=$?; cat errors.${command}; echo "status $s"; echo`;
  });
  const file = join(scratch, `${command}.sh`);
  writeFileSync(file, `stty cols 80\n${script.join("\n")}\n`);
  const child = spawn("script", ["-qec", `sh ${file}`, "/dev/null"], {
    cwd: scratch,
    env: { ...process.env, NO_COLOR: "1", MSL_PASSPHRASE: undefined },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (data: string) => {
    text += data;
  });
  await once(child, "close");
  const shown = steady(text.replaceAll("\r\n", "\n"));
  return command === "capture" ? steadyCapture(shown) : shown;
}

it("no snapshot has the plural of one thing", () => {
  const folder = new URL("snapshots/", import.meta.url);
  const plurals = readdirSync(folder).flatMap((name) =>
    [
      ...readFileSync(new URL(name, folder), "utf8").matchAll(
        /(?<=^|[ (])1 (?:zero |other |more |captured )?[a-z]{3,}s\b(?<!process|links)/gm,
      ),
    ].map(([text]) => `${name}: ${text}`),
  );
  expect(plurals).toEqual([]);
});

it("the snapshots are of commands that there are", () => {
  expect(Object.keys(COMMAND_LINES)).toEqual(expect.arrayContaining(Object.keys(LINES)));
});

describe.skipIf(process.platform !== "linux").concurrent("at 80 columns", () => {
  it.for(Object.entries(LINES))("msl %s prints what was read", async ([command, lines], { expect }) => {
    await expect(await printed(command, lines)).toMatchFileSnapshot(`snapshots/${command}.txt`);
  });
});
