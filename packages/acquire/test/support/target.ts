/** Processes to capture: C programs of the folder `targets`, compiled once with gcc, that print what they have mapped and then wait. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** A line that a target prints: a mapping, and the bytes of its pages. */
export interface Planted {
  readonly name: string;
  readonly address: bigint;
  readonly bytes: bigint;
  /** As the target prints them: `8x- 8x12`. */
  readonly pages: string;
}

export interface Target {
  readonly pid: number;
  readonly planted: ReadonlyMap<string, Planted>;
  readonly child: ChildProcess;
  end(): void;
}

/** Whether targets can be made: on Linux with gcc. In CI both have to be there. */
export const CAN_CAPTURE = process.platform === "linux" && (process.env["CI"] === "true" || hasProgram("gcc"));

export function hasProgram(name: string): boolean {
  return spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
}

const SOURCES = join(import.meta.dirname, "..", "targets");

/** A folder of its own, with the programs in it. */
export class Targets {
  readonly folder = mkdtempSync(join(tmpdir(), "msl-acquire-"));
  readonly #running = new Set<ChildProcess>();

  program(name: string): string {
    const program = join(this.folder, name);
    if (!existsSync(program)) execFileSync("gcc", ["-O1", "-pthread", "-o", program, join(SOURCES, `${name}.c`)]);
    return program;
  }

  /** Starts a target, and waits until it is ready. */
  start(name: string, ...words: string[]): Promise<Target> {
    return this.startProgram(this.program(name), ...words);
  }

  /** Starts a program that prints what a target prints. */
  async startProgram(program: string, ...words: string[]): Promise<Target> {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "inherit"] });
    this.#running.add(child);
    const planted = new Map<string, Planted>();
    if (!child.stdout || child.pid === undefined) throw new Error(`${program} did not start`);
    for await (const line of createInterface(child.stdout)) {
      if (line === "ready") break;
      const [, called = "", address = "0", bytes = "0", pages = ""] = /^(\S+) ([0-9a-f]+) ([0-9a-f]+) ?(.*)$/.exec(line) ?? [];
      planted.set(called, { name: called, address: BigInt(`0x${address}`), bytes: BigInt(`0x${bytes}`), pages });
    }
    const end = () => {
      child.kill("SIGKILL");
      this.#running.delete(child);
    };
    return { pid: child.pid, planted, child, end };
  }

  /** A folder for the files of a target. */
  newFolder(name: string): string {
    const folder = join(this.folder, name);
    mkdirSync(folder);
    return folder;
  }

  /** Ends all targets and removes the folder. */
  remove(): void {
    for (const child of this.#running) child.kill("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The resident memory of a process, in KiB. */
export function residentKib(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}

/** The letter of the state of a process: T for one that was stopped. */
export function stateOf(pid: number): string {
  return /\) (\w) /.exec(readFileSync(`/proc/${pid}/stat`, "latin1"))?.[1] ?? "";
}
