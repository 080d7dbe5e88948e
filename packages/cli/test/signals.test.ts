/** The exit status after a signal, and the files that are left. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, writeCapture } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { capture, MAIN } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-signals-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const SIGNALS = [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const;
const STREAM = readFileSync(capture("ms-basic-plain"));

/** A capture of empty blocks of an unknown type. */
function manyBlocks(count: number): Buffer {
  const header = STREAM.subarray(0, 64);
  const block = Buffer.alloc(80);
  block.write("MSLC");
  block.writeUInt16LE(0x777, 4);
  block.writeUInt32LE(block.length, 8);
  return Buffer.concat([header, ...Array.from({ length: count }, () => block)]);
}

function start(args: readonly string[], env: Record<string, string> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], { stdio: "pipe", env: { ...process.env, ...env } });
}

/** Waits until another process has made `condition` true. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function statusOf(child: ChildProcess): Promise<number | null> {
  const [status] = await once(child, "close");
  return status;
}

/** Writes half of a capture to the standard input of the command, which then waits for the rest. Resolves when the half has been read. */
async function fed(child: ChildProcess): Promise<void> {
  child.stdin?.on("error", () => {});
  child.stdin?.write(STREAM.subarray(0, STREAM.length / 2));
  await until(() => readFileSync(`/proc/${child.pid}/wchan`, "utf8") !== "" && child.stdin?.writableLength === 0);
}

/** Resolves when the command has installed its signal handlers: before, a signal ends the process without them. */
function listens(child: ChildProcess): Promise<void> {
  const SIGHUP_AND_SIGINT = 0x3n;
  return until(() => {
    const [, caught = "0"] = /^SigCgt:\s*([0-9a-f]+)$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8")) ?? [];
    return (BigInt(`0x${caught}`) & SIGHUP_AND_SIGINT) === SIGHUP_AND_SIGINT;
  });
}

describe.each(SIGNALS)("%s", (signal, status) => {
  it.each([
    ...[
      "verify",
      "info",
      "blocks",
      "dump",
      "maps",
      "system",
      "strings",
      "entropy",
      "pointers --table",
      "keys",
      "keys --find",
    ].map((one) => [one]),
    [`compare ${capture("ms-basic-plain")}`],
  ])("the signal ends `msl %s -` while it waits for input", async (command) => {
    const folder = mkdtempSync(join(scratch, "temporary-"));
    const child = start([...command.split(" "), "-"], { TMPDIR: folder });
    const ended = statusOf(child);
    await Promise.all([fed(child), listens(child)]);
    child.kill(signal);
    expect(await ended).toBe(status);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([["blocks"], ["dump"]])(
    "the signal ends `msl %s` while it lists many blocks into a file, although writing to a file never pauses",
    async (command) => {
      const [big, list] = [join(scratch, `many-${signal}.msl`), join(scratch, `list-${signal}-${command}`)];
      const blocks = 300_000;
      if (!existsSync(big)) writeFileSync(big, manyBlocks(blocks));
      const output = openSync(list, "w");
      const child = spawn(process.execPath, [MAIN, command, big], { stdio: ["ignore", output, "ignore"] });
      const ended = statusOf(child);
      await until(() => statSync(list).size > 0);
      child.kill(signal);
      expect(await ended).toBe(status);
      closeSync(output);
      expect(readFileSync(list, "latin1").split("\n").length).toBeLessThan(blocks);
    },
  );

  it.each([["entropy --windows --window 64"], ["strings -n 1"], ["search --hex 0?"]])(
    "the signal ends `msl %s` while it prints what it finds in much memory into a file",
    async (command) => {
      const [large, list] = [join(scratch, "large.msl"), join(scratch, `found-${signal}`)];
      if (!existsSync(large)) await writeLargeCapture(large);
      const output = openSync(list, "w");
      const child = spawn(process.execPath, [MAIN, ...command.split(" "), large], { stdio: ["ignore", output, "ignore"] });
      const ended = statusOf(child);
      await until(() => statSync(list).size > 100_000);
      child.kill(signal);
      expect(await ended).toBe(status);
      closeSync(output);
    },
  );

  it("the signal ends a command that waits for a pipe without a writer", async () => {
    const pipe = join(scratch, `pipe-${signal}`);
    execFileSync("mkfifo", [pipe]);
    const child = start(["verify", pipe]);
    const ended = statusOf(child);
    await listens(child);
    child.kill(signal);
    expect(await ended).toBe(status);
  });

  it.each([
    ["leaves no file", false],
    ["keeps the file that --force would have replaced", true],
  ])("the signal ends a transcode that waits for its input, and %s", async (_, replaces) => {
    const folder = mkdtempSync(join(scratch, "transcode-"));
    const target = join(folder, "out.msl");
    if (replaces) writeFileSync(target, "mine");
    const child = start(["transcode", "-", target, "--force"]);
    const ended = statusOf(child);
    await Promise.all([fed(child), listens(child)]);
    child.kill(signal);
    expect(await ended).toBe(status);
    expect(readdirSync(folder)).toEqual(replaces ? ["out.msl"] : []);
    if (replaces) expect(readFileSync(target, "utf8")).toBe("mine");
  });

  it("the signal removes the partial file that a transcode was writing", async () => {
    const folder = mkdtempSync(join(scratch, "writing-"));
    const target = join(folder, "out.msl");
    const large = join(scratch, "large.msl");
    if (!existsSync(large)) await writeLargeCapture(large);
    const child = start(["transcode", large, target, "--compression", "zstd", "--threads", "1"]);
    const ended = statusOf(child);
    await until(() => readdirSync(folder).length > 0 || child.exitCode !== null);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^out\.msl\.\d+\.partial$/)]);
    child.kill(signal);
    expect(await ended).toBe(status);
    expect(readdirSync(folder)).toEqual([]);
  });
});

/** A region of 64 MiB that does not compress, so that writing it takes a while. */
async function writeLargeCapture(path: string): Promise<void> {
  const pageData = randomBytes(64 * 2 ** 20);
  const region = {
    baseAddr: 0x10000n,
    regionSize: BigInt(pageData.length),
    protection: 1,
    regionType: 0,
    pageSizeLog2: 12,
    timestampNs: 0n,
  };
  const importedFrom = {
    kind: "ImportProvenance",
    sourceFormat: 1,
    toolName: "test",
    importTimeNs: 0n,
    origFileSize: 0n,
  } as const;
  await writeCapture(await fileSink(path), {
    header: { osType: 0xffff, archType: 0xffff, pid: 0, imported: true },
    blocks: [{ payload: importedFrom }, { payload: { kind: "MemoryRegion", ...region, pageData } }],
  });
}
