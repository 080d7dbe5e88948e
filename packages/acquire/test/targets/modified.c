/*
 * Mappings of files whose pages the process has written: with the bytes that the file has, or with others. Prints a line for each as every-kind.c does, where the
 * pages are those that differ from the file: "-" for the others. Then waits to be ended.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/if_packet.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static size_t page;
static const char *folder;

static const char *path_of(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* A file of so many bytes, all 0x40. */
static int file_of(const char *name, size_t bytes) {
  int file = open(path_of(name), O_RDWR | O_CREAT | O_TRUNC, 0600);
  char *content = malloc(bytes);
  memset(content, 0x40, bytes);
  if (write(file, content, bytes) != (ssize_t)bytes) exit(1);
  free(content);
  return file;
}

static unsigned char *map(int file, size_t pages, int flags, off_t offset) {
  unsigned char *at = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, flags, file, offset);
  if (at == MAP_FAILED) {
    perror("mmap");
    exit(1);
  }
  return at;
}

static void say(const char *name, const void *at, size_t pages, const char *differ) {
  printf("%s %lx %lx %s\n", name, (unsigned long)at, (unsigned long)(pages * page), differ);
}

int main(int count, char **words) {
  if (count < 2) return 2;
  folder = words[1];
  page = (size_t)sysconf(_SC_PAGESIZE);

  /* Read, written with the same bytes, changed, never touched; one byte at the end of a page; and not from the start of the file. */
  unsigned char *m = map(file_of("copies", 9 * page), 8, MAP_PRIVATE, page);
  volatile unsigned char seen = m[0];
  (void)seen;
  memset(m + page, 0x40, page);
  memset(m + 2 * page, 0x51, page);
  m[5 * page - 1] = 0x52;
  memset(m + 6 * page, 0x40, 2 * page);
  say("copies", m, 8, "2x- 1x51 1x- 1x? 3x-");

  /* The last page of the file is half full: the kernel fills it with zeros. */
  m = map(file_of("tail", page + page / 2), 2, MAP_PRIVATE, 0);
  memset(m + page, 0x40, page / 2);
  say("tail", m, 2, "2x-");
  m = map(file_of("tail-changed", page + page / 2), 2, MAP_PRIVATE, 0);
  m[2 * page - 1] = 1;
  say("tail-changed", m, 2, "1x- 1x?");

  /* Pages behind the end of the file; and copies that the process had there are gone when the file is cut. */
  m = map(file_of("behind", page), 4, MAP_PRIVATE, 0);
  memset(m, 0x53, page);
  say("behind", m, 4, "1x53 3x-");
  int file = file_of("cut", 2 * page);
  m = map(file, 2, MAP_PRIVATE, 0);
  memset(m, 0x54, 2 * page);
  if (ftruncate(file, (off_t)page)) return 1;
  say("cut", m, 2, "1x54 1x-");

  /* A copy that has the bytes which the file had before it was written. */
  file = file_of("rewritten", 2 * page);
  m = map(file, 2, MAP_PRIVATE, 0);
  memset(m, 0x40, 2 * page);
  unsigned char *other = malloc(page);
  memset(other, 0x55, page);
  if (pwrite(file, other, page, 0) != (ssize_t)page) return 1;
  say("rewritten", m, 2, "1x40 1x-");

  m = map(file_of("deleted", 2 * page), 2, MAP_PRIVATE, 0);
  memset(m, 0x40, page);
  memset(m + page, 0x56, page);
  unlink(path_of("deleted"));
  say("deleted", m, 2, "1x40 1x56");

  /* Another file has the name now. */
  m = map(file_of("replaced", 2 * page), 2, MAP_PRIVATE, 0);
  memset(m, 0x40, page);
  memset(m + page, 0x57, page);
  close(file_of("new", 2 * page));
  char *from = strdup(path_of("new"));
  rename(from, path_of("replaced"));
  say("replaced", m, 2, "1x40 1x57");

  m = map(file_of("shared", 2 * page), 2, MAP_SHARED, 0);
  memset(m, 0x58, 2 * page);
  say("shared", m, 2, "2x-");

  /* No regular file: nothing can be compared. */
  m = map(open("/dev/zero", O_RDWR), 2, MAP_PRIVATE, 0);
  memset(m, 0, page);
  memset(m + page, 0x59, page);
  say("device", m, 2, "1x00 1x59");

  /* A ring that the kernel shares with the process: it is in no file. */
  int ring = socket(AF_PACKET, SOCK_RAW, 0);
  struct tpacket_req request = {(unsigned)page, 2, (unsigned)page / 2, 4};
  if (ring >= 0 && setsockopt(ring, SOL_PACKET, PACKET_RX_RING, &request, sizeof request) == 0) {
    m = map(ring, 2, MAP_SHARED, 0);
    memset(m, 0x5b, 2 * page);
    say("ring", m, 2, "2x5b");
  }

  /* Larger than what is compared at once. */
  m = map(file_of("large", 300 * page), 300, MAP_PRIVATE, 0);
  memset(m, 0x40, 300 * page);
  memset(m + 70 * page, 0x5a, 2 * page);
  say("large", m, 300, "70x- 2x5a 228x-");

  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
