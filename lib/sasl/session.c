/* A session's beginning: hand-over, ticket or pass, identity. */
#include "lib/base/base.h"

#include "lib/sasl/session.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/service.h"

#include <malloc.h>
#include <stdlib.h>

#define LOGIN_MS  30000  /* for an answer of login, which waits for nobody */
#define REST_MS   1000   /* without a session, until memory goes back to the system */
#define OWN_PAGES 131072 /* octets from which a block has pages of its own */

/* What the process keeps between sessions. */
struct session_host {
    struct connection *auth; /* which gives it accounts with its own ids only */
    bool has_ids;
    uid_t uid;
    gid_t gid;
};

/* --- what login sends -------------------------------------------------------------------------- */

static bool receive_resume(struct connection *login, struct arena *arena, struct session *session,
                           struct error *err)
{
    struct parking_resume *resume = &session->resume;

    *resume = (struct parking_resume){.client = -1};
    if (!ipc_receive(login, &parking_resume_message, arena, resume, err))
        return false;
    session->is_resumed = true;
    session->handover = (struct session_handover){
        .client = resume->client,
        .ticket = "",
        .pass = resume->pass,
        .protocol = "imap",
        .tag = "",
        .session = resume->session,
        .remote_address = resume->remote_address,
        .local_address = resume->local_address,
        .secured = resume->secured,
        .input = resume->input,
    };
    if (resume->client != -1)
        return true;
    error_set(err, ERROR_MALFORMED, "a parked session without a client");
    return false;
}

static bool receive_any(struct connection *login, struct arena *arena, struct session *session,
                        struct error *err)
{
    struct span name;

    if (!ipc_next(login, &name, err))
        return false;
    return span_equal_text(name, parking_resume_message.name)
               ? receive_resume(login, arena, session, err)
               : session_handover_receive(login, arena, &session->handover, err);
}

/* --- the account ------------------------------------------------------------------------------- */

static bool redeem(struct session_host *host, bool wants_pass, struct session *session,
                   struct arena *arena, struct error *err)
{
    const struct ticket_redemption redemption = {
        .ticket = session->handover.ticket,
        .pass = session->handover.pass,
        .protocol = session->handover.protocol,
        .session = session->handover.session,
        .wants_pass = wants_pass,
    };

    if (host->auth == NULL)
        host->auth = service_connect("auth", err);
    if (host->auth == NULL || !auth_redeem(host->auth, &redemption, arena, &session->account, err))
        return false;
    if (session->account.ok)
        return true;
    error_set(err, ERROR_PERMANENT, "auth refuses the %s: %s",
              session->is_resumed ? "pass" : "ticket", session->account.reason);
    return false;
}

static bool become(struct session_host *host, const struct mailbox_place *place, struct error *err)
{
    if (!host->has_ids) {
        if (!service_become_forever(place->user, place->uid, place->gid, err))
            return false;
        host->has_ids = true;
        host->uid = place->uid;
        host->gid = place->gid;
        return true;
    }
    if (host->uid == place->uid && host->gid == place->gid)
        return true;
    error_set(err, ERROR_PERMANENT, "a session of uid %lu for a process of uid %lu",
              (unsigned long)place->uid, (unsigned long)host->uid);
    return false;
}

/* --- all of it --------------------------------------------------------------------------------- */

static bool take(struct session_host *host, struct connection *login, bool may_park,
                 struct arena *arena, struct session *session_r, struct error *err)
{
    *session_r = (struct session){.handover = {.client = -1}};
    if (receive_any(login, arena, session_r, err) &&
        redeem(host, may_park, session_r, arena, err) &&
        become(host, &session_r->account.place, err) && session_handover_accept(login, err))
        return true;
    fd_close(&session_r->handover.client);
    return false;
}

/* False: login does not listen any more. After the last session our end says it, lest a new one is sent. */
static bool report(struct connection *login, enum session_end end, bool is_last)
{
    static const struct parking_ended ended = {0};
    struct error err = {0};

    switch (end) {
    case SESSION_ENDED:
        return !is_last && ipc_send(login, &parking_ended_message, &ended, &err);
    case SESSION_PARKED:
        return true;
    case SESSION_LOST_LOGIN:
        break;
    }
    return false;
}

static bool serve_next(struct session_host *host, struct connection *login,
                       const struct session_work *work, bool is_last, struct error *err)
{
    struct arena *arena = arena_create();
    struct session session;
    bool goes_on = take(host, login, work->may_park, arena, &session, err);

    if (goes_on)
        goes_on = report(login, work->run(&session, login, work->context), is_last);
    arena_free(&arena);
    return goes_on;
}

/*
 * The index's library takes megabytes, zeroed, for each session, and touches little of them: fresh pages of
 * the system's need no clearing. malloc would keep what it got once, and clear it for every session.
 */
static void keep_large_blocks_apart(void)
{
    (void)mallopt(M_MMAP_THRESHOLD, OWN_PAGES);
}

/* While one session follows another, memory is worth more here than with the system. */
static bool await_next(struct connection *login, int idle_s)
{
    const int idle_ms = clock_ms(idle_s), rest_ms = idle_ms < REST_MS ? idle_ms : REST_MS;

    if (ipc_has_input(login) || service_await(connection_fd(login), rest_ms))
        return true;
    (void)malloc_trim(0);
    return service_await(connection_fd(login), idle_ms - rest_ms);
}

bool session_serve(struct connection *login, const struct session_work *work, struct error *err)
{
    struct session_host host = {.auth = NULL};
    int served = 0;

    keep_large_blocks_apart();
    connection_timeout(login, LOGIN_MS);
    while (serve_next(&host, login, work, served + 1 == work->max_use, err) &&
           ++served != work->max_use && await_next(login, work->idle_s))
        ;
    if (!host.has_ids) {
        connection_free(&host.auth);
        return err->kind == ERROR_NONE;
    }
    if (err->kind != ERROR_NONE && err->number != ECONNRESET && err->number != EPIPE)
        log_warning("%s", err->text);
    exit(0); /* there is no way back from a user */
}
