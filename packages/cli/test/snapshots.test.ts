/**
 * What each command prints on a terminal of 80 columns, kept in snapshots/COMMAND.txt and read by people: `npx vitest run packages/cli/test/snapshots.test.ts -u`
 * writes them anew, and the difference is for a person to read. Standard error follows standard output.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMMAND_LINES } from "./command-lines.js";
import { capture, MAIN } from "./run-msl.js";

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

/** The words behind the name of each command. Every line ends with its status in the snapshot. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  info: [INTACT, HOST, `${ALTERED} --verify`, CUT_OFF, IMPORTED, LOCKED, NO_CAPTURE, `${CUT_OFF} -v`],
  verify: [INTACT, ALTERED, CUT_OFF, LOCKED, NO_CAPTURE, `${INTACT} --digest sha256`, `${INTACT} ${ALTERED} ${CUT_OFF}`],
  lint: [`${INTACT} --level error`, ALTERED, LOCKED, NO_CAPTURE, "--explain REG-SHORTDATA"],
  blocks: [INTACT, CUT_OFF, NO_CAPTURE],
  dump: [`${NO_CAPTURE}`],
  maps: [INTACT, THREADS, CUT_OFF, LOCKED],
  modules: [INTACT, LONG_NAMES, CUT_OFF],
  threads: [THREADS, "rf-threads-x64.msl", `${KEYS} --registers`, INTACT],
  processes: [HOST, `${HOST} --sort startTimeNs --limit 2 -v`, INTACT],
  connections: [HOST, `${HOST} --csv --limit 3`],
  handles: [`${HOST} --limit 5`, CUT_OFF],
  system: [HOST, INTACT],
  keys: [INTACT, KEYS, `${KEYS} --show-secrets`, `${KEYS} --key-log`, `${INTACT} --find`],
  hexdump: [`${INTACT} 7ffc00007fe0 0x1030`, `${INTACT} 0 16`, `${INTACT} nowhere`],
  read: [`${INTACT} 7ffc00000000 16 -o page.bin`, `${INTACT} 7ffc00008000 16 -o hole.bin`],
  search: [`${INTACT} --hex 00?? --limit 2 -C 4`, `${INTACT} --text nothing`],
  strings: [`${INTACT} --limit 3`],
  scan: [`${RULES} ${INTACT} --limit 2`],
  entropy: [INTACT],
  pointers: [`${INTACT} --into 7ffc00000000-7ffc0000d000 --limit 3`, `${INTACT} --table`],
  compare: [`${INTACT} ${INTACT}`, `${INTACT} ${ALTERED} --limit 3`],
  extract: [`${HOST} -o host.files`, `${HOST} -o host.files`, `${CUT_OFF} -o cut.files --tables`],
  transcode: [`${HOST} host.new.msl`, `${CUT_OFF} cut.new.msl`],
  import: [`${INTACT} -o imported.msl`],
  repair: [`${CUT_OFF} -o cut.repaired.msl`, `${NO_CAPTURE} -o none.msl`],
  keygen: ["--mechanism x25519 -o pair", "--mechanism rsa -o pair"],
  // The scripts themselves are tested by completion.test.ts.
  completion: ["tcsh"],
};

for (const name of [
  INTACT,
  ALTERED,
  CUT_OFF,
  LOCKED,
  NO_CAPTURE,
  HOST,
  THREADS,
  LONG_NAMES,
  KEYS,
  IMPORTED,
  "rf-threads-x64.msl",
]) {
  copyFileSync(capture(basename(name, ".msl")), join(scratch, name));
}
copyFileSync(new URL(RULES, import.meta.url), join(scratch, RULES));

/** Everything that differs from run to run: times, rates, processes, and the hashes of captures that are made anew. */
function steady(text: string): string {
  return text
    .replace(/[\d.]+ s, [\d.]+ [KMGT]?i?B(?:ytes?)?\/s/g, "TIME")
    .replace(/\d+(?:\.\d+)? s, \d+ bytes?\/s/g, "TIME")
    .replace(/^( +FileHash )[0-9a-f]{64}(: record)/gm, "$1(64 digits)$2")
    .replace(/\.\d+\.partial/g, ".PID.partial")
    .replace(/Repaired by msl [\d.]+/g, "Repaired by msl VERSION");
}

/** Runs the lines one after the other on a terminal of 80 columns, without colours. */
async function printed(command: string, lines: readonly string[]): Promise<string> {
  const script = lines.map((line) => {
    const words = `${command} ${line}`;
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
  return steady(text.replaceAll("\r\n", "\n"));
}

it("the snapshots are of commands that there are", () => {
  expect(Object.keys(COMMAND_LINES)).toEqual(expect.arrayContaining(Object.keys(LINES)));
});

describe.skipIf(process.platform !== "linux").concurrent("at 80 columns", () => {
  it.for(Object.entries(LINES))("msl %s prints what was read", async ([command, lines], { expect }) => {
    await expect(await printed(command, lines)).toMatchFileSnapshot(`snapshots/${command}.txt`);
  });
});
