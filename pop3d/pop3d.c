/*
 * pop3d: a POP3 session. login hands over the client; we redeem the ticket, become the user for good and
 * serve his maildrop, and further ones of the same user id, one after another.
 */
#include "lib/base/base.h"

#include "pop3d/session.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/sasl/session.h"
#include "lib/service/service.h"
#include "lib/service/standalone.h"

static void serve_client(struct pop3_session *session, const struct mailbox_place *place)
{
    struct error err = {0};
    bool in_use;

    stream_timeout(session->client, clock_ms(session->config->pop3_idle_timeout));
    if (session_open(session, place, &in_use, &err)) {
        stream_write_text(session->client, "+OK Logged in.\r\n");
        session_run(session);
    } else {
        if (!in_use)
            log_warning("pop3(%s)<%s>: %s", session->user, session->session, err.text);
        stream_write_text(session->client,
                          in_use ? "-ERR [IN-USE] Mailbox is locked by another POP3 session.\r\n"
                                 : "-ERR [SYS/TEMP] Mailbox is not available now.\r\n");
        if (stream_flush(session->client) != STREAM_OK)
            log_debug("pop3: the client is gone");
    }
    session_close(session);
}

static enum session_end serve_session(struct session *taken, struct connection *login UNUSED,
                                      const void *config)
{
    struct pop3_session session = {
        .config = config,
        .client = stream_create(taken->handover.client),
        .user = taken->account.user,
        .session = taken->handover.session,
        .utf8 = taken->handover.utf8,
    };

    stream_unread(session.client, taken->handover.input);
    serve_client(&session, &taken->account.place);
    return SESSION_ENDED;
}

static bool serve(struct connection *login, const struct service_instance *instance,
                  struct error *err)
{
    const struct session_work work = {
        .idle_s = instance->config->imap_pool_idle,
        .max_use = instance->config->max_use,
        .run = serve_session,
        .context = instance->config,
    };

    return session_serve(login, &work, err);
}

/* Without login: the caller's own maildrop, with his own rights (lib/service/standalone.h). */
static int run_standalone(int argc, char *argv[])
{
    struct standalone standalone;
    struct pop3_session session = {.session = ""};

    standalone_begin(&standalone, "pop3d", argc, argv);
    session.config = standalone.config;
    session.user = standalone.user;
    session.client = stream_create(standalone.client);
    serve_client(&session, &standalone.place);
    standalone_end(&standalone);
    return 0;
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "pop3d",
        .user = SERVICE_USER_ROOT,
        .sandbox = SANDBOX_NO_EXEC,
        .mailbox_side = true,
        .serve = serve,
    };

    if (standalone_is_wanted(argc, argv))
        return run_standalone(argc, argv);
    return service_main(&service, argc, argv);
}
