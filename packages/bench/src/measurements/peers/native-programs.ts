/** The command-line programs zstd and lz4, if they are installed. Each run is a process, and its time includes starting the process. */
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

/**
 * The output of a program, and a function by which the same program unpacks it: the LZ4 frames of lz4 differ from the raw blocks of
 * packages.
 */
interface Packed {
  readonly data: Uint8Array;
  readonly unpack: () => Uint8Array;
}

/** With fewer bytes, starting the process would dominate the time. */
const WORTH_A_PROCESS = 4 * 1024 * 1024;

/** Runs of programs over input files in a temporary folder, which is removed on disposal. */
export class NativePrograms {
  readonly #folder = mkdtempSync(join(tmpdir(), "memslice-bench-"));
  #files = 0;

  /** The program decompressing a frame that it wrote; an empty list for fewer bytes than `WORTH_A_PROCESS`. */
  decompressor(program: NativeProgram, bytes: Uint8Array): ProgramRun<Uint8Array>[] {
    if (bytes.length < WORTH_A_PROCESS) return [];
    let frame: string | undefined;
    const decompress = this.#run(program, DECOMPRESS, () => {
      frame ??= this.#file(output(program, ["-q", "-c", this.#file(bytes)]));
      return frame;
    });
    return [decompress];
  }

  /** The program compressing `bytes` at a level, in one thread; an empty list for fewer bytes than `WORTH_A_PROCESS`. */
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

/** Such as `zstd 1.5.4`. */
function nameOf(program: NativeProgram): string {
  return `${program} ${versionOf(program) ?? `(not installed: Debian package ${program})`}`;
}

/** Undefined if the program is not installed. */
export function versionOf(program: NativeProgram): string | undefined {
  try {
    const printed = execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return /v(\d[\d.]*\d)/.exec(printed)?.[1] ?? "of an unknown version";
  } catch {
    return undefined;
  }
}
