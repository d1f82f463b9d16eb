#include "card.h"
#include <string.h>
#include <winscard.h>

static const unsigned char select_signing[] = {0x00, 0xa4, 0x04, 0x00, 0x10, 0xe8, 0x28, 0xbd, 0x08, 0x0f, 0xa0, 0x00, 0x00, 0x03, 0x91, 0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00};
static const unsigned char select_authentication[] = {0x00, 0xa4, 0x04, 0x00, 0x10, 0xe8, 0x28, 0xbd, 0x08, 0x0f, 0xa0, 0x00, 0x00, 0x03, 0x91, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00};
static const unsigned char empty_verify[] = {0x00, 0x20, 0x00, 0x88};

static SCARDCONTEXT context;
static SCARDHANDLE card;
static int connected;

/* The connection stays: with none left PC/SC takes the power, and with it the login, from a card. */
static int connect_to(const char *reader) {
  DWORD protocol;
  if (connected) return 1;
  if (SCardEstablishContext(SCARD_SCOPE_USER, NULL, NULL, &context) != SCARD_S_SUCCESS) return 0;
  connected = SCardConnect(context, reader, SCARD_SHARE_SHARED, SCARD_PROTOCOL_T0 | SCARD_PROTOCOL_T1, &card, &protocol) == SCARD_S_SUCCESS;
  if (!connected) SCardReleaseContext(context);
  return connected;
}

/* SW1 SW2 of the answer, or 0. */
static unsigned transmit(const char *reader, const unsigned char *command, unsigned long length) {
  unsigned char answer[258];
  DWORD size = sizeof answer;
  SCARD_IO_REQUEST protocol = {SCARD_PROTOCOL_T1, sizeof protocol};
  if (!connect_to(reader)) return 0;
  LONG status = SCardTransmit(card, &protocol, command, length, NULL, answer, &size);
  if (status != SCARD_S_SUCCESS || size < 2) {
    SCardDisconnect(card, SCARD_LEAVE_CARD);
    SCardReleaseContext(context);
    connected = 0;
    return 0;
  }
  return (unsigned)answer[size - 2] << 8 | answer[size - 1];
}

enum card_verdict card_verify(const char *reader, const unsigned char *pin, unsigned long length) {
  unsigned char command[5 + 16] = {0x00, 0x20, 0x00, 0x88, (unsigned char)length};
  if (length > 16) return CARD_REFUSED;
  memcpy(command + 5, pin, length);
  if (transmit(reader, select_signing, sizeof select_signing) != 0x9000) return CARD_GONE;
  unsigned status = transmit(reader, command, 5 + length);
  if (status == 0x9000) return CARD_ACCEPTED;
  if (status == 0x6983) return CARD_BLOCKED;
  return status == 0 ? CARD_GONE : CARD_REFUSED;
}

int card_is_verified(const char *reader) { return transmit(reader, empty_verify, sizeof empty_verify) == 0x9000; }

void card_logout(const char *reader) { transmit(reader, select_authentication, sizeof select_authentication); }
