/** `msl capture --investigation`: what it asks for before it touches anything, and who can read its captures. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { IS_ROOT, NOBODY } from "./live-processes.js";
import { msl, mslBeside } from "./run-msl.js";

const WHO = ["--investigation", "--operator", "A. Examiner", "--host", "lab-7"];
const HOSTILE = "\u001b[31mred\nline";

describe.runIf(process.platform === "linux")("msl capture --investigation", () => {
  const scratch = mkdtempSync(join(tmpdir(), "msl-investigation-"));
  let target: ChildProcess;
  let outputs = 0;
  const pid = () => String(target.pid);
  const newOutput = () => join(scratch, `${outputs++}.msl`);
  beforeAll(() => {
    target = spawn("sleep", ["600"], { stdio: "ignore", argv0: HOSTILE });
  });
  afterAll(() => {
    target.kill("SIGKILL");
    rmSync(scratch, { recursive: true, force: true });
  });

  it.each([
    [["--investigation", "--no-encrypt"], /give --operator NAME and --host NAME/],
    [["--investigation", "--no-encrypt", "--operator", "x"], /give --host NAME/],
    [["--investigation", "--no-encrypt", "--operator", "", "--host", "h"], /operator/],
    [[...WHO, "--no-encrypt", "--case", "a\u001b[2Jb"], /caseRef/],
    [[...WHO], /is encrypted: give --encrypt-to FILE.* or --no-encrypt/],
    [[...WHO, "--cipher", "aes-256-gcm"], /is encrypted: give/],
    [[...WHO, "--no-encrypt", "--encrypt"], /--no-encrypt and --encrypt exclude each other/],
    [[...WHO, "--no-encrypt", "--redact", "nothing"], /No field "nothing"/],
    [["--operator", "x"], /--operator is for an investigation/],
  ] as const)("%j is wrong usage, and leaves what is there", (words, reason) => {
    const out = newOutput();
    writeFileSync(out, "evidence");
    const result = msl(["capture", pid(), "-o", out, "--force", ...words]);
    expect([result.status, readFileSync(out, "utf8")]).toEqual([2, "evidence"]);
    expect(result.stderr).toMatch(reason);
    expect(result.stderr).not.toContain("\u001b");
  });

  it("can be read by the owner of the key alone", async () => {
    const [out, key] = [newOutput(), join(scratch, "analyst")];
    expect(msl(["keygen", "--mechanism", "x25519-ml-kem-768", "--out", key]).status).toBe(0);
    const { status, stdout } = await mslBeside([
      ...["capture", pid(), "-o", out, ...WHO, "--case", "2026/17", "--encrypt-to", `${key}.pub`, "--json"],
    ]);
    const report = JSON.parse(stdout);
    expect(misfits("capture", report)).toEqual([]);
    const { investigation, complete } = report;
    expect(status).toBe(complete ? 0 : 4);
    expect(investigation.processes).toBeGreaterThan(1);
    expect(readFileSync(out).includes("A. Examiner")).toBe(false);
    expect(msl(["verify", out]).status).not.toBe(0);
    expect(msl(["verify", out, "--private-key-file", `${key}.key`]).status).toBe(0);
    expect(msl(["lint", out, "--level", "error", "--private-key-file", `${key}.key`]).status).toBe(0);
    const system = JSON.parse(msl(["system", out, "--private-key-file", `${key}.key`, "--json"]).stdout);
    expect(system.systems[0]).toMatchObject({ acqUser: "A. Examiner", hostname: "lab-7", caseRef: "2026/17", tableBitmap: 15 });
  });

  it("is plain with --no-encrypt, says so, and redacts what it is told to", async () => {
    const out = newOutput();
    const result = msl(["capture", pid(), "-o", out, ...WHO, "--no-encrypt", "--redact", "acqUser,ProcessTable.user"]);
    expect([0, 4]).toContain(result.status);
    expect(result.stderr).toMatch(/is not encrypted/);
    expect(result.stdout).toMatch(/Host {10}calls itself/);
    const capture = await openCapture(out, { strict: true });
    expect(capture.header).toMatchObject({ investigation: true, encrypted: false, redacted: true });
    await capture.close();
    expect(JSON.parse(msl(["system", out, "--json"]).stdout).systems[0]).toMatchObject({ acqUser: "", hostname: "lab-7" });
    // The arguments of msl itself are a row of the Process Table.
    expect(result.stderr).toMatch(/arguments of msl itself.*add ProcessTable\.cmdLine/);
    expect(readFileSync(out).includes("A. Examiner")).toBe(true);
    const all = newOutput();
    const redacted = "acqUser,hostname,ProcessTable.cmdLine";
    const apart = msl(["capture", pid(), "-o", all, ...WHO, "--no-encrypt", "--redact", redacted, "--paths", "nothing"]);
    expect(apart.stderr).not.toMatch(/arguments of msl/);
    expect([readFileSync(all).includes("A. Examiner"), readFileSync(all).includes("lab-7")]).toEqual([false, false]);
    const processes = msl(["processes", out]);
    expect(processes.stdout).toContain("red");
    expect(processes.stdout).not.toContain("\u001b");
  });

  it.runIf(IS_ROOT)("counts what another user may not see, and ends with status 4", async () => {
    const own = spawn("sleep", ["600"], { stdio: "ignore", uid: NOBODY, gid: NOBODY });
    try {
      const out = "-";
      const words = ["capture", String(own.pid), "-o", out, ...WHO, "--no-encrypt", "--json"];
      const { status, stderr } = await mslBeside(words, { user: NOBODY });
      const report = JSON.parse(stderr.slice(stderr.indexOf("{")));
      expect(misfits("capture", report)).toEqual([]);
      const { investigation, complete } = report;
      expect([status, complete]).toEqual([4, false]);
      expect(investigation.gaps).toContainEqual({ source: "/proc/PID/fd", reason: "EACCES", count: expect.any(Number) });
    } finally {
      own.kill("SIGKILL");
    }
  });

  it("--check needs no secret", () => {
    const out = newOutput();
    expect(msl(["capture", pid(), "--check", ...WHO]).status).toBe(0);
    expect(existsSync(out)).toBe(false);
  });
});
