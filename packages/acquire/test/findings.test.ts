/** The sentences of the preflight, from made-up facts: no machine has all of these obstacles. */
import { describe, expect, it } from "vitest";
import { findingsOf, type ProcessFacts } from "../src/preflight/findings.js";
import { hidesProcesses } from "../src/preflight/preflight.js";

/** A process of the same user that can be read. */
const READABLE: ProcessFacts = {
  ...{ pid: 42, isOwn: false, ownUid: 1000, mayTrace: false, yamaScope: undefined, securityModules: "" },
  ...{ hidesProcesses: false, isInFirstNamespace: false },
  ...{ name: "target", state: "S", uids: [1000, 1000, 1000, 1000], tracerPid: 0, namespaces: 1, profile: "", probe: undefined },
};
const ROOT = { ownUid: 0, mayTrace: true };

function findings(facts: Partial<ProcessFacts>): string[] {
  return findingsOf({ ...READABLE, ...facts }).map(({ code, blocks, found, remedy }) => {
    return `${blocks ? "" : "remark "}${code}: ${found}${remedy === "" ? "" : ` -> ${remedy}`}`;
  });
}

describe("what stands in the way of a capture", () => {
  it("is nothing where the kernel opens the memory, whatever the facts look like", () => {
    expect(findings({})).toEqual([]);
    expect(findings({ yamaScope: 3, uids: [1, 1, 1, 1], profile: "docker-default (enforce)" })).toEqual([]);
  });

  it.each([
    [1, false, /ptrace_scope 1\) -> start the process from this one, set .*ptrace_scope to 0, or run as root$/],
    [2, false, /only programs with CAP_SYS_PTRACE read others \(ptrace_scope 2\) -> run it as root/],
    [3, false, /no process read another one \(ptrace_scope 3\) -> restart the system/],
    [3, true, /no process read another one \(ptrace_scope 3\) -> restart the system/],
  ] as const)("is scope %i of Yama (with the capability: %s)", (yamaScope, mayTrace, sentence) => {
    const [found, ...others] = findings({ probe: "EPERM", yamaScope, mayTrace });
    expect(found).toMatch(sentence);
    expect(found).toMatch(/^yama-scope: /);
    expect(others).toEqual([]);
  });

  it("is not a scope of Yama that does not restrict, or that the capability overrides", () => {
    expect(findings({ probe: "EACCES", yamaScope: 0 })[0]).toMatch(/^not-dumpable: /);
    expect(findings({ probe: "EACCES", yamaScope: 2, ...ROOT, uids: [0, 0, 0, 0] })[0]).toMatch(/^memory-denied: .*EACCES/);
  });

  it("is a profile of AppArmor or SELinux, with its name, unless it confines nothing", () => {
    expect(findings({ probe: "EACCES", profile: "docker-default (enforce)" })).toEqual([
      'security-module: The security module confines it by the profile "docker-default (enforce)" -> capture from outside the profile, or allow ptrace in it',
    ]);
    expect(findings({ probe: "EACCES", profile: "system_u:system_r:sshd_t:s0" })[0]).toMatch(/^security-module: .*sshd_t/);
    for (const profile of ["unconfined", "unconfined_u:unconfined_r:unconfined_t:s0", "kernel", ""]) {
      expect(findings({ probe: "EACCES", profile })[0]).toMatch(/^not-dumpable: /);
    }
    const denied = findings({ probe: "EPERM", ...ROOT, uids: [0, 0, 0, 0], securityModules: "lockdown,bpf" });
    expect(denied[0]).toMatch(
      /^memory-denied: The kernel refuses its memory \(EPERM\); security modules of the kernel: lockdown,bpf -> .*user namespace/,
    );
    // In the first namespace the capability holds for every process.
    const policy = findings({ probe: "EACCES", ...ROOT, uids: [0, 0, 0, 0], isInFirstNamespace: true });
    expect(policy).toEqual([
      expect.stringMatching(/^memory-denied: .*\(EACCES\) -> .*only a policy of the kernel can refuse it/),
    ]);
  });

  it("is another user, or for root without the capability the capability", () => {
    expect(findings({ probe: "EACCES", uids: [33, 33, 33, 33] })).toEqual([
      "other-user: It runs as user 33, and this program as user 1000 -> run it as user 33, or as root",
    ]);
    const missing =
      /^missing-capability: This program runs as root, but without CAP_SYS_PTRACE -> give this program CAP_SYS_PTRACE, .*--cap-add SYS_PTRACE/;
    const ofOther = findings({ probe: "EACCES", ownUid: 0, uids: [33, 33, 33, 33] });
    const ofRoot = findings({ probe: "EPERM", ownUid: 0, uids: [0, 0, 0, 0] });
    for (const found of [ofOther, ofRoot]) {
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(missing);
    }
    const withYama = findings({ probe: "EPERM", ownUid: 0, uids: [0, 0, 0, 0], yamaScope: 1 });
    expect(withYama[0]).toMatch(/^yama-scope: .*--cap-add SYS_PTRACE/);
  });

  it("may be hidepid, which makes processes of others look as if they did not exist", () => {
    const { state: _, ...without } = READABLE;
    const sentence = (hidden: boolean) => findingsOf({ ...without, hidesProcesses: hidden, probe: "ENOENT" })[0];
    expect(sentence(false)).toMatchObject({ code: "no-such-process", found: "There is no process 42", remedy: "" });
    expect(sentence(true)?.found).toBe("There is no process 42, or it is hidden: /proc is mounted with hidepid");
    expect(sentence(true)?.remedy).toMatch(/^run it as root/);
  });

  it.each([
    ["rw,nosuid - proc proc rw", false],
    ["rw,nosuid - proc proc rw,hidepid=0", false],
    ["rw,nosuid - proc proc rw,hidepid=off", false],
    ["rw,nosuid - proc proc rw,gid=4,hidepid=2", true],
    ["rw,nosuid - proc proc rw,hidepid=1", true],
    ["rw,nosuid - proc proc rw,hidepid=invisible", true],
    ["rw,nosuid - proc proc rw,hidepid=noaccess", true],
    ["rw,nosuid - proc proc rw,hidepid=ptraceable", true],
    ["rw,nosuid - proc proc rw,hidepid=4", true],
  ])("reads the options of /proc in mountinfo: %s", (options, hides) => {
    const other = "30 1 0:26 / /srv/proc rw - proc proc rw,hidepid=2\n";
    expect(hidesProcesses(`${other}24 30 0:22 / /proc ${options}\n`)).toBe(hides);
  });
});
