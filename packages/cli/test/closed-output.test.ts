/** The exit status when standard output is closed or cannot be written. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { closeSync, constants, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { capture, MAIN } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-closed-output-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const ALTERED = capture("x-flip-middle");
const INCOMPLETE = capture("ms-noeoc");
const INTACT = capture("ms-basic-plain");
const UNREADABLE = capture("x-bad-magic");
const CUT_OFF = 141;

interface Ended {
  readonly status: number | null;
  readonly stderr: string;
}

function start(args: readonly string[], stdout: number | "pipe"): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", stdout, "pipe"] });
}

function ended(child: ChildProcess): Promise<Ended> {
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => resolve({ status, stderr }));
  });
}

/** The writing end of a pipe whose reading end has been closed. */
function closedPipe(name: string): number {
  const path = join(scratch, name);
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  closeSync(reader);
  return writer;
}

async function intoClosedPipe(args: readonly string[], name: string): Promise<Ended> {
  const pipe = closedPipe(name);
  try {
    return await ended(start(args, pipe));
  } finally {
    closeSync(pipe);
  }
}

/** Runs the command with a pipe whose reader closes it after the first bytes. */
async function intoShortReader(args: readonly string[]): Promise<Ended> {
  const child = start(args, "pipe");
  child.stdout?.once("data", () => child.stdout?.destroy());
  return ended(child);
}

async function intoFullDisk(args: readonly string[]): Promise<Ended> {
  const full = openSync("/dev/full", "w");
  try {
    return await ended(start(args, full));
  } finally {
    closeSync(full);
  }
}

describe("standard output whose reader has gone", () => {
  it.each([
    ["verify of an altered capture", ["verify", ALTERED], 1],
    ["verify of an incomplete capture", ["verify", INCOMPLETE], 4],
    ["verify of an intact capture", ["verify", INTACT], CUT_OFF],
    ["verify of an unreadable file, as JSON", ["verify", "--json", UNREADABLE], 3],
    ["verify of an altered capture, as JSON", ["verify", "--json", ALTERED], 1],
    ["verify of an altered capture, as lines of JSON", ["verify", "--ndjson", ALTERED, INTACT], 1],
    ["verify of an intact capture before an altered one, which is not begun", ["verify", INTACT, ALTERED], CUT_OFF],
    ["verify of an incomplete capture before an altered one", ["verify", INCOMPLETE, ALTERED], CUT_OFF],
    ["info", ["info", INTACT], CUT_OFF],
    ["info --verify of an altered capture", ["info", "--verify", ALTERED], 1],
    ["blocks", ["blocks", INTACT], CUT_OFF],
    ["blocks as JSON", ["blocks", "--json", INTACT], CUT_OFF],
    ["dump", ["dump", INTACT], CUT_OFF],
    ["dump as lines of JSON", ["dump", "--ndjson", INTACT], CUT_OFF],
    ["search", ["search", INTACT, "--hex", "00"], CUT_OFF],
    ["search that finds nothing because the capture is not whole", ["search", "-q", INTACT, "--text", "nowhere"], 4],
    ["strings as JSON", ["strings", "--json", INTACT], CUT_OFF],
    ["entropy", ["entropy", INTACT], CUT_OFF],
    ["entropy of windows as lines of JSON", ["entropy", "--windows", "--ndjson", INTACT], CUT_OFF],
    ["keys", ["keys", INTACT], CUT_OFF],
    ["maps", ["maps", INTACT], CUT_OFF],
    ["modules as JSON", ["modules", "--json", INTACT], CUT_OFF],
    ["maps of a capture that is cut off", ["maps", "-q", INCOMPLETE], 4],
    ["keys as CSV", ["keys", "--csv", INTACT, INTACT], CUT_OFF],
    ["keys that finds nothing because the capture is not whole", ["keys", "-q", "--find", INTACT], 4],
    ["a table of pointers that finds nothing", ["pointers", "--table", "-q", INTACT], 4],
    ["compare of captures that differ", ["compare", INTACT, ALTERED], 1],
    ["compare of captures that differ, as JSON", ["compare", "--json", INTACT, ALTERED], 1],
    ["compare of captures that seem the same", ["compare", INTACT, INTACT], 4],
    ["help", ["help"], CUT_OFF],
    ["--version", ["--version"], CUT_OFF],
  ])("a closed pipe keeps the status of a finding, and turns status 0 into 141: %s", async (name, args, status) => {
    expect(await intoClosedPipe(args, name.replaceAll(" ", "-"))).toMatchObject({
      status,
      stderr: expect.not.stringMatching(/Error|at /),
    });
  });

  it("a closed pipe never changes the status of an altered capture, in repeated runs", async () => {
    for (let round = 0; round < 5; round++) {
      const results = await Promise.all(
        [ALTERED, INCOMPLETE, INTACT].flatMap((file, i) => [
          intoClosedPipe(["verify", file], `round-${round}-${i}`).then(({ status }) => [file, status]),
          intoShortReader(["verify", file, file]).then(({ status }) => [file, status]),
        ]),
      );
      for (const [file, status] of results) {
        // If the second file was not begun, its status could have been graver than that of an incomplete capture.
        const allowed = file === ALTERED ? [1] : file === INCOMPLETE ? [4, CUT_OFF] : [0, CUT_OFF];
        expect([file, allowed.includes(Number(status)), status]).toEqual([file, true, status]);
      }
    }
  });

  it("a long dump ends with 141 soon after its reader has gone", async () => {
    expect((await intoShortReader(["dump", ...Array<string>(200).fill(INTACT), "--ndjson"])).status).toBe(CUT_OFF);
  });

  it("a transcode whose report cannot be printed still writes its output file", async () => {
    const target = join(scratch, "out.msl");
    const { status } = await intoClosedPipe(["transcode", capture("lm-zstd"), target], "transcode");
    expect([status, existsSync(target)]).toEqual([CUT_OFF, true]);
    expect((await intoClosedPipe(["verify", target], "transcoded")).status).toBe(CUT_OFF);
  });

  it.each([
    ["transcode", capture("lm-zstd"), "-"],
    ["read", INTACT, "560000000000", "16", "-o", "-"],
    ["export", INTACT, "--to", "elf-core", "-o", "-"],
  ])("msl %s to a closed pipe ends with 141 and prints no report", async (...args) => {
    const result = await intoClosedPipe(args, `${args[0]}-dash`);
    expect(result).toEqual({ status: CUT_OFF, stderr: "" });
  });
});

