/** A process with three threads, of which gdb writes a core. */
import { execFileSync, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { printed } from "./installed.js";

const SOURCE = `#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
static pthread_barrier_t gate;
char marker[64] = "marker in data";
__attribute__((noinline)) int inner(int n) { pthread_barrier_wait(&gate); if (n == 101) puts("ready"), fflush(stdout); for (;;) pause(); return n; }
__attribute__((noinline)) int middle(int n) { int r = inner(n + 1); return r + 1; }
static void *work(void *n) { middle((int)(long)n); return 0; }
int main(void) {
  pthread_t threads[2];
  char *heap = malloc(1 << 20);
  strcpy(memset(heap, 0x5a, 1 << 20), "text on the heap");
  pthread_barrier_init(&gate, 0, 3);
  for (long i = 0; i < 2; i++) pthread_create(&threads[i], 0, work, (void *)(i * 10));
  middle(100);
}
`;

export interface ProgramCore {
  readonly program: string;
  readonly pid: number;
  readonly bytes: Uint8Array;
}

/** Compiles the program in `folder`, runs it and has gcore write a core of it. */
export async function coreOfThreadedProgram(folder: string): Promise<ProgramCore> {
  const [source, program] = [join(folder, "threads.c"), join(folder, "threads")];
  writeFileSync(source, SOURCE);
  execFileSync("gcc", ["-g", "-O0", "-pthread", "-o", program, source]);
  const child = spawn(program, { stdio: ["ignore", "pipe", "ignore"] });
  try {
    await new Promise((resolve, reject) => {
      child.stdout.once("data", resolve);
      child.once("exit", () => reject(new Error("the program ended")));
    });
    const { pid = 0 } = child;
    printed("gcore", ["-o", join(folder, "core"), String(pid)]);
    return { program, pid, bytes: new Uint8Array(readFileSync(join(folder, `core.${pid}`))) };
  } finally {
    child.kill("SIGKILL");
  }
}
