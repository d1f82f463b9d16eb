/* What the keys of a reader need of the reader: its card. */
struct keypad_card {
  unsigned port;
  unsigned long lun;
  long (*presence)(unsigned long lun);
  /* `responseLength`: room in, length out. */
  long (*transmit)(unsigned long lun, unsigned char *command, unsigned long length, unsigned char *response, unsigned long *responseLength);
};

long keypad_control(const struct keypad_card *card, unsigned long code, const unsigned char *in, unsigned long length,
                    unsigned char *out, unsigned long room, unsigned long *returned);