describe("standard output that cannot be written", () => {
  it.each([
    ["verify of an intact capture", ["verify", INTACT], 2],
    ["verify of an altered capture", ["verify", ALTERED], 1],
    ["verify of an incomplete capture", ["verify", INCOMPLETE], 2],
    ["dump", ["dump", INTACT], 2],
    ["blocks as JSON", ["blocks", "--json", INTACT], 2],
    ["search", ["search", INTACT, "--hex", "00"], 2],
    ["strings as JSON", ["strings", "--json", INTACT], 2],
    ["entropy", ["entropy", INTACT], 2],
    ["keys", ["keys", INTACT], 2],
    ["maps", ["maps", INTACT], 2],
    ["keys as CSV", ["keys", "--csv", INTACT], 2],
    ["compare of captures that differ", ["compare", INTACT, ALTERED], 1],
    ["transcode to it", ["transcode", capture("lm-zstd"), "-"], 2],
    ["help", ["help"], 2],
  ])("a full disk is reported once, with status 2 unless the work found something graver: %s", async (_, args, status) => {
    const result = await intoFullDisk(args);
    expect(result.status).toBe(status);
    expect(result.stderr.match(/standard output cannot be written: no space left on device \(ENOSPC\)/g)).toHaveLength(1);
  });

  it("a write that a full disk cuts off fails with status 2", () => {
    // Mounting a small file system needs privileges; a limit on the size of files cuts a write in the same way.
    const target = join(scratch, "limited.txt");
    const script = `ulimit -f 1; trap '' XFSZ; '${process.execPath}' '${MAIN}' help > '${target}'; echo $?`;
    const status = execFileSync("bash", ["-c", script], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect([status.trim(), readFileSync(target).length]).toEqual(["2", 1024]);
  });
});

describe("standard error that is closed", () => {
  it.each([
    ["2>&-", 3],
    ["2> >(exec <&-)", 3],
  ])("standard error that is closed by %s changes no status", (redirection, status) => {
    const script = `sleep 0.1; '${process.execPath}' '${MAIN}' verify '${UNREADABLE}' ${redirection}; echo $?`;
    expect(execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim()).toBe(String(status));
  });

  it("an altered capture stays altered when standard output and standard error are closed from the start", () => {
    const script = `('${process.execPath}' '${MAIN}' verify '${ALTERED}' >&- 2>&-); echo $?`;
    expect(execFileSync("bash", ["-c", script], { encoding: "utf8" }).trim()).toBe("1");
  });
});
