/** Every command, interrupted, with a reader that has gone, with a full disk, and with files that cannot be read. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, closeSync, constants, copyFileSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { COMMAND_LINES, everyCommand, wordsOf } from "./command-lines.js";
import { lineMisfits } from "./json-validation.js";
import { capture, MAIN, mslBeside } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-faults-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const commands = await everyCommand();
const FIRST_LINES = Object.entries(COMMAND_LINES).map(([name, [line = ""]]) => [name, line] as const);
const OF_FILES = FIRST_LINES.filter(([, line]) => line.includes("FILE"));
const INTACT = capture("ms-basic-plain");
/** Captures for the commands that print nothing about INTACT. */
const TABLES = capture("ms-investigation-full");
const OTHERS: Readonly<Record<string, string>> = {
  ...{ processes: TABLES, connections: TABLES, handles: TABLES, system: TABLES },
  threads: capture("rf-threads-x64"),
};
/** Statuses of work other than 0: findings, and holes where the command looks. */
const STATUS_OF_WORK: Readonly<Record<string, number>> = { lint: 1, hexdump: 4, compare: 4, transcode: 4 };

/** Commands that write files. */
const OF_OUT = FIRST_LINES.filter(([, line]) => line.includes("OUT"));
/** A file system of its own for a command: root needs no user namespace for it, in which no other process could be captured. */
const UNSHARED = process.getuid?.() === 0 ? ["-m"] : ["-rm"];
const MOUNTS =
  process.platform === "linux" &&
  spawnSync("unshare", [...UNSHARED, "mount", "-t", "tmpfs", "none", scratch], { stdio: "ignore" }).status === 0;

/** A capture that only its owner may read, and a user who is not the owner: root, who runs the tests of CI, may read every file. */
const LOCKED = join(scratch, "locked.msl");
copyFileSync(INTACT, LOCKED);
chmodSync(LOCKED, process.getuid?.() === 0 ? 0o600 : 0);
chmodSync(scratch, 0o755);
const NOBODY = process.platform === "win32" ? undefined : process.getuid?.() === 0 ? 65_534 : process.getuid?.();

/** A new path in a folder of its own, where nothing exists. */
function newPath(): string {
  return join(mkdtempSync(join(scratch, "folder-")), "out");
}

function words(name: string, line: string, file: string, out = newPath()): string[] {
  return wordsOf(name, line, { FILES: [file], FILE: [file], OTHER: [INTACT], OUT: [out] });
}

async function ended(child: ChildProcess): Promise<{ readonly status: number | null; readonly stderr: string }> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [status] = await once(child, "close");
  return { status, stderr };
}

