/* One request of qmgr: the servers of its next hop, one after the other, until no recipient is left. */
#include "smtp/delivery.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

/* --- results -------------------------------------------------------------------------------------- */

static void set_result(struct delivery *delivery, size_t recipient,
                       const struct delivery_result *result, bool done)
{
    struct delivery_result *at = &delivery->results[recipient];

    *at = *result;
    at->recipient = &delivery->request->recipients[recipient];
    at->connection_started = delivery->connection_started;
    at->session_started = delivery->session_started;
    if (done) {
        delivery->done[recipient] = true;
        delivery->left--;
    }
}

void delivery_fail(struct delivery *delivery, size_t recipient, const struct session *session,
                   const struct failure *failure)
{
    const char *best_mx_transport = delivery->client->settings.config->best_mx_transport;
    struct delivery_result result = {
        .outcome = failure->is_loop && best_mx_transport[0] != '\0' ? DELIVERY_BEST_MX
                   : failure_is_permanent(failure)                  ? DELIVERY_BOUNCED
                                                                    : DELIVERY_DEFERRED,
        .status = failure->status,
        .text = failure->text,
        .relay = failure->relay,
        .remote_mta = failure->remote_mta,
        .diagnostic = failure->diagnostic,
        .nexthop_unreachable = failure->is_unreachable,
    };

    if (delivery->done[recipient])
        return;
    if (session != NULL) {
        result.relay = arena_copy(delivery->arena, session->relay);
        result.connection_use = session->uses;
    }
    set_result(delivery, recipient, &result, session != NULL && failure_is_permanent(failure));
}

void delivery_fail_all(struct delivery *delivery, const struct session *session,
                       const struct failure *failure)
{
    for (size_t i = 0; i < delivery->request->recipient_count; i++)
        delivery_fail(delivery, i, session, failure);
}

/* Who will tell a sender that wants to know of success: RFC 3461 section 5.2. */
static enum delivery_action action(const struct session *session)
{
    if ((session->features & FEATURE_DSN) != 0)
        return DELIVERY_ACTION_PASSED_ON;
    return session->settings->assume_final ? DELIVERY_ACTION_DELIVERED : DELIVERY_ACTION_RELAYED;
}

void delivery_sent(struct delivery *delivery, size_t recipient, const struct session *session)
{
    struct arena *arena = delivery->arena;
    const char *said = arena_copy(arena, buf_text(&session->reply.text));
    struct delivery_result result = {
        .outcome = DELIVERY_SENT,
        .action = action(session),
        .relay = arena_copy(arena, session->relay),
        .status = arena_copy(arena, session->reply.status),
        .text = said,
        .remote_mta = arena_printf(arena, "dns; %s", session->host),
        .diagnostic = arena_printf(arena, "smtp; %s", said),
        .connection_use = session->uses,
    };

    set_result(delivery, recipient, &result, true);
}

static bool is_same(const struct address_socket *a, const struct address_socket *b)
{
    return a->len == b->len && a->len > 0 && memcmp(&a->storage, &b->storage, a->len) == 0;
}

/* --- servers -------------------------------------------------------------------------------------- */

/* One of the destinations that a next hop names. */
struct site {
    struct delivery *delivery;
    struct nexthop nexthop;
    bool is_first; /* later requests may use a session with it */
    int sessions;  /* servers that let us in */
};

static bool may_be_kept(const struct site *site, const struct session *session)
{
    const struct settings *settings = session->settings;
    int64_t age_s = (clock_monotonic_ms() - session->opened_ms) / 1000;

    return site->is_first && settings->reuse_connections && !session->dead &&
           (settings->reuse_time == 0 || age_s < settings->reuse_time) &&
           (settings->reuse_count == 0 || session->uses < (unsigned)settings->reuse_count);
}

static void keep_or_close(const struct site *site, struct session *session)
{
    if (may_be_kept(site, session))
        site->delivery->client->session = session;
    else
        session_close(&session);
}

/* What becomes of the recipients says it too, unless another server takes them. */
static void log_no_session(const struct delivery *delivery, const struct failure *failure,
                           bool is_last)
{
    if (failure->relay == NULL)
        log_info("%s", failure->text);
    else if (!is_last)
        log_info("%s: %s", delivery->request->queue_id, failure->text);
}

/* Connect to one server, and try the message there. */
static void try_server(struct site *site, const struct candidate *candidate, bool is_last)
{
    struct delivery *delivery = site->delivery;
    const struct settings *settings = &delivery->client->settings;
    struct session_target target = {
        .settings = settings,
        .tls = delivery->client->tls,
        .debug_peers = delivery->client->debug_peers,
        .cleanup = &delivery->client->cleanup,
        .destination = delivery->request->nexthop,
        .domain = site->nexthop.host,
        .host = candidate->host,
        .unix_path = site->nexthop.unix_path,
        .address = candidate->address,
        .port = site->nexthop.port,
        .request = delivery->request,
        .may_be_us = !settings->lmtp && site->nexthop.port == settings->default_port,
    };
    struct failure failure;
    struct session *session = session_open(delivery->arena, &target, &failure);

    delivery->session_started = clock_wall();
    if (session == NULL) {
        log_no_session(delivery, &failure, is_last);
        delivery_fail_all(delivery, NULL, &failure);
        return;
    }
    site->sessions++;
    (void)mail_send(delivery, session);
    keep_or_close(site, session);
}

