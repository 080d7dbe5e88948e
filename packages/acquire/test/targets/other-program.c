/* With a word: argv[1] MiB of written memory, "ready", and another program (itself, without words) when it gets SIGUSR1. Without: waits. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR1);
  sigprocmask(SIG_BLOCK, &signals, NULL);
  if (count < 2)
    for (;;) pause();
  const size_t bytes = (size_t)atoi(words[1]) << 20;
  memset(malloc(bytes), 0x33, bytes);
  printf("ready\n");
  fflush(stdout);
  int signal;
  sigwait(&signals, &signal);
  execl("/proc/self/exe", "other", NULL);
  return 1;
}
