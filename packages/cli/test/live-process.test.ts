/** Commands that ask memory, with a live process in place of a capture. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-live-"));
/** The needle is made in the process, so that its script does not have it. */
const HAYSTACK =
  "const needle = Buffer.alloc(65536, 0x2e); needle.write(['nee', 'dle-', process.pid].join(''), 5000, 'latin1'); console.log(1); setInterval(() => needle, 1e6);";

describe.runIf(process.platform === "linux")("a live process in place of a capture", () => {
  let target: ChildProcess;
  beforeAll(async () => {
    target = spawn(process.execPath, ["-e", HAYSTACK], { stdio: ["ignore", "pipe", "ignore"] });
    if (target.stdout) await once(target.stdout, "data");
  });
  afterAll(() => {
    target.kill("SIGKILL");
    rmSync(scratch, { recursive: true });
  });
  const ask = (...words: string[]) => msl([...words, "--pid", String(target.pid)]);
  const needle = () => `needle-${target.pid}`;

  it("msl search finds a needle in it, with its region, and hexdump and read give the bytes around it", () => {
    const { status, stdout, stderr } = ask("search", "--text", needle(), "--json");
    expect(status, stderr).toBe(0);
    const found = JSON.parse(stdout);
    expect(misfits("search", found)).toEqual([]);
    expect(found).toMatchObject({ file: `process ${target.pid}`, coverage: { complete: true, cutOff: false } });
    const places = found.matches.filter(({ regionType }: { regionType?: string }) => regionType !== undefined);
    expect(places.length).toBeGreaterThan(0);
    const { address } = found.matches.at(-1);
    const [piece] = JSON.parse(ask("hexdump", address, String(needle().length), "--json").stdout).pieces;
    expect(Buffer.from(piece.bytes, "hex").toString("latin1")).toBe(needle());
    const out = join(scratch, "bytes");
    expect(ask("read", address, String(needle().length), "-o", out).status).toBe(0);
    expect(readFileSync(out, "latin1")).toBe(needle());
  });

  it("msl strings, entropy, pointers and scan ask it, and what it does not have is not found", () => {
    expect(ask("strings", "-n", "8", "--limit", "20", "--range", "heap", "--count").status).toBe(0);
    expect(ask("entropy", "--range", "stack").status).toBe(0);
    expect(ask("pointers", "--into", "stack", "--limit", "5").status).toBe(0);
    const rules = join(scratch, "rules.yar");
    writeFileSync(rules, `rule needle { strings: $a = "${needle()}" condition: $a }`);
    expect(ask("scan", rules, "--count").status).toBe(0);
    const absent = ask("search", "--hex", "00112233445566778899aabbccddeeff0123456789abcdef");
    expect([absent.status, absent.stderr]).toEqual([1, expect.stringContaining("all that was asked for")]);
  });

  it("files beside --pid, a word that is no pid, and a process that does not exist are refused", () => {
    expect(ask("search", "evidence.msl", "--text", "a")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("not both"),
    });
    expect(msl(["search", "--pid", "me", "--text", "a"])).toMatchObject({ status: 2 });
    expect(msl(["search", "--pid", "999999999", "--text", "a"])).toMatchObject({ status: 5 });
  });
});
