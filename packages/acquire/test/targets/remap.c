/*
 * Maps, unmaps and remaps as fast as it can, beside 64 pages that it never changes: each is filled with 0x5a behind its own address. Prints their
 * address, then "ready".
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SLOTS 64

int main(void) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), bytes = 16 * page;
  const int rw = PROT_READ | PROT_WRITE, flags = MAP_PRIVATE | MAP_ANONYMOUS;
  unsigned char *steady = mmap(NULL, 64 * page, rw, flags, -1, 0);
  for (size_t i = 0; i < 64; i++) {
    memset(steady + i * page, 0x5a, page);
    *(uint64_t *)(steady + i * page) = (uint64_t)(steady + i * page);
  }
  printf("steady %lx %lx 64x5a\nready\n", (unsigned long)steady, (unsigned long)(64 * page));
  fflush(stdout);
  unsigned char *slots[SLOTS] = {0};
  uint64_t state = 88172645463325252u;
  for (;;) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    unsigned char **slot = &slots[state % SLOTS];
    if (!*slot) {
      *slot = mmap(NULL, bytes, rw, flags, -1, 0);
      if (*slot == MAP_FAILED) *slot = NULL;
      else memset(*slot, (int)(state >> 8), bytes);
    } else if (state & 0x10000) {
      munmap(*slot, bytes);
      *slot = NULL;
    } else if (state & 0x20000) {
      mprotect(*slot + 4 * page, 4 * page, PROT_READ);
      mprotect(*slot + 4 * page, 4 * page, rw);
    } else {
      void *moved = mremap(*slot, bytes, bytes, MREMAP_MAYMOVE);
      if (moved != MAP_FAILED) *slot = moved;
    }
  }
}
