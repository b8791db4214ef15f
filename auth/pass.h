/*
 * Passes: what lets a parked session go on without its password. login keeps one beside each session
 * that imapd has given back to it, and an imapd that takes the session again shows it here. It
 * names the account and the session, is authenticated with a key that only auth can read, and is good
 * for as long as a session may be silent: login can use the passes that it was given, but make
 * none. The key is a file, because passes must outlive this process (a reload, an upgrade).
 *
 * Such a pass also goes with each ticket: should another auth have taken over before it is redeemed, who
 * cannot know the ticket, the pass stands for it, for a minute.
 */
#ifndef BUZON_AUTH_PASS_H
#define BUZON_AUTH_PASS_H

#include "lib/sasl/auth_client.h"
#include "lib/service/service.h"

struct pass_office;

enum pass_kind { PASS_FOR_PARKED, PASS_FOR_TICKET };

/* pass_office_open - read the key, or make it when there is none that only we can have written */
struct pass_office *pass_office_open(const struct service_instance *instance,
                                     struct error *err) MUST_CHECK;

/* pass_office_derive - another key out of ours, as lasting, for what `purpose` says */
void pass_office_derive(const struct pass_office *office, const char *purpose,
                        unsigned char key_r[32]);

/* pass_issue - the arena's; empty: the account's texts are too long for one */
struct span pass_issue(const struct pass_office *office, enum pass_kind kind, const char *protocol,
                       const char *session, const struct auth_account_wire *account,
                       struct arena *arena);

/* pass_accept - true: the account is the one of the pass; texts are the arena's. A pass for a ticket is
 * none at the auth that issued it: there the ticket counts, once. */
bool pass_accept(const struct pass_office *office, enum pass_kind kind,
                 const struct ticket_redemption *redemption, struct arena *arena,
                 struct auth_account_wire *account_r) MUST_CHECK;

#endif
