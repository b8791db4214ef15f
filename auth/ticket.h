/*
 * One-time tickets: what login gets for a right password and imapd or pop3d redeems for the account.
 * 256 random bits, void after a minute, after one use, and when the connection ends on which login got
 * it.
 */
#ifndef BUZON_AUTH_TICKET_H
#define BUZON_AUTH_TICKET_H

#include "auth/passdb.h"
#include "lib/sasl/auth_client.h"

struct ticket_office;

struct ticket_office *ticket_office_create(void) __attribute__((returns_nonnull));

/* ticket_describe - the account as it goes over the socket; texts are the arena's */
void ticket_describe(struct arena *arena, const struct check_result *account,
                     struct auth_account_wire *wire_r);

/* ticket_issue - for an account that passed; `holder` is the connection's identity. The text is
 * borrowed until the ticket is void. */
const char *ticket_issue(struct ticket_office *office, const void *holder, const char *protocol,
                         const struct check_result *account);

/* ticket_redeem - true once, with texts in the arena */
bool ticket_redeem(struct ticket_office *office, const char *ticket, const char *protocol,
                   struct arena *arena, struct auth_account_wire *account_r) MUST_CHECK;

/* ticket_void_all - the holder's connection ended */
void ticket_void_all(struct ticket_office *office, const void *holder);

#endif
