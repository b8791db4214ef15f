/*
 * The SMTP and LMTP client: hands messages on to other hosts. qmgr connects and sends requests, one
 * message and next hop each; a session with a server stays open for the next request to the same next
 * hop. Runs as net_owner in an empty directory: the message comes as an open file. Under the name
 * lmtp, of the program or of the service, it speaks LMTP and reads the lmtp_ parameters.
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/config/tls_ciphers.h"
#include "lib/delivery/status_filter.h"
#include "lib/map/map.h"
#include "lib/service/service.h"
#include "smtp/delivery.h"

#include <poll.h>

#define BLOCK_MAX (1024 * 1024) /* octets of a block on its way, as large as conversion makes it */

static struct client client;

/* --- requests ------------------------------------------------------------------------------------- */

/* A session waits a while for the next request, then it ends. */
static void await_request(struct connection *qmgr)
{
    struct pollfd input = {.fd = connection_fd(qmgr), .events = POLLIN};

    if (client.session == NULL || ipc_has_input(qmgr))
        return;
    if (poll(&input, 1, clock_ms(client.settings.reuse_idle)) <= 0)
        session_close(&client.session);
}

/* Until qmgr hangs up, which is no error; our caller logs what *err says otherwise. */
static bool serve(struct connection *qmgr, const struct service_instance *instance,
                  struct error *err)
{
    struct delivery_request request;
    bool answered = true;

    while (answered) {
        await_request(qmgr);
        if (!delivery_request_receive(qmgr, instance->config, &request, err))
            break;
        answered = delivery_run(&client, qmgr, &request, err);
        delivery_request_release(&request);
    }
    session_close(&client.session);
    return answered && err->kind == ERROR_NONE;
}

/* --- the process ---------------------------------------------------------------------------------- */

static bool load_tls(const struct config *config, struct error *err)
{
    const struct settings *ours = &client.settings;
    struct arena *arena = arena_create();
    struct tls_client_settings settings = {
        .ca_file = ours->tls_ca_file,
        .ca_path = ours->tls_ca_path,
        .certificate_file = ours->tls_certificate_file,
        .key_file = ours->tls_key_file,
        .protocols = ours->tls_protocols,
        .cipher_list = config_tls_ciphers(config, arena, ours->tls_grade, ours->tls_exclude),
    };

    client.tls = tls_context_client(&settings, err);
    arena_free(&arena);
    return client.tls != NULL;
}

/* inet_interfaces, and proxy_interfaces in front of us */
static bool find_own_addresses(const struct config *config, struct error *err)
{
    static struct arena *arena; /* as long as the process */
    struct own_addresses *own = &client.finder.own;
    struct strlist proxies = STRLIST_EMPTY;
    struct own_address *interfaces;
    size_t count;

    arena = arena_create();
    if (!interfaces_own(config->inet_interfaces, config->inet_protocols, arena, &interfaces, &count,
                        err))
        return false;
    strlist_split(&proxies, config->proxy_interfaces, ", \t\r\n");
    own->addresses = arena_array(arena, struct own_address, count + proxies.count);
    memcpy(own->addresses, interfaces, count * sizeof(*interfaces));
    own->count = count;
    for (size_t i = 0; i < proxies.count; i++)
        hosts_add_own(own, span_text(proxies.items[i]));
    strlist_release(&proxies);
    return true;
}

static bool prepare(const struct service_instance *instance, struct error *err)
{
    const struct config *config = instance->config;
    bool lmtp = strcmp(instance->program, "lmtp") == 0 || strcmp(instance->name, "lmtp") == 0;

    if (!settings_read(config, lmtp, &client.settings, err) || !find_own_addresses(config, err))
        return false;
    if (client.settings.tls_level != TLS_NONE && !load_tls(config, err)) {
        log_warning("TLS is not available: %s", err->text);
        error_clear(err);
    }
    client.settings.discards = maps_open(config,
                                         lmtp ? config->lmtp_discard_lhlo_keyword_address_maps
                                              : config->smtp_discard_ehlo_keyword_address_maps,
                                         true);
    client.settings.replies = maps_open_octets(
        config, lmtp ? config->lmtp_reply_filter : config->smtp_reply_filter, true);
    client.settings.pix_workaround_table = maps_open(
        config, lmtp ? config->lmtp_pix_workaround_maps : config->smtp_pix_workaround_maps, true);
    if (lmtp)
        status_filter_open(config, "lmtp_delivery_status_filter",
                           config->lmtp_delivery_status_filter, true);
    else
        status_filter_open(config, "smtp_delivery_status_filter",
                           config->smtp_delivery_status_filter, true);
    client.checks = checks_create(config, lmtp);
    client.generic = generic_create(config, lmtp);
    client.debug_peers = debug_peers_create(config, true);
    client.content = BUF(BLOCK_MAX);
    client.finder.settings = &client.settings;
    client.finder.dns =
        dns_prepare(config, lmtp ? config->lmtp_host_lookup : config->smtp_host_lookup, err);
    return client.finder.dns != NULL;
}

int main(int argc, char *argv[])
{
    static const struct service services[] = {
        {
         .program = "smtp",
         .user = SERVICE_USER_NET,
         .sandbox = SANDBOX_NO_FILES | SANDBOX_NO_EXEC,
         .prepare = prepare,
         .serve = serve,
         },
        {
         .program = "lmtp",
         .user = SERVICE_USER_NET,
         .sandbox = SANDBOX_NO_FILES | SANDBOX_NO_EXEC,
         .prepare = prepare,
         .serve = serve,
         },
    };
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    const char *name = argc == 0 ? "" : slash == NULL ? argv[0] : slash + 1;

    return service_main(&services[strcmp(name, "lmtp") == 0 ? 1 : 0], argc, argv);
}
