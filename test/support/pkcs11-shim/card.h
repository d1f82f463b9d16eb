/* The card under the test module: what a vendor's module says to it, over PC/SC and without one transaction. */
enum card_verdict { CARD_ACCEPTED, CARD_REFUSED, CARD_BLOCKED, CARD_GONE };

enum card_verdict card_verify(const char *reader, const unsigned char *pin, unsigned long length);
/* Whether the card still holds the login: an empty VERIFY that answers 9000. */
int card_is_verified(const char *reader);
/* SELECT of the other application, which ends the login. */
void card_logout(const char *reader);