/* The servers in their order, within smtp_mx_address_limit and smtp_mx_session_limit. */
static void try_servers(struct site *site, const struct candidate *candidates, size_t count)
{
    const struct settings *settings = &site->delivery->client->settings;

    if (settings->address_limit > 0 && count > (size_t)settings->address_limit)
        count = (size_t)settings->address_limit;
    for (size_t i = 0; i < count && site->delivery->left > 0; i++) {
        if (settings->session_limit > 0 && site->sessions >= settings->session_limit)
            break;
        if (!is_same(&candidates[i].address, &site->delivery->tried))
            try_server(site, &candidates[i], i + 1 == count);
    }
}

static void try_site(struct delivery *delivery, struct span text, bool is_first)
{
    const struct client *client = delivery->client;
    struct site site = {.delivery = delivery, .is_first = is_first};
    struct candidate *candidates;
    size_t count;
    struct failure failure;
    struct error err = {0};

    if (!nexthop_parse(&client->settings, delivery->arena, text, &site.nexthop, &err)) {
        log_warning("%s: %s", delivery->request->queue_id, err.text);
        failure = (struct failure){.status = "4.3.5", .text = "mail system configuration error"};
        delivery_fail_all(delivery, NULL, &failure);
    } else if (site.nexthop.unix_path != NULL) {
        if (delivery->tried.len == 0)
            try_server(&site, &(struct candidate){.host = site.nexthop.host}, true);
    } else if (hosts_find(&client->finder, delivery->arena, &site.nexthop, &candidates, &count,
                          &delivery->is_self, &failure)) {
        try_servers(&site, candidates, count);
    } else {
        delivery_fail_all(delivery, NULL, &failure);
    }
}

/* A session that the last request left open, if it is one for this next hop and still there. */
static void try_kept_session(struct delivery *delivery)
{
    struct session *session = delivery->client->session;
    struct site site = {.delivery = delivery, .is_first = true};

    delivery->client->session = NULL;
    if (session == NULL)
        return;
    if (strcmp(session->destination, delivery->request->nexthop) != 0 ||
        !may_be_kept(&site, session) || !session_is_alive(session)) {
        session_close(&session);
        return;
    }
    delivery->session_started = delivery->connection_started;
    if (mail_send(delivery, session) == MAIL_TRIED && !session->dead)
        delivery->tried = session->address;
    keep_or_close(&site, session);
}

static void try_all(struct delivery *delivery)
{
    const char *lists[] = {delivery->request->nexthop, delivery->client->settings.fallback_relay};
    bool is_first = true;

    /* A fallback relay would give the mail back to one of its mail exchangers: to us. */
    for (size_t i = 0; i < ARRAY_LENGTH(lists) && !delivery->is_self; i++) {
        struct strlist sites = STRLIST_EMPTY;

        strlist_split(&sites, lists[i], ", \t");
        for (size_t k = 0; k < sites.count && delivery->left > 0 && !delivery->is_self; k++) {
            try_site(delivery, span_text(sites.items[k]), is_first);
            is_first = false;
        }
        strlist_release(&sites);
    }
}

bool delivery_run(struct client *client, struct connection *qmgr,
                  const struct delivery_request *request, struct error *err)
{
    struct delivery delivery = {
        .client = client,
        .request = request,
        .outgoing = {.request = *request},
        .arena = request->arena,
        .results = arena_array(request->arena, struct delivery_result, request->recipient_count),
        .done = arena_array(request->arena, bool, request->recipient_count),
        .left = request->recipient_count,
        .connection_started = clock_wall(),
    };
    struct failure failure = {.status = "4.3.5", .text = "no destination to try"};
    bool is_ready = checks_apply(client->checks, &delivery.outgoing, &failure) &&
                    generic_map(client->generic, request, &delivery.outgoing, &failure);

    delivery_fail_all(&delivery, NULL, &failure);
    if (is_ready)
        try_kept_session(&delivery);
    if (is_ready && delivery.left > 0)
        try_all(&delivery);
    for (size_t i = 0; i < request->recipient_count; i++) {
        bool is_logged = delivery.results[i].outcome != DELIVERY_BEST_MX;

        if (!(is_logged ? delivery_result_send : delivery_result_tell)(qmgr, request,
                                                                       &delivery.results[i], err))
            return false;
    }
    return true;
}
