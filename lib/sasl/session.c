/* A session's beginning: hand-over, ticket, identity. */
#include "lib/base/base.h"

#include "lib/sasl/session.h"

#include "lib/base/file.h"
#include "lib/service/service.h"

static bool redeem(struct session *session, struct arena *arena, struct error *err)
{
    struct connection *auth = service_connect("auth", err);
    bool redeemed;

    if (auth == NULL)
        return false;
    redeemed = auth_redeem(auth, session->handover.ticket, session->handover.protocol, arena,
                           &session->account, err);
    connection_free(&auth);
    if (redeemed && !session->account.ok) {
        error_set(err, ERROR_PERMANENT, "auth refuses the ticket: %s", session->account.reason);
        return false;
    }
    return redeemed;
}

bool session_take(struct connection *login, struct arena *arena, struct session *session_r,
                  struct error *err)
{
    const struct mailbox_place *place = &session_r->account.place;

    *session_r = (struct session){.handover = {.client = -1}};
    if (session_handover_receive(login, arena, &session_r->handover, err) &&
        redeem(session_r, arena, err) &&
        service_become_forever(place->user, place->uid, place->gid, err) &&
        session_handover_accept(login, err))
        return true;
    fd_close(&session_r->handover.client);
    return false;
}
