/* Where the mailbox of somebody who may log in is. */
#ifndef BUZON_AUTH_PLACE_H
#define BUZON_AUTH_PLACE_H

#include "auth/entry.h"
#include "auth/username.h"
#include "lib/delivery/mailbox.h"

/*
 * place_find - where the entry says by userdb_mail, else the mailbox that mail for the user is delivered into;
 * to whom no mail is delivered here: what the entry says, completed by auth_mailbox_uid, _gid, _home and
 * _location
 *
 *  entry    may be NULL: no database has one
 *  place_r  texts are the arena's
 *  err      UNAVAILABLE: a table cannot answer, or what is configured makes no sense
 */
enum map_result place_find(const struct config *config, struct mailbox_finder *finder,
                           const struct username_variables *variables,
                           const struct passwd_entry *entry, struct arena *arena,
                           struct mailbox_place *place_r, struct error *err) MUST_CHECK;

#endif
