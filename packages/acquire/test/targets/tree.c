/*
 * A tree of processes: each word names a child and its parent, as "name:parent"; the process itself is "root". Prints "NAME PID 0" for each of them. A child called
 * "gone" ends at once, and its parent does not notice. "forks:COUNT" in place of children: a chain of so many processes, each started by the one before, a
 * millisecond apart.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* A child that ends with its parent. */
static pid_t child_of(pid_t parent) {
  pid_t child = fork();
  if (child != 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) exit(0);
  return 0;
}

static void chain(int count) {
  while (count-- > 0) {
    usleep(1000);
    if (child_of(getpid()) != 0) break;
  }
  for (;;) pause();
}

static void grow(const char *name, int count, char **words) {
  prctl(PR_SET_NAME, name);
  printf("%s %x 0\n", name, getpid());
  fflush(stdout);
  for (int i = 1; i < count; i++) {
    char *parent = strchr(words[i], ':');
    if (!parent || strcmp(parent + 1, name) != 0) continue;
    char child[16] = {0};
    strncpy(child, words[i], parent - words[i] < 15 ? parent - words[i] : 15);
    int ready[2];
    if (pipe(ready) != 0) exit(1);
    if (child_of(getpid()) == 0) {
      close(ready[0]);
      grow(child, count, words);
      if (write(ready[1], "x", 1) != 1) exit(1);
      close(ready[1]);
      if (strcmp(child, "gone") == 0) exit(0);
      for (;;) pause();
    }
    char byte;
    close(ready[1]);
    if (read(ready[0], &byte, 1) != 1) exit(1);
    close(ready[0]);
  }
}

int main(int count, char **words) {
  if (count == 2 && strncmp(words[1], "forks:", 6) == 0) {
    puts("ready");
    fflush(stdout);
    chain(atoi(words[1] + 6));
  }
  grow("root", count, words);
  puts("ready");
  fflush(stdout);
  for (;;) pause();
}
