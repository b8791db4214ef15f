/*
 * The loop of event-driven services: many connections a process. The process ends after max_idle
 * without a connection (a single process does not), or, once it drains, with the last connection.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/service/process.h"
#include "lib/service/watchdog.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_AT_ONCE 16 /* connections before other events have their turn */

static void stop_accepting(void)
{
    for (unsigned i = 0; i < service_process.options.sockets; i++)
        watch_free(&service_process.events.sockets[i]);
}

static void end_when_empty(void)
{
    if (service_process.events.drained && service_process.events.connections == 0)
        loop_stop(service_process.instance.loop);
}

static void drain(void)
{
    const struct service *service = service_process.service;

    service_process.draining = 1;
    if (service_process.events.drained)
        return;
    service_process.events.drained = true;
    stop_accepting();
    if (service->on_drain != NULL)
        service->on_drain(&service_process.instance);
    service_left();
    end_when_empty();
}

/* Master knows a process that served from one that fails at once (throttling). */
static void note_served(void)
{
    if (service_process.board != NULL)
        scoreboard_serve(service_process.board, service_process.options.slot);
}

static void await_idle_end(void)
{
    int max_idle = service_process.instance.config->max_idle;

    if (!service_process.service->single_process && max_idle > 0)
        timer_arm(service_process.events.idle, (int64_t)max_idle * 1000);
}

static void on_idle(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    if (service_process.events.connections == 0)
        drain();
}

static void wake_up(void)
{
    service_process.wakeups = 0;
    note_served();
    if (service_process.service->on_wakeup != NULL)
        service_process.service->on_wakeup(&service_process.instance);
}

static void on_noted(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    if (service_process.draining != 0)
        drain();
    else if (service_process.wakeups > 0)
        wake_up();
}

static void on_channel(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    service_hear_master();
    if (service_process.draining != 0)
        watch_events(service_process.events.channel, 0);
}

static void stop(void)
{
    const struct service *service = service_process.service;
    bool is_first = service_process.stopping == 0;

    service_process.stopping = 1;
    drain();
    if (is_first && service->on_stop != NULL)
        service->on_stop(&service_process.instance);
}

static void on_terminate(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    stop();
}

static void on_orphaned(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    service_unlisten();
    stop();
}

static bool may_accept(void)
{
    return !service_process.events.drained && service_process.events.sockets[0] != NULL;
}

static void watch_sockets(int events)
{
    for (unsigned i = 0; may_accept() && i < service_process.options.sockets; i++)
        watch_events(service_process.events.sockets[i], events);
}

static void on_room(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    watch_sockets(LOOP_READ);
}

static void await_room(void)
{
    watch_sockets(0);
    timer_arm(service_process.events.room, SERVICE_ROOM_MS);
}

static void on_socket(void *context UNUSED, int fd, int events UNUSED)
{
    unsigned number = (unsigned)(fd - MASTER_LISTEN_FD);
    int client;

    for (int n = 0; n < ACCEPT_AT_ONCE && may_accept(); n++) {
        client = service_accept(number, SOCK_NONBLOCK);
        if (client < 0) {
            if (service_lacks_room(errno))
                await_room();
            return;
        }
        note_served();
        timer_disarm(service_process.events.idle);
        service_process.events.connections++;
        service_process.service->on_connection(client, &service_process.instance);
    }
}

/* A FIFO or a datagram socket has no connections: it only wakes up. */
static void on_poke(void *context UNUSED, int fd, int events UNUSED)
{
    if (service_swallow((unsigned)(fd - MASTER_LISTEN_FD)))
        wake_up();
}

static void start_accepting(void)
{
    enum service_type type = service_process.options.type;
    bool has_connections = type != SERVICE_FIFO && type != SERVICE_UNIX_DGRAM;

    for (unsigned i = 0; i < service_process.options.sockets; i++)
        service_process.events.sockets[i] =
            watch_fd(service_process.instance.loop, service_listen_fd(i), LOOP_READ,
                     has_connections ? on_socket : on_poke, NULL);
}

void service_hold(const struct service_instance *instance UNUSED)
{
    service_process.events.connections++;
}

void service_leave(const struct service_instance *instance UNUSED)
{
    drain();
}

void service_release(const struct service_instance *instance)
{
    bool (*is_stale)(const struct service_instance *) = service_process.service->is_stale;

    ASSERT(service_process.events.connections > 0);
    service_process.events.connections--;
    if (service_process.events.connections > 0)
        return;
    if (service_process.events.drained)
        end_when_empty();
    else if (is_stale != NULL && is_stale(instance))
        drain();
    else
        await_idle_end();
}

void service_accepting(const struct service_instance *instance UNUSED, bool on)
{
    bool is_on = service_process.events.sockets[0] != NULL;

    if (service_process.events.drained || on == is_on)
        return;
    if (on) {
        start_accepting();
        service_freed();
    } else {
        stop_accepting();
        service_took();
    }
}

static int64_t beat_ms(void)
{
    return service_process.instance.config->daemon_timeout * INT64_C(1000) / 3;
}

/* The loop goes round as long as this is called. */
static void on_beat(void *context UNUSED, int fd UNUSED, int events UNUSED)
{
    watchdog_feed();
    timer_arm(service_process.events.beat, beat_ms());
}

static void make_timers(void)
{
    service_process.events.beat = watch_timer(service_process.instance.loop, on_beat, NULL);
    service_process.events.noted = watch_timer(service_process.instance.loop, on_noted, NULL);
    service_process.events.idle = watch_timer(service_process.instance.loop, on_idle, NULL);
    service_process.events.room = watch_timer(service_process.instance.loop, on_room, NULL);
}

void service_serve_events(void)
{
    struct loop *loop = service_process.instance.loop;

    scoreboard_say_many(service_process.board);
    make_timers();
    service_process.events.channel =
        watch_fd(loop, service_process.channel, LOOP_READ, on_channel, NULL);
    (void)watch_signal(loop, SIGTERM, on_terminate, NULL);
    (void)watch_signal(loop, SIGUSR1, on_orphaned, NULL);
    start_accepting();
    await_idle_end();
    timer_arm(service_process.events.noted, 0); /* what was heard since the process started */
    if (beat_ms() > 0)
        timer_arm(service_process.events.beat, beat_ms());
    watchdog_start(service_process.instance.config->daemon_timeout);
    loop_run(loop);
}

void service_serve_events_alone(void)
{
    make_timers();
    service_process.events.drained = true; /* ends with this connection */
    service_process.events.connections = 1;
    fd_set_nonblocking(STDIN_FILENO, true);
    service_process.service->on_connection(STDIN_FILENO, &service_process.instance);
    loop_run(service_process.instance.loop);
}
