/*
 * The floor of a signature: the order of calls that HPKI modules prescribe, with nothing around it, and the disk.
 *
 *   raw-pkcs11 MODULE PIN FILE
 *
 * One command per line on standard input, one answer per line on standard output:
 *   sign COUNT   COUNT times C_OpenSession, certificates read, C_Login, key by its modulus, C_SignInit, C_Sign,
 *                C_Logout, C_CloseSession → nanoseconds of all, and the last signature in hex
 *   sync COUNT   COUNT times 2,048 bytes appended to FILE and fdatasync → nanoseconds of all
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pkcs11.h>

static CK_FUNCTION_LIST_PTR module;
static CK_SLOT_ID slot;
static char *pin;
static CK_BYTE modulus[512];
static CK_ULONG modulus_length;
static CK_BYTE signature[512];
static CK_ULONG signature_length;

/* DigestInfo of SHA-256 (RFC 8017 §9.2 note 1) and a hash of nothing in particular. */
static CK_BYTE digest_info[19 + 32] = {0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01,
                                       0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20};

static void check(CK_RV rv, const char *what) {
  if (rv == CKR_OK) return;
  fprintf(stderr, "%s: 0x%lx\n", what, rv);
  exit(1);
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static CK_ULONG find(CK_SESSION_HANDLE session, CK_ATTRIBUTE *template, CK_ULONG attributes, CK_OBJECT_HANDLE *found, CK_ULONG max) {
  CK_ULONG count = 0;
  check(module->C_FindObjectsInit(session, template, attributes), "C_FindObjectsInit");
  check(module->C_FindObjects(session, found, max, &count), "C_FindObjects");
  check(module->C_FindObjectsFinal(session), "C_FindObjectsFinal");
  return count;
}

static CK_ULONG read_certificates(CK_SESSION_HANDLE session) {
  CK_OBJECT_CLASS class = CKO_CERTIFICATE;
  CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}};
  CK_OBJECT_HANDLE found[32];
  CK_ULONG count = find(session, template, 1, found, 32);
  for (CK_ULONG i = 0; i < count; i++) {
    static CK_BYTE value[16384], label[256];
    CK_ATTRIBUTE read[] = {{CKA_VALUE, value, sizeof value}, {CKA_LABEL, label, sizeof label}};
    check(module->C_GetAttributeValue(session, found[i], read, 2), "C_GetAttributeValue");
  }
  return count;
}

static CK_OBJECT_HANDLE find_key(CK_SESSION_HANDLE session) {
  CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
  CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof class}, {CKA_MODULUS, modulus, modulus_length}};
  CK_OBJECT_HANDLE key;
  if (find(session, template, modulus_length ? 2 : 1, &key, 1) != 1) {
    fprintf(stderr, "no private key\n");
    exit(1);
  }
  return key;
}

static void sign_once(void) {
  CK_SESSION_HANDLE session;
  CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
  check(module->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session), "C_OpenSession");
  read_certificates(session);
  check(module->C_Login(session, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin)), "C_Login");
  CK_OBJECT_HANDLE key = find_key(session);
  if (!modulus_length) {
    CK_ATTRIBUTE read = {CKA_MODULUS, modulus, sizeof modulus};
    check(module->C_GetAttributeValue(session, key, &read, 1), "modulus");
    modulus_length = read.ulValueLen;
  }
  check(module->C_SignInit(session, &mechanism, key), "C_SignInit");
  signature_length = sizeof signature;
  check(module->C_Sign(session, digest_info, sizeof digest_info, signature, &signature_length), "C_Sign");
  check(module->C_Logout(session), "C_Logout");
  check(module->C_CloseSession(session), "C_CloseSession");
}

int main(int argc, char **argv) {
  if (argc != 4) return 64;
  void *library = dlopen(argv[1], RTLD_NOW);
  if (!library) {
    fprintf(stderr, "%s\n", dlerror());
    return 1;
  }
  pin = argv[2];
  CK_C_GetFunctionList get = (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList");
  check(get(&module), "C_GetFunctionList");
  check(module->C_Initialize(NULL), "C_Initialize");
  CK_SLOT_ID all[16];
  CK_ULONG slots = 16;
  check(module->C_GetSlotList(CK_TRUE, all, &slots), "C_GetSlotList");
  slot = all[0];
  int file = open(argv[3], O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (file < 0) {
    perror(argv[3]);
    return 1;
  }
  static char block[2048];
  memset(block, '.', sizeof block);
  sign_once();

  char command[8];
  int count;
  while (scanf("%7s %d", command, &count) == 2) {
    int signs = strcmp(command, "sign") == 0;
    long long from = now();
    for (int i = 0; i < count; i++) {
      if (signs) sign_once();
      else if (write(file, block, sizeof block) != sizeof block || fdatasync(file) != 0) {
        perror("disk");
        return 1;
      }
    }
    printf("%lld ", now() - from);
    for (CK_ULONG i = 0; signs && i < signature_length; i++) printf("%02x", signature[i]);
    printf("\n");
    fflush(stdout);
  }
  return 0;
}
