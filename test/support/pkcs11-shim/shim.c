/*
 * A PKCS#11 module as bad as a vendor's may be, over SoftHSM2. It offers the 21 functions that an HPKI module promises;
 * each of the others is logged as a violation. Tests steer it by the file $PKCS11_SHIM_DIR/control (lines of
 * key=value, read at each call) and read what happened from $PKCS11_SHIM_DIR/calls (one line per event).
 *
 * control:
 *   drop_login=1        after each C_Sign the login is gone (the PIN is wanted before each signature)
 *   crash=C_Sign        abort() in that function
 *   hang=C_Sign         never return from that function
 *   answer=C_Sign       that function answers the value of answer_value
 *   answer_value=50     decimal CKR_ number
 *   removed=1           no token in any slot; calls on it answer CKR_DEVICE_REMOVED
 *   max_tries=3         a real PIN counter in $PKCS11_SHIM_DIR/failures; a right PIN resets it
 *   lie_final_try=1     C_GetTokenInfo says that the last try stands next
 *   logged_in=1234      C_OpenSession logs in with that PIN, as another part of the process might have done
 *   lie_session=1       C_GetSessionInfo says that nobody is logged in
 *   no_logout=1         C_Logout says CKR_OK and does nothing
 *   card_reader=Name    (compiled with WITH_CARD) the slot is this PC/SC reader, and the card in it judges the PIN
 *   keypad=4711         the token takes the PIN on its reader's own keys (CKF_PROTECTED_AUTHENTICATION_PATH), and this is
 *                       entered there; `cancel` is the reader's Cancel key
 *   keypad_waits=1      nothing is entered there until this line is gone
 *   noisy=1             prints everything, the PIN too, to stdout and stderr
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <pkcs11.h>
#include "card.h"

#ifndef WITH_CARD
enum card_verdict card_verify(const char *reader, const unsigned char *pin, unsigned long length) { (void)reader, (void)pin, (void)length; return CARD_GONE; }
int card_is_verified(const char *reader) { (void)reader; return 0; }
void card_logout(const char *reader) { (void)reader; }
#endif

static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST offered;

static void path_of(char *out, size_t size, const char *name) {
  const char *dir = getenv("PKCS11_SHIM_DIR");
  snprintf(out, size, "%s/%s", dir ? dir : ".", name);
}

static void record(const char *event) {
  char path[1024];
  path_of(path, sizeof path, "calls");
  FILE *file = fopen(path, "a");
  if (!file) return;
  fprintf(file, "%s\n", event);
  fclose(file);
}

/* The value of a key in the control file, or NULL. The answer lives until the next call. */
static const char *control(const char *key) {
  static char line[256];
  char path[1024];
  path_of(path, sizeof path, "control");
  FILE *file = fopen(path, "r");
  if (!file) return NULL;
  const char *found = NULL;
  size_t length = strlen(key);
  while (fgets(line, sizeof line, file)) {
    line[strcspn(line, "\r\n")] = 0;
    if (strncmp(line, key, length) == 0 && line[length] == '=') {
      found = line + length + 1;
      break;
    }
  }
  fclose(file);
  return found;
}

static int says(const char *key, const char *value) {
  const char *found = control(key);
  return found && strcmp(found, value) == 0;
}

static int is_removed(void) { return says("removed", "1"); }

/* Faults that are common to all functions. Returns CKR_OK to go on. */
static CK_RV enter(const char *name) {
  char event[64];
  snprintf(event, sizeof event, "call %s", name);
  record(event);
  if (says("noisy", "1")) {
    for (int i = 0; i < 200; i++) {
      printf("%s: this module talks and talks about what it does\n", name);
      fprintf(stderr, "%s: and complains\n", name);
    }
    fflush(stdout);
  }
  if (says("crash", name)) abort();
  if (says("hang", name)) for (;;) pause();
  if (says("answer", name)) {
    const char *value = control("answer_value");
    return value ? strtoul(value, NULL, 10) : CKR_GENERAL_ERROR;
  }
  return CKR_OK;
}

