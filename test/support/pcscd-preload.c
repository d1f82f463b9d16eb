/*
 * Compiled by test/support/pcscd.ts and preloaded into a private pcscd, for tests only: moves /run/pcscd
 * to $TEST_PCSCD_DIR, so that the machine's own pcscd is left alone and no privilege is needed; sets
 * TCP_NODELAY (stock vpcd waits 44 ms per APDU for a delayed ACK); looks for a card every 10 ms instead
 * of every 400; and dies together with the test that started it.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void die_with_the_test(void) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static const char run_folder[] = "/run/pcscd";

static const char *moved(const char *path, char *buffer, size_t size) {
  const char *folder = getenv("TEST_PCSCD_DIR");
  if (path == NULL || folder == NULL || strncmp(path, run_folder, strlen(run_folder)) != 0) return path;
  snprintf(buffer, size, "%s%s", folder, path + strlen(run_folder));
  return buffer;
}
#define MOVED(path) moved(path, (char[512]){0}, 512)

int mkdir(const char *path, mode_t mode) { return REAL(mkdir)(MOVED(path), mode); }
int chmod(const char *path, mode_t mode) { return REAL(chmod)(MOVED(path), mode); }
int remove(const char *path) { return REAL(remove)(MOVED(path)); }
int unlink(const char *path) { return REAL(unlink)(MOVED(path)); }
int stat(const char *path, struct stat *out) { return REAL(stat)(MOVED(path), out); }
int lstat(const char *path, struct stat *out) { return REAL(lstat)(MOVED(path), out); }
FILE *fopen(const char *path, const char *mode) { return REAL(fopen)(MOVED(path), mode); }

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = (flags & (O_CREAT | O_TMPFILE)) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return REAL(open)(MOVED(path), flags, mode);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  if (address->sa_family != AF_UNIX) return REAL(bind)(fd, address, length);
  struct sockaddr_un local = {.sun_family = AF_UNIX};
  snprintf(local.sun_path, sizeof local.sun_path, "%s", MOVED(((const struct sockaddr_un *)address)->sun_path));
  return REAL(bind)(fd, (struct sockaddr *)&local, sizeof local);
}

int accept(int fd, struct sockaddr *address, socklen_t *length) {
  int client = REAL(accept)(fd, address, length);
  int on = 1;
  if (client >= 0) setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return client;
}

/* pcscd's reader threads look for a card every 400 ms (PCSCLITE_STATUS_POLL_RATE). */
int nanosleep(const struct timespec *wanted, struct timespec *left) {
  const struct timespec quick = {.tv_nsec = 10 * 1000 * 1000};
  int poll_rate = wanted->tv_sec == 0 && wanted->tv_nsec == 400 * 1000 * 1000;
  return REAL(nanosleep)(poll_rate ? &quick : wanted, left);
}
