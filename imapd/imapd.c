/*
 * The IMAP server after login: one process a session, with the rights of its user alone. master starts
 * it; login hands it a client with a ticket, which it redeems at auth for the account. `imapd -s` is a
 * session of who calls it, without login.
 */
#include "lib/base/base.h"

#include "imapd/command.h"
#include "imapd/session.h"
#include "lib/base/log.h"
#include "lib/sasl/session.h"
#include "lib/service/service.h"
#include "lib/service/standalone.h"

#include <stdlib.h>

static bool open_store(struct imapd_session *session, const struct mailbox_place *place,
                       struct error *err)
{
    const struct store_settings settings = {
        .format = place->format,
        .path = place->path,
        .home = place->home,
        .hostname = session->config->myhostname,
        .quota = place->quota,
    };

    session->store = store_open(&settings, err);
    return session->store != NULL;
}

/* --- behind login ------------------------------------------------------------------------------ */

static void refuse(struct imapd_session *session, const char *tag, const struct error *err)
{
    log_error("imap(%s)<%s>: %s", session->user, session->id, err->text);
    stream_printf(session->client,
                  "%s NO [UNAVAILABLE] Internal error occurred. Refer to server log for more "
                  "information.\r\n* BYE Internal error occurred.\r\n",
                  tag);
    (void)!stream_flush(session->client);
    store_close(&session->store);
    stream_free(&session->client);
}

/* The process is the user's for good: it serves this one session. */
static void serve_client(struct imapd_session *session, const struct session *taken)
{
    struct error err = {0};
    char *capabilities;

    session->user = taken->account.user;
    stream_unread(session->client, taken->handover.input);
    if (!open_store(session, &taken->account.place, &err)) {
        refuse(session, taken->handover.tag, &err);
        return;
    }
    capabilities = imapd_capabilities(session->config);
    stream_printf(session->client, "%s OK [CAPABILITY %s] Logged in\r\n", taken->handover.tag,
                  capabilities);
    mem_free(capabilities);
    imapd_session_run(session);
}

static bool serve(struct connection *login, const struct service_instance *instance,
                  struct error *err)
{
    struct arena *arena = arena_create();
    struct imapd_session session = {.config = instance->config};
    struct session taken;

    if (session_take(login, arena, &taken, err)) {
        session.client = stream_create(taken.handover.client);
        session.id = taken.handover.session;
        serve_client(&session, &taken);
        exit(0);
    }
    arena_free(&arena);
    return err->kind == ERROR_NONE;
}

/* --- without login ----------------------------------------------------------------------------- */

static int run_standalone(int argc, char *argv[])
{
    struct standalone standalone;
    struct imapd_session session = {.id = ""};
    struct error err = {0};
    char *capabilities;

    standalone_begin(&standalone, argc, argv);
    session.config = standalone.config;
    session.user = standalone.user;
    session.client = stream_create(standalone.client);
    if (!open_store(&session, &standalone.place, &err))
        log_fatal("%s", err.text);
    capabilities = imapd_capabilities(session.config);
    stream_printf(session.client, "* PREAUTH [CAPABILITY %s] Logged in as %s\r\n", capabilities,
                  session.user);
    mem_free(capabilities);
    imapd_session_run(&session);
    standalone_end(&standalone);
    return 0;
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "imapd",
        .user = SERVICE_USER_ROOT,
        .sandbox = SANDBOX_NO_EXEC,
        .mailbox_side = true,
        .serve = serve,
    };

    if (standalone_is_wanted(argc, argv))
        return run_standalone(argc, argv);
    return service_main(&service, argc, argv);
}