#define ENTER(name) do { CK_RV fault = enter(name); if (fault != CKR_OK) return fault; } while (0)
#define ENTER_CARD(name) do { ENTER(name); if (is_removed()) return CKR_DEVICE_REMOVED; } while (0)

static unsigned long failures(void) {
  char path[1024];
  unsigned long count = 0;
  path_of(path, sizeof path, "failures");
  FILE *file = fopen(path, "r");
  if (!file) return 0;
  if (fscanf(file, "%lu", &count) != 1) count = 0;
  fclose(file);
  return count;
}

static void set_failures(unsigned long count) {
  char path[1024];
  path_of(path, sizeof path, "failures");
  FILE *file = fopen(path, "w");
  if (!file) return;
  fprintf(file, "%lu", count);
  fclose(file);
}

static CK_RV s_Initialize(CK_VOID_PTR args) {
  static const CK_C_INITIALIZE_ARGS zero;
  if (args == NULL) record("initialize null");
  else record(memcmp(args, &zero, sizeof zero) == 0 ? "initialize zero" : "violation C_Initialize with arguments");
  ENTER("C_Initialize");
  return real->C_Initialize(args);
}
static CK_RV s_Finalize(CK_VOID_PTR p) { ENTER("C_Finalize"); return real->C_Finalize(p); }
static CK_RV s_GetInfo(CK_INFO_PTR p) { ENTER("C_GetInfo"); return real->C_GetInfo(p); }

/* SoftHSM always offers one more, uninitialized slot; a vendor's module does not. */
static CK_RV s_GetSlotList(CK_BBOOL present, CK_SLOT_ID_PTR slots, CK_ULONG_PTR count) {
  CK_SLOT_ID all[64];
  CK_ULONG total = 64, used = 0;
  ENTER("C_GetSlotList");
  CK_RV rv = real->C_GetSlotList(CK_TRUE, all, &total);
  if (rv != CKR_OK) return rv;
  for (CK_ULONG i = 0; i < total; i++) {
    CK_TOKEN_INFO info;
    if (real->C_GetTokenInfo(all[i], &info) != CKR_OK || !(info.flags & CKF_TOKEN_INITIALIZED)) continue;
    if (present && is_removed()) continue;
    all[used++] = all[i];
  }
  if (slots) {
    if (*count < used) return CKR_BUFFER_TOO_SMALL;
    memcpy(slots, all, used * sizeof *all);
  }
  *count = used;
  return CKR_OK;
}
static CK_RV s_GetSlotInfo(CK_SLOT_ID s, CK_SLOT_INFO_PTR p) {
  ENTER("C_GetSlotInfo");
  CK_RV rv = real->C_GetSlotInfo(s, p);
  const char *reader = control("card_reader");
  if (rv == CKR_OK && reader) {
    memset(p->slotDescription, ' ', sizeof p->slotDescription);
    memcpy(p->slotDescription, reader, strnlen(reader, sizeof p->slotDescription));
  }
  return rv;
}
static CK_RV s_GetTokenInfo(CK_SLOT_ID s, CK_TOKEN_INFO_PTR p) {
  ENTER_CARD("C_GetTokenInfo");
  CK_RV rv = real->C_GetTokenInfo(s, p);
  if (rv == CKR_OK && says("lie_final_try", "1")) p->flags |= CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_COUNT_LOW;
  if (rv == CKR_OK && control("keypad")) p->flags |= CKF_PROTECTED_AUTHENTICATION_PATH;
  return rv;
}
static CK_RV s_GetMechanismList(CK_SLOT_ID s, CK_MECHANISM_TYPE_PTR list, CK_ULONG_PTR count) {
  (void)s;
  ENTER_CARD("C_GetMechanismList");
  if (list) {
    if (*count < 1) return CKR_BUFFER_TOO_SMALL;
    list[0] = CKM_RSA_PKCS;
  }
  *count = 1;
  return CKR_OK;
}
static CK_RV s_GetMechanismInfo(CK_SLOT_ID s, CK_MECHANISM_TYPE t, CK_MECHANISM_INFO_PTR p) {
  ENTER_CARD("C_GetMechanismInfo");
  return t == CKM_RSA_PKCS ? real->C_GetMechanismInfo(s, t, p) : CKR_MECHANISM_INVALID;
}
static CK_RV s_OpenSession(CK_SLOT_ID s, CK_FLAGS f, CK_VOID_PTR a, CK_NOTIFY n, CK_SESSION_HANDLE_PTR h) {
  ENTER_CARD("C_OpenSession");
  if (f != CKF_SERIAL_SESSION || a || n) {
    record("violation C_OpenSession");
    return CKR_SESSION_READ_WRITE_SO_EXISTS;
  }
  CK_RV rv = real->C_OpenSession(s, f, a, n, h);
  const char *pin = control("logged_in");
  if (rv == CKR_OK && pin) real->C_Login(*h, CKU_USER, (CK_UTF8CHAR_PTR)pin, strlen(pin));
  return rv;
}
static CK_RV s_CloseSession(CK_SESSION_HANDLE h) { ENTER("C_CloseSession"); return real->C_CloseSession(h); }
static CK_RV s_CloseAllSessions(CK_SLOT_ID s) { ENTER("C_CloseAllSessions"); return real->C_CloseAllSessions(s); }
static CK_RV s_GetSessionInfo(CK_SESSION_HANDLE h, CK_SESSION_INFO_PTR p) {
  ENTER_CARD("C_GetSessionInfo");
  CK_RV rv = real->C_GetSessionInfo(h, p);
  if (rv == CKR_OK && says("lie_session", "1")) p->state = CKS_RO_PUBLIC_SESSION;
  return rv;
}

