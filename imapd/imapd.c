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

static bool open_store(struct imapd_session *session, const struct mailbox_place *place,
                       struct error *err)
{
    const struct store_settings settings = {
        .format = place->format,
        .path = place->path,
        .home = place->home,
        .hostname = session->config->myhostname,
        .quota = place->quota,
        .quota_rules = session->config->mailbox_quota_rules,
        .layout = strcmp(session->config->mailbox_layout, "fs") == 0 ? LAYOUT_TREE : LAYOUT_MAILDIR,
        .separator = session->config->mailbox_separator[0],
        .prefix = session->config->mailbox_namespace_prefix,
        .strict_owner = session->config->strict_mailbox_ownership,
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

static enum session_end serve_session(struct session *taken, struct connection *login,
                                      const void *config)
{
    struct imapd_parking parking = {.login = login, .pass = taken->account.pass};
    struct imapd_session session = {
        .config = config,
        .client = stream_create(taken->handover.client),
        .id = taken->handover.session,
        .user = taken->account.user,
        .parking = &parking,
    };
    struct error err = {0};

    stream_unread(session.client, taken->handover.input);
    if (!open_store(&session, &taken->account.place, &err)) {
        refuse(&session, taken->is_resumed ? "*" : taken->handover.tag, &err);
        return SESSION_ENDED;
    }
    imapd_session_begin(&session);
    if (taken->is_resumed) {
        imapd_unpark(&session, &taken->resume);
    } else {
        greet(&session, taken);
        special_use_make_mailboxes(&session);
    }
    imapd_session_run(&session);
    return parking.parked          ? SESSION_PARKED
           : parking.login == NULL ? SESSION_LOST_LOGIN
                                   : SESSION_ENDED;
}

static bool serve(struct connection *login, const struct service_instance *instance,
                  struct error *err)
{
    const struct session_work work = {
        .may_park = true,
        .idle_s = instance->config->imap_pool_idle,
        .max_use = instance->config->max_use,
        .run = serve_session,
        .context = instance->config,
    };

    return session_serve(login, &work, err);
}

/* --- without login ----------------------------------------------------------------------------- */

static int run_standalone(int argc, char *argv[])
{
    struct standalone standalone;
    struct imapd_session session = {.id = ""};
    struct error err = {0};
    char *capabilities;

    standalone_begin(&standalone, "imapd", argc, argv);
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
