/*
 * Compiled by test/support/pcscd.ts and preloaded into a private pcscd, for tests only: moves /run/pcscd and
 * the folder of USB drivers to $TEST_PCSCD_DIR, so that the machine's own pcscd is left alone and no
 * privilege is needed; plays libudev, so that readers are plugged in and out by a line in a FIFO and the
 * machine's own readers are not seen; sets TCP_NODELAY (stock vpcd waits 44 ms per APDU for a delayed ACK);
 * looks for a card every 10 ms instead of every 400; and dies together with the test that started it.
 */
#define _GNU_SOURCE
#include <dirent.h>
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
static const char usb_drivers[] = "/usr/lib/pcsc/drivers";

static const char *moved(const char *path, char *buffer, size_t size) {
  const char *folder = getenv("TEST_PCSCD_DIR");
  if (path == NULL || folder == NULL) return path;
  if (strncmp(path, run_folder, strlen(run_folder)) == 0) snprintf(buffer, size, "%s%s", folder, path + strlen(run_folder));
  else if (strncmp(path, usb_drivers, strlen(usb_drivers)) == 0) snprintf(buffer, size, "%s/drivers%s", folder, path + strlen(usb_drivers));
  else return path;
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

DIR *opendir(const char *path) { return REAL(opendir)(MOVED(path)); }
void *dlopen(const char *path, int flags) { return REAL(dlopen)(MOVED(path), flags); }

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

/*
 * libudev, as far as pcscd asks it. One line in the FIFO $TEST_PCSCD_DIR/usb, "add 40129" or "remove 40129",
 * is one event; that number is vpcd's port and, in hexadecimal, the USB product.
 */
struct device { char action[8], port[8], product[8], node[32]; };

static int usb = -1;

void *udev_new(void) { return &usb; }
void *udev_unref(void *udev) { (void)udev; return NULL; }
void *udev_enumerate_new(void *udev) { return udev; }
int udev_enumerate_add_match_subsystem(void *list, const char *subsystem) { (void)list; (void)subsystem; return 0; }
int udev_enumerate_scan_devices(void *list) { (void)list; return 0; }
void *udev_enumerate_get_list_entry(void *list) { (void)list; return NULL; }
void *udev_enumerate_unref(void *list) { (void)list; return NULL; }
void *udev_monitor_new_from_netlink(void *udev, const char *name) { (void)name; return udev; }
int udev_monitor_filter_add_match_subsystem_devtype(void *monitor, const char *subsystem, const char *type) {
  (void)monitor; (void)subsystem; (void)type;
  return 0;
}
int udev_monitor_enable_receiving(void *monitor) { (void)monitor; return 0; }
void *udev_monitor_unref(void *monitor) { (void)monitor; return NULL; }

int udev_monitor_get_fd(void *monitor) {
  (void)monitor;
  char path[512];
  snprintf(path, sizeof path, "%s/usb", getenv("TEST_PCSCD_DIR"));
  if (usb < 0) usb = REAL(open)(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  return usb;
}

void *udev_monitor_receive_device(void *monitor) {
  (void)monitor;
  char line[32] = {0};
  for (size_t length = 0; length < sizeof line - 1 && read(usb, &line[length], 1) == 1; length++) {
    if (line[length] == '\n') break;
  }
  struct device *device = calloc(1, sizeof *device);
  if (sscanf(line, "%7s %7s", device->action, device->port) != 2) {
    free(device);
    return NULL;
  }
  snprintf(device->product, sizeof device->product, "%04x", atoi(device->port) & 0xffff);
  snprintf(device->node, sizeof device->node, "/dev/bus/usb/001/%s", device->port);
  return device;
}

/* An interface's parent is its device; one structure does for both, so that only the child is freed. */
void *udev_device_get_parent_with_subsystem_devtype(void *device, const char *subsystem, const char *type) {
  (void)subsystem; (void)type;
  return device;
}
const char *udev_device_get_action(struct device *device) { return device->action; }
const char *udev_device_get_devnode(struct device *device) { return device->node; }
const char *udev_device_get_sysname(struct device *device) { return device->port; }
const char *udev_device_get_sysattr_value(struct device *device, const char *name) {
  if (strcmp(name, "idVendor") == 0) return "f00d";
  if (strcmp(name, "idProduct") == 0) return device->product;
  if (strcmp(name, "bInterfaceNumber") == 0) return "00";
  return NULL;
}
void *udev_device_unref(struct device *device) {
  free(device);
  return NULL;
}
