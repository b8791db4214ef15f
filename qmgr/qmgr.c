/*
 * The queue manager: takes messages from incoming/ and deferred/ into active/, has their recipients
 * delivered by the agents, and ends each message: removed, returned to its sender, or deferred. master
 * starts it; cleanup brings messages, tools ask it to flush. One process an instance, which never waits
 * for anything but its event loop; it owns the queue and never talks to the network.
 */
#include "lib/base/base.h"

#include "qmgr/qmgr.h"

#include "qmgr/agent.h"
#include "qmgr/client.h"
#include "qmgr/fast_flush.h"
#include "qmgr/feed.h"
#include "qmgr/limits.h"
#include "qmgr/notify.h"
#include "qmgr/succession.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"

#include <sys/resource.h>

static struct qmgr qmgr;

/* Half of the descriptors for queue files that wait, half for agents and files that are in use. */
static void raise_open_files(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_fatal("getrlimit: %s", strerror(errno));
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        log_warning("raise the limit of open files: %s", strerror(errno));
    qmgr.open_files_max = (size_t)limit.rlim_cur / 2;
}

static bool prepare(const struct service_instance *instance, struct error *err)
{
    qmgr.services = master_cf_read(instance->config, err);
    if (qmgr.services == NULL)
        return false;
    if (!strlist_split_config(&qmgr.defer_transports, instance->config->defer_transports, err))
        return false;
    qmgr.route = route_create(instance->config, false);
    qmgr.fast_flush = fast_flush_create(instance->config);
    raise_open_files();
    return true;
}

/* --- the start ----------------------------------------------------------------------------------------------- */

static void on_schedule_timer(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    agents_run(&qmgr);
}

static bool start(const struct service_instance *instance, struct error *err)
{
    qmgr.instance = instance;
    qmgr.config = instance->config;
    qmgr.queue_directory = instance->queue_directory;
    qmgr.loop = instance->loop;
    qmgr.started = clock_wall();
    qmgr.active = hash_create();
    qmgr.scratch = arena_create();
    qmgr.portion = arena_create();
    qmgr.reader = queue_reader_create();
    qmgr.schedule = schedule_create(limits_of, &qmgr);
    qmgr.schedule_timer = watch_timer(qmgr.loop, on_schedule_timer, NULL);
    qmgr.notifier = notifier_create(&qmgr);
    fast_flush_start(qmgr.fast_flush, &qmgr);
    qmgr.feed = feed_create(&qmgr);
    qmgr.clients = clients_create(&qmgr);
    if (!succession_begin(&qmgr, err))
        return false;
    feed_scan(qmgr.feed);
    feed_load_deferred(qmgr.feed);
    return true;
}

/* --- service --------------------------------------------------------------------------------------------------- */

static void on_drain(const struct service_instance *instance UNUSED)
{
    succession_end(&qmgr);
    agents_close_idle(&qmgr);
    fast_flush_close_idle(qmgr.fast_flush);
    clients_close(qmgr.clients);
}

static void on_connection(int fd, const struct service_instance *instance UNUSED)
{
    client_accept(qmgr.clients, fd);
}

static void on_wakeup(const struct service_instance *instance UNUSED)
{
    feed_scan(qmgr.feed);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "qmgr",
        .user = SERVICE_USER_QUEUE,
        .sandbox = SANDBOX_NO_EXEC,
        .single_process = true,
        .may_overlap = true,
        .prepare = prepare,
        .start = start,
        .on_connection = on_connection,
        .on_wakeup = on_wakeup,
        .on_drain = on_drain,
    };

    return service_main(&service, argc, argv);
}
