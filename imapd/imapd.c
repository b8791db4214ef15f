/*
 * The IMAP server after login: one session a process at a time, with the rights of its user alone. master
 * starts it; login hands it a client with a ticket, which it redeems at auth for the account, and
 * further ones of the same user id. `imapd -s` is a session of who calls it, without login.
 */
#include "lib/base/base.h"

#include "imapd/command.h"
#include "imapd/park.h"
#include "imapd/special_use.h"
#include "lib/base/log.h"
#include "lib/sasl/session.h"
#include "lib/service/service.h"
#include "lib/service/standalone.h"

#include <malloc.h>
#include <stdlib.h>

#define LOGIN_MS 30000 /* for an answer of login, which waits for nobody */

static bool open_store(struct imapd_session *session, const struct mailbox_place *place,
                       struct error *err)
{
    const struct store_settings settings = {
        .format = place->format,
        .path = place->path,
        .home = place->home,
        .hostname = session->config->myhostname,
        .quota = place->quota,
        .layout = strcmp(session->config->mailbox_layout, "fs") == 0 ? LAYOUT_TREE : LAYOUT_MAILDIR,
        .separator = session->config->mailbox_separator[0],
        .prefix = session->config->mailbox_namespace_prefix,
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

static void greet(struct imapd_session *session, const struct session *taken)
{
    char *capabilities = imapd_capabilities(session->config);

    stream_printf(session->client, "%s OK [CAPABILITY %s] Logged in\r\n", taken->handover.tag,
                  capabilities);
    mem_free(capabilities);
}

static void serve_session(struct imapd_session *session, const struct session *taken)
{
    struct error err = {0};

    session->client = stream_create(taken->handover.client);
    session->id = taken->handover.session;
    session->user = taken->account.user;
    session->parking->pass = taken->account.pass;
    stream_unread(session->client, taken->handover.input);
    if (!open_store(session, &taken->account.place, &err)) {
        refuse(session, taken->is_resumed ? "*" : taken->handover.tag, &err);
        return;
    }
    imapd_session_begin(session);
    if (taken->is_resumed) {
        imapd_unpark(session, &taken->resume);
    } else {
        greet(session, taken);
        special_use_make_mailboxes(session);
    }
    imapd_session_run(session);
}

/* From login's point of view the process is free again; false: it does not listen any more. */
static bool report_end(const struct imapd_parking *parking)
{
    static const struct parking_ended ended = {0};
    struct error err = {0};

    return parking->parked || (parking->login != NULL &&
                               ipc_send(parking->login, &parking_ended_message, &ended, &err));
}

/* One session from its beginning, or from where it was parked, to its end or till it is parked. */
static bool serve_next(struct session_host *host, struct connection *login,
                       const struct config *config, struct error *err)
{
    struct arena *arena = arena_create();
    struct imapd_parking parking = {.login = login};
    struct imapd_session session = {.config = config, .parking = &parking};
    struct session taken;
    bool goes_on = session_take_next(host, login, arena, &taken, err);

    if (goes_on) {
        serve_session(&session, &taken);
        goes_on = report_end(&parking);
    }
    arena_free(&arena);
    return goes_on;
}

/*
 * The process is one user's for good. It serves those sessions of his, one after another, that the same
 * login hands over; the next one finds nothing of the last.
 */
static bool serve(struct connection *login, const struct service_instance *instance,
                  struct error *err)
{
    const struct config *config = instance->config;
    struct session_host host = {.auth = NULL};
    unsigned served = 0;

    connection_timeout(login, LOGIN_MS);
    while (serve_next(&host, login, config, err)) {
        served++;
        (void)malloc_trim(0);
        if ((config->max_use > 0 && served >= (unsigned)config->max_use) ||
            (!ipc_has_input(login) &&
             !service_await(connection_fd(login), config->imap_pool_idle * 1000)))
            break;
    }
    if (err->kind != ERROR_NONE && err->number != ECONNRESET && err->number != EPIPE)
        log_warning("imap: %s", err->text);
    if (host.has_ids)
        exit(0);
    connection_free(&host.auth);
    return true;
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
    imapd_session_begin(&session);
    special_use_make_mailboxes(&session);
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
