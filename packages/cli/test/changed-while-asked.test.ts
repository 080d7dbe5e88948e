/** Commands that ask the memory of a capture file that somebody writes to meanwhile. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, utimesSync, writeFileSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BytesSink, MslWriter } from "@memslice/msl";
import { afterAll, describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { MAIN } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-changed-while-asked-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const LENGTH = 16 << 20;
const EVERY = 128;

/** A needle in each 128 bytes: the lines of all matches are far more than a pipe holds. */
async function captureFile(name: string, needle = "needle"): Promise<string> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"] });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  const pageData = Buffer.alloc(LENGTH, needle.padEnd(EVERY, "."));
  const head = { baseAddr: 0x10000n, protection: 3, regionType: 5, pageSizeLog2: 12, timestampNs: 0n } as const;
  await writer.memoryRegion({ ...head, regionSize: BigInt(LENGTH), pageData });
  await writer.end();
  const path = join(scratch, name);
  writeFileSync(path, sink.bytes());
  const then = Date.now() / 1000 - 3600;
  utimesSync(path, then, then);
  return path;
}

function overwrite(path: string): void {
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(LENGTH / 2), 0, LENGTH / 2, statSync(path).size - LENGTH / 2 - 4096);
  closeSync(file);
}

/** Runs the command, and overwrites the file as soon as the command has printed something. */
async function disturbed(args: readonly string[], path: string) {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child.stdout, "readable");
  overwrite(path);
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  const [status] = await once(child, "close");
  return { status, stdout, stderr };
}

it("a file that is overwritten while msl lists very many differences ends the JSON document with the error, and status 4", async () => {
  const [a, b] = [await captureFile("a.msl"), await captureFile("b.msl", "weasel")];
  const { status, stdout, stderr } = await disturbed(["compare", a, b, "--gap", "0", "--json"], b);
  expect(stderr).toContain(`${b} was changed while it was read`);
  expect(status).toBe(4);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({ schema: "msl.compare/1", summary: { different: true }, error: { code: "changed" } });
  expect(misfits("compare", document)).toEqual([]);
});

describe.each(["1", "2"])("a file that is overwritten while msl asks it with --threads %s", (threads) => {
  it.each([
    ["search", ["--text", "needle"]],
    ["strings", ["-n", "6"]],
  ] as const)("ends msl %s with status 4 and a sentence, and the JSON document with the error", async (command, options) => {
    const path = await captureFile(`${command}-${threads}.msl`);
    const { status, stdout, stderr } = await disturbed([command, path, ...options, "--threads", threads, "--json"], path);
    expect(stderr).toContain(`${path} was changed while it was read`);
    expect(status).toBe(4);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ schema: `msl.${command}/1`, error: { code: "changed" } });
    expect(document).not.toHaveProperty("coverage");
    expect(misfits(command, document)).toEqual([]);
  });
});
