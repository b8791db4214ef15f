/* The connection to auth, which all clients of the process share: messages, and whose exchange a reply is of. */
#ifndef BUZON_LOGIN_AUTH_LINK_H
#define BUZON_LOGIN_AUTH_LINK_H

#include "login/client.h"

struct auth_link *auth_link_create(struct login *login) __attribute__((returns_nonnull));
/* auth_link_leave - this auth ends, as we do: whoever logs in from here on asks its successor */
void auth_link_leave(struct auth_link *link);

/* auth_link_enter - the client begins an exchange: client->exchange is its id from here on; auth_link_forget - it
 * is over, and 0 again */
void auth_link_enter(struct client *client);
void auth_link_forget(struct client *client);

/* auth_link_start - connects where there is no connection, and sends; auth_link_send - where there is one. False:
 * nobody is asked, and the log says why. */
bool auth_link_start(struct auth_link *link, const struct sasl_start *start) MUST_CHECK;
bool auth_link_send(struct auth_link *link, const struct ipc_message *message,
                    const void *object) MUST_CHECK;

/* auth_link_end_session, auth_link_note_session - tell auth of sessions that came of its tickets */
void auth_link_end_session(struct login *login, uint64_t id);
void auth_link_note_session(struct login *login, uint64_t id, const char *user, const char *remote);

#endif
