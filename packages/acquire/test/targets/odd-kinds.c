/*
 * A process with kinds of memory that need a privilege, a kernel option or a device. Prints a line for each that the system lets it have, as every-kind.c does.
 * Then waits to be ended: argv[1] is a folder for files, argv[2] one of hugetlbfs, or "-". With SIGUSR1 its stack grows by 256 pages.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif

static const int RW = PROT_READ | PROT_WRITE, ANONYMOUS = MAP_PRIVATE | MAP_ANONYMOUS;
static size_t page;

static void fill(unsigned char *at, size_t pages, int byte) {
  for (size_t i = 0; i < pages; i++) {
    memset(at + i * page, byte, page);
    *(uint64_t *)(at + i * page) = (uint64_t)(at + i * page);
  }
}

static unsigned char *map(size_t bytes, int flags, int file) {
  unsigned char *at = mmap(NULL, bytes, RW, flags, file, 0);
  return at == MAP_FAILED ? NULL : at;
}

static void say(const char *name, const void *at, size_t pages, const char *states) {
  printf("%s %lx %lx %s\n", name, (unsigned long)at, (unsigned long)(pages * page), states);
}

/* The pages 8 to 15 of 16 are filled before userfaultfd gets the rest, which nobody ever serves. */
static void unserved(const char *name, int faults, int flags, int file) {
  unsigned char *m = map(16 * page, flags, file);
  struct uffdio_api api = {.api = UFFD_API};
  struct uffdio_register range = {.range = {(uint64_t)m, 16 * page}, .mode = UFFDIO_REGISTER_MODE_MISSING};
  if (!m) return;
  fill(m + 8 * page, 8, 0x62);
  if (ioctl(faults, UFFDIO_API, &api) || ioctl(faults, UFFDIO_REGISTER, &range)) munmap(m, 16 * page);
  else say(name, m, 16, "8x- 8x62");
}

/* For faults of the kernel too, where that is permitted. */
static int faults(void) {
  int all = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
  return all >= 0 ? all : (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
}

static void __attribute__((noinline)) grow(void) {
  volatile unsigned char room[1 << 20];
  for (size_t at = 0; at < sizeof room; at++) room[at] = 0x6f;
  puts("grown");
  fflush(stdout);
  for (;;) pause();
}

static volatile sig_atomic_t is_to_grow;
static void on_signal(int number) { is_to_grow = number; }

int main(int count, char **words) {
  if (count < 3) return 2;
  page = (size_t)sysconf(_SC_PAGESIZE);

  unsigned char *m = map(64 * page, ANONYMOUS, -1);
  fill(m, 64, 0x61);
  madvise(m, 64 * page, MADV_PAGEOUT);
  say("swapped", m, 64, "64x61");

  int memory = memfd_create("unserved", 0);
  if (ftruncate(memory, 16 * (off_t)page)) return 1;
  unserved("unserved", faults(), ANONYMOUS, -1);
  unserved("unserved-shared", faults(), MAP_SHARED, memory);

  const size_t large = (size_t)2 << 20, pages = large / page;
  char text[64];
  snprintf(text, sizeof text, "%zux63 %zux-", 2 * pages, pages);
  if ((m = map(3 * large, ANONYMOUS | MAP_HUGETLB, -1))) {
    fill(m, 2 * pages, 0x63);
    say("huge-anonymous", m, 3 * pages, text);
  }
  if (strcmp(words[2], "-") != 0) {
    char path[4096];
    snprintf(path, sizeof path, "%s/file", words[2]);
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    snprintf(text, sizeof text, "%zux64 %zux-", pages, pages);
    if (ftruncate(file, 2 * (off_t)large) == 0 && (m = map(2 * large, MAP_SHARED, file))) {
      fill(m, pages, 0x64);
      say("huge-file", m, 2 * pages, text);
    }
  }

  memory = memfd_create("sealed", MFD_ALLOW_SEALING);
  if (ftruncate(memory, 4 * (off_t)page)) return 1;
  m = map(4 * page, MAP_SHARED, memory);
  fill(m, 4, 0x65);
  memset(m, 0x65, page);
  munmap(m, 4 * page);
  fcntl(memory, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  m = mmap(NULL, 4 * page, PROT_READ, MAP_SHARED, memory, 0);
  if (m != MAP_FAILED) {
    volatile unsigned char seen = m[0];
    (void)seen;
    say("sealed", m, 1, "1x65");
  }

  int secret = (int)syscall(SYS_memfd_secret, 0);
  if (secret >= 0 && ftruncate(secret, 4 * (off_t)page) == 0 && (m = map(4 * page, MAP_SHARED, secret))) {
    fill(m, 2, 0x66);
    say("secret", m, 4, "2xfailed 2x-");
  }

  struct perf_event_attr event = {.type = PERF_TYPE_SOFTWARE, .size = sizeof event, .config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1};
  int counter = (int)syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
  if (counter >= 0 && (m = map(2 * page, MAP_SHARED, counter))) say("device", m, 2, "?");

  char path[4096];
  snprintf(path, sizeof path, "%s/guarded.bin", words[1]);
  int file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
  if (ftruncate(file, 8 * (off_t)page)) return 1;
  m = map(8 * page, MAP_PRIVATE, file);
  madvise(m, 8 * page, MADV_RANDOM);
  fill(m, 8, 0x67);
  /* Of files since Linux 6.15. */
  int guarded = madvise(m + 2 * page, 3 * page, MADV_GUARD_INSTALL) == 0;
  say("guarded-file", m, 8, guarded ? "2x67 3x- 3x67" : "8x67");

  signal(SIGUSR1, on_signal);
  puts("ready");
  fflush(stdout);
  while (!is_to_grow) pause();
  grow();
}