/** Runs the command with standard output that goes to a descriptor, and closes it. */
async function into(descriptor: number, args: readonly string[]) {
  try {
    return await ended(spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", descriptor, "pipe"] }));
  } finally {
    closeSync(descriptor);
  }
}

/** The writing end of a pipe whose reading end has been closed. */
function closedPipe(): number {
  const path = newPath();
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  closeSync(reader);
  return writer;
}

/** Resolves when the command has installed its signal handlers: before, a signal ends the process without them. */
async function listens({ pid }: ChildProcess): Promise<void> {
  // Node catches SIGINT from its start, to restore the terminal.
  const SIGHUP_AND_SIGINT = 0x3n;
  for (;;) {
    const [, caught = "0"] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    if ((BigInt(`0x${caught}`) & SIGHUP_AND_SIGINT) === SIGHUP_AND_SIGINT) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe.concurrent("every command", () => {
  it("each command reads files, waits for a process, or ends at once", () => {
    const named = [...OF_FILES.map(([name]) => name), "capture", "keygen", "completion"];
    expect(named.sort()).toEqual(commands.map(({ name }) => name).sort());
  });

  const signals = [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const;
  const interrupted = [...OF_FILES, ["capture", "--name nobody-has-this-name --wait -o OUT"] as const];
  it.each(signals.flatMap(([signal, status]) => interrupted.map(([name, line]) => [signal, name, line, status] as const)))(
    "%s ends `msl %s %s` with %i while its input stands still, and no file is left",
    async (signal, name, line, expected) => {
      const out = newPath();
      const temporary = mkdtempSync(join(scratch, "temporary-"));
      const child = spawn(process.execPath, [MAIN, ...words(name, line, "-", out)], {
        stdio: ["pipe", "ignore", "pipe"],
        env: { ...process.env, TMPDIR: temporary },
      });
      const end = ended(child);
      child.stdin.on("error", () => {});
      child.stdin.write(readFileSync(INTACT).subarray(0, 30_000));
      await listens(child);
      child.kill(signal);
      const { status, stderr } = await end;
      expect([status, stderr]).toEqual([expected, expect.not.stringMatching(/\n\s+at /)]);
      expect([readdirSync(temporary), readdirSync(join(out, ".."))]).toEqual([[], []]);
    },
  );

  it.each(FIRST_LINES)("a closed pipe ends `msl %s %s` with 141, or with the status of its work", async (name, line) => {
    const { status, stderr } = await into(closedPipe(), words(name, line, OTHERS[name] ?? INTACT));
    expect([status, stderr]).toEqual([STATUS_OF_WORK[name] ?? 141, expect.not.stringMatching(/EPIPE|\n\s+at /)]);
  });

  it.each(FIRST_LINES)("a full disk ends `msl %s %s` with 2 and one sentence", async (name, line) => {
    const { status, stderr } = await into(openSync("/dev/full", "w"), words(name, line, OTHERS[name] ?? INTACT));
    // An altered capture, and findings, are graver than lost output.
    expect(status).toBe(STATUS_OF_WORK[name] === 1 ? 1 : 2);
    expect(stderr.match(/standard output cannot be written: no space left on device \(ENOSPC\)/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  const pages = OF_OUT.flatMap(([name, line]) => [
    [name, line, 0] as const,
    ...(name === "keygen" ? [[name, line, 1] as const] : []),
  ]);
  it.skipIf(!MOUNTS).each(pages)(
    "a disk without room ends `msl %s %s` with 2 and one sentence, after %i pages, and no file is left",
    async (name, line, room) => {
      const disk = join(newPath(), "..");
      const filled = `mount -t tmpfs -o size=${4 * (room + 1)}k none "$0" && head -c 4096 /dev/zero >"$0/other"`;
      const mounted = `${filled} && { "$@"; s=$?; rm "$0/other"; ls -A "$0" >&2; exit $s; }`;
      const args = [process.execPath, MAIN, ...words(name, line, OTHERS[name] ?? INTACT, join(disk, "out"))];
      const { status, stderr } = await ended(
        spawn("unshare", [...UNSHARED, "sh", "-c", mounted, disk, ...args], { stdio: ["ignore", "ignore", "pipe"] }),
      );
      expect([status, stderr]).toEqual([2, expect.stringMatching(/no space left on device|has room for \d+/i)]);
      expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    },
  );

  it.each(OF_FILES)("`msl %s %s` says in a sentence, with status 2, that a file cannot be read", async (name, line) => {
    for (const [file, reason] of [
      [join(scratch, "nowhere.msl"), /no such file/],
      [scratch, /not a regular file/],
    ] as const) {
      const out = newPath();
      const { status, stdout, stderr } = await mslBeside(words(name, line, file, out));
      expect([status, stdout.replace(`${file}\n`, ""), readdirSync(join(out, ".."))]).toEqual([2, "", []]);
      expect(stderr).toMatch(reason);
      expect(stderr).toContain(file);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  it.skipIf(NOBODY === undefined).each(OF_FILES)(
    "`msl %s %s` says in a sentence, with status 5, why its user may not read a file",
    async (name, line) => {
      const out = newPath();
      chmodSync(join(out, ".."), 0o777);
      const { status, stdout, stderr } = await mslBeside(words(name, line, LOCKED, out), { user: NOBODY });
      expect([status, stdout.replace(`${LOCKED}\n`, ""), readdirSync(join(out, ".."))]).toEqual([5, "", []]);
      expect(stderr).toContain(LOCKED);
      expect(stderr).toMatch(/permission denied \(EACCES\); it belongs to user \d+ and has mode 0[06]00, and msl runs as user/);
      expect(stderr).not.toMatch(/\n\s+at /);
    },
  );

  it.each(OF_FILES.filter(([, line]) => line.includes("FILES")))(
    "`msl %s %s` has a row for a file that cannot be read, and goes on with the next one",
    async (name, line) => {
      const nowhere = join(scratch, "nowhere.msl");
      const args = wordsOf(name, line, { FILES: [nowhere, INTACT] });
      const { status, stdout } = await mslBeside([...args, "--ndjson"]);
      const [first = "", ...others] = stdout.trimEnd().split("\n");
      expect([status, lineMisfits(name, first)]).toEqual([STATUS_OF_WORK[name] ?? 2, []]);
      expect(JSON.parse(first)).toMatchObject({ file: nowhere, error: { code: "source" } });
      expect(others.length).toBeGreaterThan(0);
      expect(new Set(others.map((text) => JSON.parse(text).file))).toEqual(new Set([INTACT]));
    },
  );
});
