/* Reserves 2 GiB without a page, prints their address, then "ready". Writes two pages in the middle when it gets SIGUSR1, and prints "written". */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void) {
  const size_t bytes = (size_t)2 << 30;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return 1;
  madvise(at, bytes, MADV_NOHUGEPAGE);
  printf("late %lx %lx\nready\n", (unsigned long)at, (unsigned long)bytes);
  fflush(stdout);
  int signal;
  sigwait(&signals, &signal);
  memset(at + (1 << 30), 0x5a, 8192);
  for (;;) pause();
}
