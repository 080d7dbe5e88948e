/** `msl capture --repeat N --every T`: a series of captures of one process. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { newOutput as outputIn, scratchFolder } from "./live-processes.js";
import { MAIN, msl, mslBeside } from "./run-msl.js";

const scratch = scratchFolder("series");
const newOutput = () => outputIn(scratch, "s.msl");
/** Counts in its memory. */
const COUNTING = "const page = Buffer.alloc(4096, 0x11); console.log(1); setInterval(() => page.fill(page[0] + 1), 20);";

describe.runIf(process.platform === "linux")("msl capture --repeat", () => {
  let target: ChildProcess;
  const pid = () => String(target.pid);
  beforeEach(async () => {
    target = spawn(process.execPath, ["-e", COUNTING], { stdio: ["ignore", "pipe", "ignore"] });
    if (target.stdout) await once(target.stdout, "data");
  });
  afterEach(() => target.kill("SIGKILL"));

  it("writes numbered captures, each of which names the one before, and which compare finds different", async () => {
    const [out, log] = [newOutput(), join(scratch, "case.jsonl")];
    const { status, stdout, stderr } = await mslBeside([
      "capture",
      pid(),
      "--repeat",
      "3",
      "--every",
      "500ms",
      "-o",
      out,
      "--log",
      log,
      "--json",
    ]);
    expect(stderr.replace(/.* late: .*\n/g, "")).toBe("");
    const report = JSON.parse(stdout);
    expect([misfits("capture", report), report.asked, report.complete, status]).toEqual([[], 3, true, 0]);
    const { time: _, ...logged } = JSON.parse(readFileSync(log, "utf8"));
    expect(logged).toEqual(report);
    const files = report.captures.map(({ file }: { file: string }) => file);
    expect(files).toEqual([1, 2, 3].map((number) => out.replace(".msl", `-${number}.msl`)));
    const starts = report.captures.map(({ startedNs }: { startedNs: string }) => Number(BigInt(startedNs) / 1_000_000n));
    for (const [index, start] of starts.entries()) expect(start - starts[0]).toBeGreaterThanOrEqual(index * 500 - 250);
    let previous: string | undefined;
    for (const file of files) {
      const capture = await openCapture(file, { strict: true });
      expect((await capture.verify()).outcome).toBe("intact");
      const related: string[] = [];
      for await (const batch of capture.decodeAll())
        for (const { result } of batch)
          if (result.payload?.kind === "RelatedDump")
            related.push(`${result.payload.relationshipName} ${result.payload.relatedPid} ${result.payload.relatedDumpUuid}`);
      expect(related).toEqual(previous === undefined ? [] : [`other ${pid()} ${previous}`]);
      previous = capture.header.dumpUuid;
      await capture.close();
    }
    expect(msl(["compare", files[0], files[2]]).status).toBe(1);
  });

  it("says that the process has ended, and keeps the captures before", async () => {
    const out = newOutput();
    const running = mslBeside(["capture", pid(), "--repeat", "12", "--every", "2m", "-o", out, "--json"]);
    while (!existsSync(out.replace(".msl", "-01.msl"))) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    target.kill("SIGKILL");
    const { status, stdout } = await running;
    const report = JSON.parse(stdout);
    expect([status, report.ended, report.complete, report.captures.length]).toEqual([4, "process-ended", false, 1]);
    expect(misfits("capture", report)).toEqual([]);
    expect(readdirSync(join(out, ".."))).toEqual(["s-01.msl"]);
    expect(msl(["verify", out.replace(".msl", "-01.msl")]).status).toBe(0);
  });

  it("Ctrl-C ends the series, and keeps finished captures", async () => {
    const out = newOutput();
    const child = spawn(process.execPath, [MAIN, "capture", pid(), "--repeat", "2", "--every", "2m", "-o", out, "--json"], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    let said = "";
    child.stdout.on("data", (text) => {
      said += String(text);
    });
    while (!existsSync(out.replace(".msl", "-1.msl"))) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    child.kill("SIGINT");
    expect((await once(child, "close"))[0]).toBe(130);
    expect(JSON.parse(said)).toMatchObject({ ended: "interrupted", captures: [{ complete: true }] });
    expect(readdirSync(join(out, ".."))).toEqual(["s-1.msl"]);
    expect(msl(["verify", out.replace(".msl", "-1.msl")]).status).toBe(0);
  });

  it("refuses before the first capture if one of its files exists, or is the case log", () => {
    const out = newOutput();
    const second = out.replace(".msl", "-2.msl");
    writeFileSync(second, "evidence");
    const words = ["capture", pid(), "--repeat", "2", "--every", "1", "-o", out];
    expect(msl(words)).toMatchObject({ status: 2, stderr: expect.stringContaining("s-2.msl exists already") });
    expect(msl([...words, "--force", "--log", second])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("name another file with --log"),
    });
    expect([readFileSync(second, "utf8"), readdirSync(join(out, ".."))]).toEqual(["evidence", ["s-2.msl"]]);
  });

  it.each([
    [["--repeat", "0", "--every", "1"], /from 1 to 10000/],
    [["--repeat", "2"], /--every TIME/],
    [["--every", "2"], /give --repeat/],
    [["--repeat", "2", "--every", "often"], /takes a time/],
    [["--repeat", "2", "--every", "1", "-o", "-"], /name a file/],
  ])("%j is wrong usage", (words, reason) => {
    const out = newOutput();
    const result = msl(["capture", pid(), "-o", out, ...words]);
    expect([result.status, readdirSync(join(out, ".."))]).toEqual([2, []]);
    expect(result.stderr).toMatch(reason);
  });
});
