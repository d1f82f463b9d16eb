/*
 * The keys of a reader, as its firmware has them: compiled into vpcd-reader.c by test/support/pcscd.ts where a test wants
 * a reader with a keypad. It declares FEATURE_VERIFY_PIN_DIRECT, reads PIN_VERIFY_STRUCTURE as pcsc-lite's own reader.h
 * has it, and puts the digits that the test "types" into the VERIFY. The test is at the other end of $TEST_KEYPAD
 * ("<port of the test>:<port of the reader>"): one line with the structure in hex comes when the reader waits for the
 * person, one line goes back: "enter 1234", "cancel", "timeout"
 * (as if the time were up), or nothing at all.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <reader.h>

#include "reader-keypad.h"

#define VERIFY_PIN_DIRECT SCARD_CTL_CODE(0x330006)
#define PIN_PROPERTIES SCARD_CTL_CODE(0x33000A)

enum { DONE = 0, COMMUNICATION_ERROR = 612, NOT_SUPPORTED = 614, PRESENT = 615 };

static long answer(unsigned status, unsigned char *out, unsigned long room, unsigned long *returned) {
  if (room < 2) return COMMUNICATION_ERROR;
  out[0] = status >> 8;
  out[1] = status & 0xff;
  *returned = 2;
  return DONE;
}

static int call_the_test(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(getenv("TEST_KEYPAD")))};
  inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  int person = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(person, (struct sockaddr *)&address, sizeof address) != 0) {
    close(person);
    return -1;
  }
  return person;
}

/* What is pressed; "" where time is up, NULL where the card has gone or the test has. */
static const char *wait_for_person(int person, unsigned seconds, const struct keypad_card *card) {
  static char line[64];
  size_t length = 0;
  time_t end = time(NULL) + seconds;
  for (;;) {
    struct pollfd poll_person = {.fd = person, .events = POLLIN};
    if (poll(&poll_person, 1, 10) > 0) {
      if (read(person, line + length, 1) != 1) return NULL;
      if (line[length] == '\n') {
        line[length] = 0;
        return line;
      }
      if (++length == sizeof line) return NULL;
    }
    if (card->presence(card->lun) != PRESENT) return NULL;
    if (time(NULL) >= end) return "";
  }
}

/* CLA INS P1 P2, Lc, and the PIN where the structure wants it (PC/SC part 10, CCID 1.1 §6.1.11). 0: cannot be done. */
static size_t build_verify(const PIN_VERIFY_STRUCTURE *order, const char *digits, unsigned char *command) {
  size_t entered = strlen(digits);
  unsigned block = order->bmPINBlockString & 0x0f;
  int counts_bytes = order->bmFormatString & 0x80, right = order->bmFormatString & 0x04, coding = order->bmFormatString & 0x03;
  size_t at = 5 + ((order->bmFormatString >> 3) & 0x0f);
  if (!counts_bytes || right || coding != 2) return 0;
  if ((order->bmPINBlockString >> 4) != 0 || order->bmPINLengthFormat != 0) return 0;
  if (block == 0) {
    /* Of any length: the reader writes Lc. */
    if (order->ulDataLength > 5 || at != 5) return 0;
    memcpy(command, order->abData, 4);
    command[4] = entered;
    memcpy(command + 5, digits, entered);
    return 5 + entered;
  }
  if (order->ulDataLength < 5 + block || entered > block) return 0;
  memcpy(command, order->abData, order->ulDataLength);
  memcpy(command + at, digits, entered);
  return order->ulDataLength;
}

static long verify(const unsigned char *in, unsigned long length, unsigned char *out, unsigned long room, unsigned long *returned,
                   const struct keypad_card *card) {
  const PIN_VERIFY_STRUCTURE *order = (const void *)in;
  const size_t head = offsetof(PIN_VERIFY_STRUCTURE, abData);
  if (length < head + 4 || order->ulDataLength != length - head) return answer(0x6b80, out, room, returned);
  if (!(order->bEntryValidationCondition & 0x02)) return answer(0x6b80, out, room, returned);

  int person = call_the_test();
  if (person < 0) return COMMUNICATION_ERROR;
  for (unsigned long i = 0; i < length; i++) dprintf(person, "%02x", in[i]);
  dprintf(person, "\n");
  const char *pressed = wait_for_person(person, order->bTimerOut, card);
  long result = COMMUNICATION_ERROR;
  if (pressed == NULL) result = COMMUNICATION_ERROR;
  else if (*pressed == 0 || strcmp(pressed, "timeout") == 0) result = answer(0x6400, out, room, returned);
  else if (strcmp(pressed, "cancel") == 0) result = answer(0x6401, out, room, returned);
  else if (strncmp(pressed, "enter ", 6) == 0) {
    const char *digits = pressed + 6;
    unsigned char command[64];
    size_t least = order->wPINMaxExtraDigit >> 8, most = order->wPINMaxExtraDigit & 0xff, entered = strlen(digits);
    size_t size = entered > 40 ? 0 : build_verify(order, digits, command);
    if (entered < least || entered > most) result = answer(0x6403, out, room, returned);
    else if (size == 0) result = answer(0x6b80, out, room, returned);
    else {
      *returned = room;
      result = card->transmit(card->lun, command, size, out, returned);
    }
    memset(command, 0, sizeof command);
  }
  close(person);
  return result;
}

long keypad_control(const struct keypad_card *card, unsigned long code, const unsigned char *in, unsigned long length,
                    unsigned char *out, unsigned long room, unsigned long *returned) {
  const char *wanted = getenv("TEST_KEYPAD");
  wanted = wanted == NULL ? NULL : strchr(wanted, ':');
  if (wanted == NULL || strtoul(wanted + 1, NULL, 10) != card->port) return NOT_SUPPORTED;
  if (code == CM_IOCTL_GET_FEATURE_REQUEST) {
    const uint32_t codes[2] = {htonl(PIN_PROPERTIES), htonl(VERIFY_PIN_DIRECT)};
    const PCSC_TLV_STRUCTURE features[2] = {{FEATURE_IFD_PIN_PROPERTIES, 4, codes[0]}, {FEATURE_VERIFY_PIN_DIRECT, 4, codes[1]}};
    if (room < sizeof features) return COMMUNICATION_ERROR;
    memcpy(out, features, sizeof features);
    *returned = sizeof features;
    return DONE;
  }
  return code == VERIFY_PIN_DIRECT ? verify(in, length, out, room, returned, card) : NOT_SUPPORTED;
}
