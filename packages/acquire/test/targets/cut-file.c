/* Maps a file of 20 pages, given by its name, as 24 pages, touches none of them, prints the address, then "ready", and waits. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int count, char **words) {
  const int file = count > 1 ? open(words[1], O_RDONLY) : -1;
  char *at = mmap(NULL, 24 * 4096, PROT_READ, MAP_SHARED, file, 0);
  if (file < 0 || at == MAP_FAILED) return 1;
  printf("file %lx %lx\nready\n", (unsigned long)at, (unsigned long)24 * 4096);
  fflush(stdout);
  for (;;) pause();
}
