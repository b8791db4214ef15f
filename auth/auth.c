/*
 * auth: the only process that sees password data. login sends it SASL exchanges; for a right password
 * it gives out a one-time ticket, which imapd or pop3d redeems for the account. Event-driven; whatever
 * takes long is done by its workers.
 */
#include "lib/base/base.h"

#include "auth/peer.h"
#include "auth/secret.h"

#define CACHE_LOOK_MS 1000 /* how often databases are looked at for changes */

static struct auth auth;

static bool open_databases(const struct service_instance *instance, struct error *err)
{
    struct secret_key salts;

    auth.passes = pass_office_open(instance, err);
    if (auth.passes == NULL)
        return false;
    pass_office_derive(auth.passes, "salts", salts.octets);
    auth.chain = passdb_open(instance->config, &salts, err);
    return auth.chain != NULL;
}

static void before_serving(void)
{
    peers_close_descriptors(&auth);
}

/* What is kept of a database goes when the database changed. */
static void on_cache_timer(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    if (passdb_changed(auth.chain))
        auth_cache_clear(auth.cache);
    timer_arm(auth.cache_timer, CACHE_LOOK_MS);
}

static bool start(const struct service_instance *instance, struct error *err UNUSED)
{
    auth.instance = instance;
    auth.tickets = ticket_office_create();
    auth.sessions = session_office_create();
    auth.penalties = penalty_office_create(instance->config);
    auth.cache = auth_cache_create(instance->config);
    if (auth.cache != NULL) {
        auth.cache_timer = watch_timer(instance->loop, on_cache_timer, NULL);
        timer_arm(auth.cache_timer, CACHE_LOOK_MS);
    }
    auth.workers = worker_pool_create(instance->loop, auth.chain,
                                      (size_t)instance->config->auth_worker_limit, before_serving);
    return true;
}

static void on_connection(int fd, const struct service_instance *instance UNUSED)
{
    peer_create(&auth, fd);
}

static void on_drain(const struct service_instance *instance UNUSED)
{
    peers_drain(&auth);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "auth",
        .user = SERVICE_USER_ROOT,
        .single_process = true,
        .may_overlap = true,
        .mailbox_side = true,
        .prepare = open_databases,
        .start = start,
        .on_connection = on_connection,
        .on_drain = on_drain,
    };

    return service_main(&service, argc, argv);
}
