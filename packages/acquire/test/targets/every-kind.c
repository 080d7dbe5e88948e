/*
 * A process with every kind of memory that a capture has to describe. Prints a line for each: its name, its address, its bytes, and of each page the byte
 * that fills it ("-" for a page that nobody has touched), as count x byte. Then waits to be ended.
 *
 * A page that is filled with the byte b has b everywhere, except its first 8 bytes: its own address, so that no two pages are alike.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

static size_t page;

static void fill(unsigned char *at, size_t pages, int byte) {
  for (size_t i = 0; i < pages; i++) {
    memset(at + i * page, byte, page);
    *(uint64_t *)(at + i * page) = (uint64_t)(at + i * page);
  }
}

static unsigned char *map(size_t bytes, int protection, int flags, int file) {
  unsigned char *at = mmap(NULL, bytes, protection, flags, file, 0);
  if (at == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return at;
}

static void say(const char *name, const void *at, size_t bytes, const char *pages) {
  printf("%s %lx %lx %s\n", name, (unsigned long)at, (unsigned long)bytes, pages);
}

/* A file of the folder in argv[1] whose pages are filled with 0x40, 0x41, ... */
static int file_of(const char *folder, const char *name, size_t pages) {
  char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  unsigned char *bytes = malloc(page);
  for (size_t i = 0; i < pages; i++) {
    memset(bytes, 0x40 + (int)i, page);
    if (write(file, bytes, page) != (ssize_t)page) exit(1);
  }
  free(bytes);
  return file;
}

int main(int count, char **words) {
  if (count < 2) return 2;
  const int rw = PROT_READ | PROT_WRITE, anonymous = MAP_PRIVATE | MAP_ANONYMOUS;
  page = (size_t)sysconf(_SC_PAGESIZE);
  /* Mappings are kept apart by pages that nobody maps. */
  unsigned char *m = map(16 * page, rw, anonymous, -1);
  fill(m, 16, 0x11);
  say("anonymous", m, 16 * page, "16x11");

  m = map(64 * page, rw, anonymous | MAP_NORESERVE, -1);
  fill(m + 8 * page, 8, 0x12);
  fill(m + 32 * page, 1, 0x13);
  say("sparse", m, 64 * page, "8x- 8x12 16x- 1x13 31x-");

  /* argv[2] leaves out what other programs write as a file of a tebibyte. */
  if (count < 3) {
    m = map((size_t)1 << 40, PROT_NONE, anonymous | MAP_NORESERVE, -1);
    say("reserved", m, (size_t)1 << 40, "268435456x-");

    m = map((size_t)4 << 30, rw, anonymous | MAP_NORESERVE, -1);
    fill(m + ((size_t)3 << 30), 2, 0x14);
    say("reserved-and-used", m, (size_t)4 << 30, "786432x- 2x14 262142x-");
  }

  m = map(8 * page, rw, anonymous, -1);
  fill(m, 8, 0x15);
  mprotect(m + 3 * page, page, PROT_NONE);
  say("protected", m, 8 * page, "8x15");

  m = map(8 * page, rw, anonymous, -1);
  fill(m, 8, 0x16);
  madvise(m, 8 * page, MADV_DONTDUMP);
  say("dontdump", m, 8 * page, "8x16");

  m = map(8 * page, rw, anonymous, -1);
  fill(m, 8, 0x17);
  /* Guard pages since Linux 6.13; on older ones the pages stay filled. */
  int guarded = madvise(m + 4 * page, page, MADV_GUARD_INSTALL) == 0;
  say("guarded", m, 8 * page, guarded ? "4x17 1x- 3x17" : "8x17");

  m = map(8 * page, rw, MAP_SHARED | MAP_ANONYMOUS, -1);
  fill(m, 8, 0x18);
  say("shared", m, 8 * page, "8x18");

  int memory = memfd_create("secret", 0);
  if (ftruncate(memory, 8 * (off_t)page)) return 1;
  m = map(8 * page, rw, MAP_SHARED, memory);
  fill(m, 4, 0x19);
  say("memfd", m, 8 * page, "4x19 4x-");

  int file = file_of(words[1], "private.bin", 8);
  m = map(8 * page, rw, MAP_PRIVATE, file);
  madvise(m, 8 * page, MADV_RANDOM);
  fill(m + 2 * page, 2, 0x1a);
  say("private-file", m, 8 * page, "2x- 2x1a 4x-");

  file = file_of(words[1], "shared.bin", 8);
  m = map(8 * page, rw, MAP_SHARED, file);
  fill(m, 8, 0x1b);
  say("shared-file", m, 8 * page, "8x1b");

  file = file_of(words[1], "deleted.bin", 4);
  m = map(4 * page, rw, MAP_PRIVATE, file);
  fill(m, 4, 0x1c);
  char path[4096];
  snprintf(path, sizeof path, "%s/deleted.bin", words[1]);
  unlink(path);
  say("deleted-file", m, 4 * page, "4x1c");

  file = file_of(words[1], "short.bin", 2);
  m = map(4 * page, rw, MAP_SHARED, file);
  fill(m, 2, 0x1d);
  say("behind-end-of-file", m, 4 * page, "2x1d 2x-");

  m = map((size_t)4 << 20, rw, anonymous, -1);
  unsigned char *huge = (unsigned char *)(((uintptr_t)m + ((size_t)2 << 20) - 1) & ~(((uintptr_t)2 << 20) - 1));
  madvise(huge, (size_t)2 << 20, MADV_HUGEPAGE);
  fill(huge, ((size_t)2 << 20) / page, 0x1e);
  char pages[64];
  snprintf(pages, sizeof pages, "%zux1e", ((size_t)2 << 20) / page);
  say("huge", huge, (size_t)2 << 20, pages);

  m = mmap(NULL, (size_t)2 << 20, rw, anonymous | MAP_HUGETLB, -1, 0);
  if (m != MAP_FAILED) {
    fill(m, ((size_t)2 << 20) / page, 0x1f);
    snprintf(pages, sizeof pages, "%zux1f", ((size_t)2 << 20) / page);
    say("hugetlbfs", m, (size_t)2 << 20, pages);
  }

  m = map(4 * page, PROT_READ | PROT_WRITE | PROT_EXEC, anonymous, -1);
  fill(m, 4, 0x20);
  say("executable", m, 4 * page, "4x20");

  m = sbrk(4 * (intptr_t)page);
  m = (unsigned char *)(((uintptr_t)m + page - 1) & ~(page - 1));
  fill(m, 2, 0x21);
  say("heap", m, 2 * page, "2x21");

  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
