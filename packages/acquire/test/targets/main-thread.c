/* Maps a page with "still here" in it and prints it as other targets do; its main thread then ends (pthread_exit), and another one goes on. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

static void *wait_for_ever(void *unused) {
  (void)unused;
  for (;;) pause();
  return NULL;
}

int main(int count, char **words) {
  pthread_t thread;
  char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  strcpy(page, "still here");
  if (count > 1) prctl(PR_SET_NAME, words[1]);
  if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0) return 1;
  printf("page %lx 1000\nready\n", (unsigned long)page);
  fflush(stdout);
  pthread_exit(NULL);
}
