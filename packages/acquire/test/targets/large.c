/* argv[1] MiB of memory, of which the first argv[2] MiB are written, every page with other bytes. Prints the address of all of it, then "ready". */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char **words) {
  if (count < 3) return 2;
  const size_t bytes = (size_t)atoi(words[1]) << 20, written = (size_t)atoi(words[2]) << 20;
  uint64_t *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return 1;
  uint64_t state = 88172645463325252u;
  for (size_t i = 0; i < written / 8; i++) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    at[i] = state;
  }
  printf("large %lx %lx\nready\n", (unsigned long)at, (unsigned long)bytes);
  fflush(stdout);
  for (;;) pause();
}
