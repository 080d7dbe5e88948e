/** A small program with threads, made by gcc, and cores of it: by the kernel, by gcore and by gdb. Its memory has known bytes and a file that is mapped. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Three threads that wait, and a large buffer of which the last pages were never touched. With `crash`, the second thread writes to address 16. Prints its process id
 * when all threads run.
 */
const SOURCE = `
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static pthread_barrier_t ready;
static const char *mode = "";

static void *waits(void *name) {
  static __thread char local[64];
  snprintf(local, sizeof local, "the stack of thread %s", (char *)name);
  pthread_barrier_wait(&ready);
  if (!strcmp(mode, "crash") && !strcmp(name, "two")) {
    usleep(100000);
    *(volatile int *)16 = 42;
  }
  for (;;) pause();
  return 0;
}

int main(int argc, char **argv) {
  if (argc > 1) mode = argv[1];
  pthread_t threads[2];
  unsigned char *kept = malloc(300000);
  for (int at = 0; at < 300000; at++) kept[at] = at * 31 + (at >> 8);
  int file = open(argv[0], O_RDONLY);
  mmap(0, 4096, PROT_READ, MAP_PRIVATE, file, 0);
  mmap(0, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  pthread_barrier_init(&ready, 0, 3);
  pthread_create(&threads[0], 0, waits, "one");
  pthread_create(&threads[1], 0, waits, "two");
  pthread_barrier_wait(&ready);
  printf("%d\\n", getpid());
  fflush(stdout);
  for (;;) pause();
  return kept[1];
}
`;

/** A folder with the program. `remove` deletes it. */
export class ThreadedProgram {
  readonly folder = mkdtempSync(join(tmpdir(), "threaded-"));
  readonly path = join(this.folder, "threaded");

  /** `options`: further options of gcc, such as `-m32`. Throws if gcc fails. */
  constructor(...options: readonly string[]) {
    writeFileSync(join(this.folder, "threaded.c"), SOURCE);
    execFileSync("gcc", [
      "-g",
      "-O0",
      "-pthread",
      "-Wl,--build-id",
      ...options,
      "-o",
      this.path,
      join(this.folder, "threaded.c"),
    ]);
  }

  /** A core by `gcore` of a process whose threads wait. */
  async byGcore(): Promise<string> {
    return this.#ofLiving((pid) => {
      execFileSync("gcore", ["-o", join(this.folder, "gcore"), pid], { stdio: "pipe" });
      return join(this.folder, `gcore.${pid}`);
    });
  }

  /** A core by `generate-core-file` of gdb. */
  async byGdb(): Promise<string> {
    const core = join(this.folder, "gdb.core");
    return this.#ofLiving((pid) => {
      execFileSync("gdb", ["-nx", "-batch", "-p", pid, "-ex", `generate-core-file ${core}`], { stdio: "pipe" });
      return core;
    });
  }

  /** A core by the kernel, of the program that crashes. Throws if /proc/sys/kernel/core_pattern pipes cores to a program. */
  async byKernel(): Promise<string> {
    const pattern = readFileSync("/proc/sys/kernel/core_pattern", "utf8").trim();
    if (pattern.startsWith("|") || pattern.startsWith("/"))
      throw new Error(`core_pattern is ${pattern}, expected a file in the working folder`);
    const child = spawn("prlimit", ["--core=unlimited", this.path, "crash"], {
      cwd: this.folder,
      stdio: ["ignore", "pipe", "ignore"],
    });
    await new Promise((resolve) => child.once("exit", resolve));
    const found = readdirSync(this.folder).find((name) => /^core(\\.\\d+)?$/.test(name));
    if (found === undefined) throw new Error("the kernel wrote no core");
    const core = join(this.folder, "kernel-core");
    renameSync(join(this.folder, found), core);
    return core;
  }

  remove(): void {
    if (existsSync(this.folder)) rmSync(this.folder, { recursive: true });
  }

  async #ofLiving(take: (pid: string) => string): Promise<string> {
    const child = spawn(this.path, [], { cwd: this.folder, stdio: ["ignore", "pipe", "ignore"] });
    try {
      return take(await firstLine(child));
    } finally {
      child.kill("SIGKILL");
    }
  }
}

function firstLine({ stdout }: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    stdout?.once("data", (bytes: Buffer) => resolve(bytes.toString().trim()));
    stdout?.once("end", () => reject(new Error("the program ended")));
  });
}
