/** The command-line programs zstd and lz4, where they are installed: each run is a process, and its start is part of the time. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const DECOMPRESS = ["-d"];

export type NativeProgram = "zstd" | "lz4";

/** A contender of `compare`. */
interface ProgramRun<Result> {
  readonly name: string;
  readonly run: () => Result;
  readonly elsewhere: { time(repeats: number): Promise<number> };
}

/** What a program wrote, and what it makes of that itself: its LZ4 frames are not the blocks that packages write. */
interface Packed {
  readonly data: Uint8Array;
  readonly unpack: () => Uint8Array;
}

/** Of less, programs would be timed for their start. */
const WORTH_A_PROCESS = 4 * 1024 * 1024;

/** Inputs for programs, in files of a folder that goes with it. */
export class NativePrograms {
  readonly #folder = mkdtempSync(join(tmpdir(), "memslice-bench-"));
  #files = 0;

  /** The program decompressing a frame that it wrote itself; nothing if there are few bytes. */
  decompressor(program: NativeProgram, bytes: Uint8Array): ProgramRun<Uint8Array>[] {
    if (bytes.length < WORTH_A_PROCESS) return [];
    let frame: string | undefined;
    const decompress = this.#run(program, DECOMPRESS, () => {
      frame ??= this.#file(output(program, ["-q", "-c", this.#file(bytes)]));
      return frame;
    });
    return [decompress];
  }

  /** The program compressing `bytes` at a level, in one thread; nothing if there are few. */
  compressor(program: NativeProgram, level: number, bytes: Uint8Array): ProgramRun<Packed>[] {
    if (bytes.length < WORTH_A_PROCESS) return [];
    let input: string | undefined;
    const oneThread = program === "zstd" ? ["--single-thread"] : [];
    const compress = this.#run(program, [`-${level}`, ...oneThread], () => {
      input ??= this.#file(bytes);
      return input;
    });
    const run = () => {
      const data = compress.run();
      return { data, unpack: () => output(program, [...DECOMPRESS, "-q", "-c", this.#file(data)]) };
    };
    return [{ ...compress, run }];
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }

  #run(program: NativeProgram, options: readonly string[], input: () => string): ProgramRun<Uint8Array> {
    const args = () => [...options, "-q", "-c", input()];
    return {
      name: `${nameOf(program)} ${options.join(" ")}, as a process`,
      run: () => output(program, args()),
      elsewhere: {
        time: async (repeats) => {
          const start = process.hrtime.bigint();
          for (let i = 0; i < repeats; i++) execFileSync(program, args(), { stdio: ["ignore", "ignore", "pipe"] });
          return Number(process.hrtime.bigint() - start) / 1e9 / repeats;
        },
      },
    };
  }

  #file(bytes: Uint8Array): string {
    const path = join(this.#folder, String(this.#files++));
    writeFileSync(path, bytes);
    return path;
  }
}

function output(program: NativeProgram, args: readonly string[]): Uint8Array {
  return execFileSync(program, args, { maxBuffer: 2 ** 30, stdio: ["ignore", "pipe", "pipe"] });
}

/** As `zstd 1.5.4`. */
function nameOf(program: NativeProgram): string {
  return `${program} ${versionOf(program) ?? `(not installed: Debian package ${program})`}`;
}

/** Undefined where the program is not installed. */
export function versionOf(program: NativeProgram): string | undefined {
  try {
    const printed = execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return /v(\d[\d.]*\d)/.exec(printed)?.[1] ?? "of an unknown version";
  } catch {
    return undefined;
  }
}