static CK_RV s_Login(CK_SESSION_HANDLE h, CK_USER_TYPE user, CK_UTF8CHAR_PTR pin, CK_ULONG length) {
  if (says("noisy", "1")) {
    printf("login with %.*s\n", (int)length, pin);
    fprintf(stderr, "login with %.*s\n", (int)length, pin);
    fflush(stdout);
  }
  ENTER_CARD("C_Login");
  char entered[32] = "";
  if (pin == NULL) {
    if (length != 0 || !control("keypad")) {
      record("violation C_Login without a PIN");
      return CKR_ARGUMENTS_BAD;
    }
    record("keypad waits");
    while (says("keypad_waits", "1")) usleep(10000);
    const char *pressed = control("keypad");
    if (!pressed || strcmp(pressed, "cancel") == 0) return CKR_FUNCTION_CANCELED;
    snprintf(entered, sizeof entered, "%s", pressed);
    pin = (CK_UTF8CHAR_PTR)entered;
    length = strlen(entered);
  }
  const char *max = control("max_tries");
  unsigned long limit = max ? strtoul(max, NULL, 10) : 0;
  if (limit && failures() >= limit) {
    record("login locked");
    return CKR_PIN_LOCKED;
  }
  CK_RV rv = CKR_OK;
  const char *reader = control("card_reader");
  if (reader && user == CKU_USER) {
    enum card_verdict verdict = card_verify(reader, pin, length);
    if (verdict == CARD_GONE) return CKR_DEVICE_REMOVED;
    if (verdict != CARD_ACCEPTED) rv = verdict == CARD_BLOCKED ? CKR_PIN_LOCKED : CKR_PIN_INCORRECT;
  }
  if (rv == CKR_OK) rv = real->C_Login(h, user, pin, length);
  const char *whose = user == CKU_CONTEXT_SPECIFIC ? "context" : "user";
  char event[64];
  /* Only an answer about the PIN is a presentation: CKR_USER_ALREADY_LOGGED_IN looks at no PIN. */
  snprintf(event, sizeof event, "login %s %s", whose,
           rv == CKR_OK ? "accepted" : rv == CKR_USER_ALREADY_LOGGED_IN ? "already" : rv == CKR_PIN_INCORRECT ? "refused" : "failed");
  record(event);
  if (rv == CKR_OK) set_failures(0);
  if (rv == CKR_PIN_INCORRECT) set_failures(failures() + 1);
  return rv;
}
static CK_RV s_Logout(CK_SESSION_HANDLE h) {
  ENTER_CARD("C_Logout");
  if (says("no_logout", "1")) return CKR_OK;
  const char *reader = control("card_reader");
  if (reader) card_logout(reader);
  return real->C_Logout(h);
}
static CK_RV s_GetAttributeValue(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE o, CK_ATTRIBUTE_PTR t, CK_ULONG n) {
  ENTER_CARD("C_GetAttributeValue");
  return real->C_GetAttributeValue(h, o, t, n);
}
static CK_RV s_FindObjectsInit(CK_SESSION_HANDLE h, CK_ATTRIBUTE_PTR t, CK_ULONG n) {
  ENTER_CARD("C_FindObjectsInit");
  return real->C_FindObjectsInit(h, t, n);
}
static CK_RV s_FindObjects(CK_SESSION_HANDLE h, CK_OBJECT_HANDLE_PTR o, CK_ULONG max, CK_ULONG_PTR count) {
  ENTER_CARD("C_FindObjects");
  return real->C_FindObjects(h, o, max, count);
}
static CK_RV s_FindObjectsFinal(CK_SESSION_HANDLE h) { ENTER("C_FindObjectsFinal"); return real->C_FindObjectsFinal(h); }
static CK_RV s_SignInit(CK_SESSION_HANDLE h, CK_MECHANISM_PTR m, CK_OBJECT_HANDLE k) {
  ENTER_CARD("C_SignInit");
  if (m->mechanism != CKM_RSA_PKCS || m->pParameter || m->ulParameterLen) {
    record("violation C_SignInit");
    return CKR_MECHANISM_INVALID;
  }
  return real->C_SignInit(h, m, k);
}
static CK_RV s_Sign(CK_SESSION_HANDLE h, CK_BYTE_PTR d, CK_ULONG n, CK_BYTE_PTR s, CK_ULONG_PTR l) {
  ENTER_CARD("C_Sign");
  const char *reader = control("card_reader");
  if (reader && !card_is_verified(reader)) {
    record("login lost");
    return CKR_USER_NOT_LOGGED_IN;
  }
  CK_RV rv = real->C_Sign(h, d, n, s, l);
  if (rv == CKR_OK) record("signed");
  if (rv == CKR_OK && says("drop_login", "1")) real->C_Logout(h);
  return rv;
}

