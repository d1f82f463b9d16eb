/*
 * Another application on the same card, for test/integration/pcsc.test.ts:
 *   other-pcsc-program <reader> exclusive|transaction
 * Prints "holding" when it has the card and lets go when its standard input ends: `transaction` resets the
 * card before it does.
 */
#include <stdio.h>
#include <string.h>
#include <winscard.h>

static int failed(const char *what, LONG status) {
  if (status == SCARD_S_SUCCESS) return 0;
  fprintf(stderr, "%s: %s\n", what, pcsc_stringify_error(status));
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 3) return 64;
  int exclusive = strcmp(argv[2], "exclusive") == 0;
  SCARDCONTEXT context;
  SCARDHANDLE card;
  DWORD protocol;
  if (failed("establish", SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &context))) return 1;
  if (failed("connect", SCardConnect(context, argv[1], exclusive ? SCARD_SHARE_EXCLUSIVE : SCARD_SHARE_SHARED,
                                     SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol))) return 1;
  if (!exclusive && failed("begin", SCardBeginTransaction(card))) return 1;
  printf("holding\n");
  fflush(stdout);
  while (getchar() != EOF) {}
  if (!exclusive) {
    if (failed("reset", SCardReconnect(card, SCARD_SHARE_SHARED, protocol, SCARD_RESET_CARD, &protocol))) return 1;
    if (failed("end", SCardEndTransaction(card, SCARD_LEAVE_CARD))) return 1;
  }
  failed("disconnect", SCardDisconnect(card, SCARD_LEAVE_CARD));
  failed("release", SCardReleaseContext(context));
  return 0;
}
