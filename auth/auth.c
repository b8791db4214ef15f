/*
 * auth: the only process that sees password data. login sends it SASL exchanges; for a right password
 * it gives out a one-time ticket, which imapd or pop3d redeems for the account. Event-driven; whatever
 * takes long is done by its workers.
 */
#include "lib/base/base.h"

#include "auth/peer.h"

static struct auth auth;

static bool open_databases(const struct service_instance *instance, struct error *err)
{
    auth.chain = passdb_open(instance->config, err);
    return auth.chain != NULL;
}

static void before_serving(void)
{
    peers_close_descriptors(&auth);
}

static bool start(const struct service_instance *instance, struct error *err UNUSED)
{
    auth.instance = instance;
    auth.tickets = ticket_office_create();
    auth.workers = worker_pool_create(instance->loop, auth.chain,
                                      (size_t)instance->config->auth_worker_limit, before_serving);
    return true;
}

static void on_connection(int fd, const struct service_instance *instance UNUSED)
{
    peer_create(&auth, fd);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "auth",
        .user = SERVICE_USER_ROOT,
        .single_process = true,
        .mailbox_side = true,
        .prepare = open_databases,
        .start = start,
        .on_connection = on_connection,
    };

    return service_main(&service, argc, argv);
}
