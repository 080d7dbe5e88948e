/* Takes the name of its first argument (PR_SET_NAME: at most 15 bytes), and waits. With a second argument: ends after so many milliseconds. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int count, char **words) {
  if (count > 1) prctl(PR_SET_NAME, words[1]);
  puts("ready");
  fflush(stdout);
  if (count > 2) usleep(atoi(words[2]) * 1000);
  else for (;;) pause();
  return 0;
}
