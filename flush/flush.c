/*
 * The daemon `flush`: keeps a record of deferred mail by destination, for domains of fast_flush_domains, so
 * that what is queued for one can be delivered on demand (ETRN, sendmail -qR) without a look at the whole
 * queue. master starts it; qmgr tells it of what it defers; smtpd and buzonqueue ask for delivery, and it
 * tells qmgr which messages that concerns. It touches no queue file.
 */
#include "lib/base/base.h"

#include "flush/record.h"

#include "lib/base/log.h"
#include "lib/map/match_list.h"
#include "lib/queue/flush_client.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"

#include <fcntl.h>

static struct {
    const struct config *config;
    struct match_list *domains; /* fast_flush_domains */
    int directory;              /* flush/ */
} flush = {.directory = -1};

/* --- telling qmgr ------------------------------------------------------------------------------------------- */

static bool tell_qmgr(struct connection *qmgr, enum qmgr_verb verb, const char *queue_id,
                      struct error *err)
{
    const struct qmgr_request request = {.verb = verb, .queue_id = queue_id, .file = -1};

    return qmgr_request_send(qmgr, &request, err);
}

/* A record_take. */
static bool deliver(void *qmgr, const char *queue_id, struct error *err)
{
    return tell_qmgr(qmgr, QMGR_FLUSH_MESSAGE, queue_id, err);
}

static struct connection *connect_qmgr(struct error *err)
{
    return service_connect(flush.config->queue_service_name, err);
}

/* --- requests ------------------------------------------------------------------------------------------------- */

static enum flush_status fail(const struct error *err)
{
    log_warning("%s", err->text);
    return FLUSH_FAILED;
}

/* Its record, if the site may have one. */
static enum flush_status find_record(struct arena *arena, const char *site, const char **name_r)
{
    struct error err = {0};

    *name_r = record_name(arena, site);
    if (*name_r == NULL)
        return FLUSH_BAD;
    switch (match_list_name(flush.domains, span_text(site), &err)) {
    case MAP_FOUND:
        return FLUSH_OK;
    case MAP_ABSENT:
        return FLUSH_DENIED;
    case MAP_UNAVAILABLE:
        break;
    }
    return fail(&err);
}

static enum flush_status add(struct arena *arena, const struct flush_request *request)
{
    struct error err = {0};
    const char *name;
    enum flush_status status = find_record(arena, request->site, &name);

    if (status != FLUSH_OK)
        return status;
    if (!queue_id_is_valid(request->queue_id))
        return FLUSH_BAD;
    return record_add(flush.directory, name, request->queue_id, &err) ? FLUSH_OK : fail(&err);
}

/* Whoever asks expects an attempt even where others have just failed. */
static enum flush_status send_site(struct arena *arena, const struct flush_request *request)
{
    struct error err = {0};
    const char *name;
    enum flush_status status = find_record(arena, request->site, &name);
    struct connection *qmgr;

    if (status != FLUSH_OK)
        return status;
    qmgr = connect_qmgr(&err);
    if (qmgr == NULL || !tell_qmgr(qmgr, QMGR_REVIVE, "", &err) ||
        !record_empty(flush.directory, name, deliver, qmgr, &err))
        status = fail(&err);
    connection_free(&qmgr);
    return status;
}

static enum flush_status send_file(const struct flush_request *request)
{
    struct error err = {0};
    enum flush_status status = FLUSH_OK;
    struct connection *qmgr;

    if (!queue_id_is_name(request->queue_id))
        return FLUSH_BAD;
    if (!queue_id_is_valid(request->queue_id)) /* no message of ours */
        return FLUSH_OK;
    qmgr = connect_qmgr(&err);
    if (qmgr == NULL || !tell_qmgr(qmgr, QMGR_REVIVE, "", &err) ||
        !tell_qmgr(qmgr, QMGR_FLUSH_MESSAGE, request->queue_id, &err))
        status = fail(&err);
    connection_free(&qmgr);
    return status;
}

/* Nobody is in a hurry: what is not reachable stays so until its time. */
static void refresh(int unread_s)
{
    struct error err = {0};
    struct connection *qmgr = connect_qmgr(&err);

    if (qmgr == NULL ||
        !record_refresh_all(flush.directory, unread_s, flush.config->fast_flush_purge_time, deliver,
                            qmgr, &err))
        log_warning("%s", err.text);
    connection_free(&qmgr);
}

/* --- the service ------------------------------------------------------------------------------------------------ */

/* A client of smtpd may ask for a site (ETRN), and so nothing else may come from there. */
static bool is_allowed(const struct connection *peer, uint64_t verb)
{
    if (verb == FLUSH_SEND_SITE || !service_peer_faces_network(connection_fd(peer)))
        return true;
    log_warning("request %" PRIu64 " comes from a process that faces the network: refused", verb);
    return false;
}

static enum flush_status obey(struct arena *arena, const struct flush_request *request)
{
    switch ((enum flush_verb)request->verb) {
    case FLUSH_ADD:
        return add(arena, request);
    case FLUSH_SEND_SITE:
        return send_site(arena, request);
    case FLUSH_SEND_FILE:
        return send_file(request);
    case FLUSH_REFRESH:
    case FLUSH_PURGE:
        break; /* later: who asks does not wait for it */
    }
    return FLUSH_OK;
}

static bool serve(struct connection *peer, const struct service_instance *instance UNUSED,
                  struct error *err)
{
    struct arena *arena = arena_create();
    struct flush_request request;
    bool good = true;

    while (good) {
        service_rest(true);
        if (!flush_request_receive(peer, arena, &request, err))
            break;
        service_rest(false);
        if (!is_allowed(peer, request.verb)) {
            good = flush_answer_send(peer, FLUSH_BAD, err);
            continue;
        }
        good = flush_answer_send(peer, obey(arena, &request), err);
        if (request.verb == FLUSH_REFRESH)
            refresh(flush.config->fast_flush_refresh_time);
        else if (request.verb == FLUSH_PURGE)
            refresh(0);
        arena_reset(arena);
    }
    arena_free(&arena);
    return err->kind == ERROR_NONE;
}

static void on_wakeup(const struct service_instance *instance)
{
    refresh(instance->config->fast_flush_refresh_time);
}

/* Tables are opened where their paths lead to. */
static bool prepare(const struct service_instance *instance, struct error *err UNUSED)
{
    flush.config = instance->config;
    flush.domains = match_list_create(instance->config, "fast_flush_domains",
                                      instance->config->fast_flush_domains, MATCH_DOMAIN, false);
    return true;
}

static bool start(const struct service_instance *instance, struct error *err)
{
    flush.directory =
        openat(instance->queue_directory, "flush", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (flush.directory == -1)
        error_errno(err, "open the directory flush");
    return flush.directory != -1;
}

static bool is_stale(const struct service_instance *instance UNUSED)
{
    return match_list_changed(flush.domains);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "flush",
        .user = SERVICE_USER_QUEUE,
        .sandbox = SANDBOX_NO_EXEC,
        .prepare = prepare,
        .start = start,
        .serve = serve,
        .on_wakeup = on_wakeup,
        .is_stale = is_stale,
    };

    return service_main(&service, argc, argv);
}
