/*
 * Passes: what lets a parked session go on without its password. login keeps one beside each session
 * that imapd has given back to it, and an imapd that takes the session again shows it here. It
 * names the account and the session, is authenticated with a key that only auth can read, and is good
 * for as long as a session may be silent: login can use the passes that it was given, but make
 * none. The key is a file, because passes must outlive this process (a reload, an upgrade).
 */
#ifndef BUZON_AUTH_PASS_H
#define BUZON_AUTH_PASS_H

#include "lib/sasl/auth_client.h"
#include "lib/service/service.h"

struct pass_office;

/* pass_office_open - read the key, or make it when there is none that only we can have written */
struct pass_office *pass_office_open(const struct service_instance *instance,
                                     struct error *err) MUST_CHECK;

/* pass_issue - for an account that was redeemed just now; the arena's */
struct span pass_issue(const struct pass_office *office, const struct ticket_redemption *redemption,
                       const struct auth_account_wire *account, struct arena *arena);

/* pass_accept - true: the account is the one of the pass; texts are the arena's */
bool pass_accept(const struct pass_office *office, const struct ticket_redemption *redemption,
                 struct arena *arena, struct auth_account_wire *account_r) MUST_CHECK;

#endif