#define CK_PKCS11_FUNCTION_INFO(name) static CK_RV not_##name(void) { record("violation " #name); return CKR_FUNCTION_NOT_SUPPORTED; }
#include <pkcs11f.h>
#undef CK_PKCS11_FUNCTION_INFO

CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  if (!real) {
    const char *path = getenv("PKCS11_SHIM_REAL");
    void *library = dlopen(path ? path : "/usr/lib/softhsm/libsofthsm2.so", RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get = library ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
    if (!get || get(&real) != CKR_OK) return CKR_GENERAL_ERROR;
    offered.version = real->version;
#define CK_PKCS11_FUNCTION_INFO(name) offered.name = (void *)not_##name;
#include <pkcs11f.h>
#undef CK_PKCS11_FUNCTION_INFO
    offered.C_GetFunctionList = C_GetFunctionList;
    offered.C_Initialize = s_Initialize;
    offered.C_Finalize = s_Finalize;
    offered.C_GetInfo = s_GetInfo;
    offered.C_GetSlotList = s_GetSlotList;
    offered.C_GetSlotInfo = s_GetSlotInfo;
    offered.C_GetTokenInfo = s_GetTokenInfo;
    offered.C_GetMechanismList = s_GetMechanismList;
    offered.C_GetMechanismInfo = s_GetMechanismInfo;
    offered.C_OpenSession = s_OpenSession;
    offered.C_CloseSession = s_CloseSession;
    offered.C_CloseAllSessions = s_CloseAllSessions;
    offered.C_GetSessionInfo = s_GetSessionInfo;
    offered.C_Login = s_Login;
    offered.C_Logout = s_Logout;
    offered.C_GetAttributeValue = s_GetAttributeValue;
    offered.C_FindObjectsInit = s_FindObjectsInit;
    offered.C_FindObjects = s_FindObjects;
    offered.C_FindObjectsFinal = s_FindObjectsFinal;
    offered.C_SignInit = s_SignInit;
    offered.C_Sign = s_Sign;
  }
  *list = &offered;
  return CKR_OK;
}
