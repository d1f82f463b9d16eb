/*
 * Compiled by test/support/pcscd.ts: a reader driver (PC/SC IFD handler 3.0) that hands every call to
 * vpcd's own driver. vpcd keeps one state per slot number whatever the reader; so every reader has its own
 * copy of this library and of vpcd's, and one slot. WITH_KEYPAD: one of them may have keys of its own (reader-keypad.c).
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef WITH_KEYPAD
#include "reader-keypad.h"
#endif

typedef unsigned long DWORD;
typedef unsigned char UCHAR;
typedef struct { DWORD Protocol, Length; } SCARD_IO_HEADER;

#define TAG_IFD_SLOTS_NUMBER 0x0FAE
#define IFD_SUCCESS 0

static unsigned port;

static void *vpcd(const char *name) {
  static void *driver;
  char path[512];
  snprintf(path, sizeof path, "%s/vpcd-%u.so", getenv("TEST_PCSCD_DIR"), port);
  if (driver == NULL) driver = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  void *function = driver == NULL ? NULL : dlsym(driver, name);
  if (function == NULL) {
    fprintf(stderr, "vpcd-reader: %s\n", dlerror());
    abort();
  }
  return function;
}
#define VPCD(name) ((__typeof__(&name))vpcd(#name))

long IFDHCreateChannel(DWORD lun, DWORD channel) {
  port = channel;
  return VPCD(IFDHCreateChannel)(lun, channel);
}

/* "/dev/null:<port>" of reader.conf, or "usb:<vendor>/<product>:libudev:0:/dev/bus/usb/001/<port>". */
long IFDHCreateChannelByName(DWORD lun, char *name) {
  const char *end = name + strlen(name);
  while (end > name && end[-1] >= '0' && end[-1] <= '9') end--;
  return IFDHCreateChannel(lun, strtoul(end, NULL, 10));
}

long IFDHCloseChannel(DWORD lun) { return VPCD(IFDHCloseChannel)(lun); }

long IFDHGetCapabilities(DWORD lun, DWORD tag, DWORD *length, UCHAR *value) {
  if (tag == TAG_IFD_SLOTS_NUMBER && *length >= 1) {
    *length = 1;
    *value = 1;
    return IFD_SUCCESS;
  }
  return VPCD(IFDHGetCapabilities)(lun, tag, length, value);
}

long IFDHSetCapabilities(DWORD lun, DWORD tag, DWORD length, UCHAR *value) {
  return VPCD(IFDHSetCapabilities)(lun, tag, length, value);
}

long IFDHSetProtocolParameters(DWORD lun, DWORD protocol, UCHAR flags, UCHAR pts1, UCHAR pts2, UCHAR pts3) {
  return VPCD(IFDHSetProtocolParameters)(lun, protocol, flags, pts1, pts2, pts3);
}

long IFDHPowerICC(DWORD lun, DWORD action, UCHAR *atr, DWORD *length) {
  return VPCD(IFDHPowerICC)(lun, action, atr, length);
}

long IFDHTransmitToICC(DWORD lun, SCARD_IO_HEADER send, UCHAR *command, DWORD commandLength,
                       UCHAR *response, DWORD *responseLength, SCARD_IO_HEADER *receive) {
  return VPCD(IFDHTransmitToICC)(lun, send, command, commandLength, response, responseLength, receive);
}

#ifdef WITH_KEYPAD
static long to_card(DWORD lun, UCHAR *command, DWORD length, UCHAR *response, DWORD *responseLength) {
  SCARD_IO_HEADER header = {1, sizeof header}, received;
  return VPCD(IFDHTransmitToICC)(lun, header, command, length, response, responseLength, &received);
}

long IFDHICCPresence(DWORD lun);
#endif

long IFDHControl(DWORD lun, DWORD code, UCHAR *in, DWORD inLength, UCHAR *out, DWORD outLength, DWORD *returned) {
#ifdef WITH_KEYPAD
  const struct keypad_card card = {port, lun, IFDHICCPresence, to_card};
  return keypad_control(&card, code, in, inLength, out, outLength, returned);
#endif
  return VPCD(IFDHControl)(lun, code, in, inLength, out, outLength, returned);
}

long IFDHICCPresence(DWORD lun) {
  return VPCD(IFDHICCPresence)(lun);
}
