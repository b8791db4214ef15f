/*
 * The delivery agent `local`: UNIX accounts with their aliases and .forward files. master starts it,
 * qmgr connects and sends requests. It runs as root only to become the recipient, and has become him
 * before it touches any of his files.
 */
#include "lib/base/base.h"

#include "local/delivery.h"

#include "lib/base/clock.h"
#include "lib/delivery/agent.h"
#include "lib/delivery/status_filter.h"
#include "local/alias.h"

#define LOOK_AGAIN_MS 1000 /* how often tables are looked at for changes */

static struct local local;

static void open_tables(const struct config *config)
{
    local.route = route_create(config, false);
    local.aliases = alias_tables_open(config);
    local.mailbox_transports = maps_open_plain(config, config->mailbox_transport_maps, false);
    local.fallback_transports = maps_open_plain(config, config->fallback_transport_maps, false);
    local.mailbox_commands = maps_open_trusted(config, config->mailbox_command_maps, false);
}

static void close_tables(void)
{
    route_free(&local.route);
    alias_tables_close(&local.aliases);
    maps_free(&local.mailbox_transports);
    maps_free(&local.fallback_transports);
    maps_free(&local.mailbox_commands);
}

/* qmgr keeps its connection for long: a table that was built again is noticed between requests. */
static void refresh_tables(void)
{
    int64_t now = clock_monotonic_ms();

    if (now - local.looked_ms < LOOK_AGAIN_MS)
        return;
    local.looked_ms = now;
    if (!route_changed(local.route) && !alias_tables_changed(local.aliases) &&
        !maps_changed(local.mailbox_transports) && !maps_changed(local.fallback_transports) &&
        !maps_changed(local.mailbox_commands))
        return;
    close_tables();
    open_tables(local.config);
}

static bool prepare(const struct service_instance *instance, struct error *err)
{
    if (!deposit_limit_holds(instance->config, "mailbox_size_limit",
                             instance->config->mailbox_size_limit, err))
        return false;
    local.config = instance->config;
    local.name = instance->name;
    local.looked_ms = clock_monotonic_ms();
    open_tables(local.config);
    status_filter_open(local.config, "local_delivery_status_filter",
                       local.config->local_delivery_status_filter, false);
    local.finder = mailbox_finder_create(local.config, false);
    return true;
}

static bool deliver(struct connection *qmgr, const struct delivery_request *request,
                    const struct delivery_recipient *recipient, struct error *err)
{
    struct local_delivery delivery = {
        .local = &local,
        .request = request,
        .recipient = recipient,
        .arena = arena_create(),
        .seen = hash_create(),
    };
    bool answered;

    deliver_address(&delivery, NULL, BY_REQUEST, recipient->address);
    resend_all(&delivery);
    answered = answer_recipient(qmgr, &delivery, err);
    hash_free(&delivery.seen, NULL);
    hash_free(&delivery.delivered_to, NULL);
    arena_free(&delivery.arena);
    return answered;
}

static bool answer(struct connection *qmgr, const struct service_instance *instance UNUSED,
                   const struct delivery_request *request, struct error *err)
{
    bool answered = true;

    refresh_tables();
    for (size_t i = 0; answered && i < request->recipient_count; i++)
        answered = deliver(qmgr, request, &request->recipients[i], err);
    return answered;
}

static bool serve(struct connection *qmgr, const struct service_instance *instance,
                  struct error *err)
{
    return delivery_serve(qmgr, instance, answer, err);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "local",
        .user = SERVICE_USER_ROOT,
        .prepare = prepare,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
