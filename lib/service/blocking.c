/*
 * The loop of services that serve one peer at a time. Free processes wait in epoll, of which the
 * kernel wakes one for a connection (EPOLLEXCLUSIVE); a connection costs epoll_wait and accept4.
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/process.h"
#include "lib/service/watchdog.h"

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#define CHANNEL UINT32_MAX /* among the numbers of sockets */

static void watch(int epoll, int fd, uint32_t events, uint32_t number)
{
    struct epoll_event event = {.events = events, .data = {.u32 = number}};

    if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        log_fatal("watch descriptor %d: %m", fd);
}

static int watch_everything(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);

    if (epoll < 0)
        log_fatal("epoll_create1: %m");
    watch(epoll, service_process.channel, EPOLLIN, CHANNEL);
    for (unsigned i = 0; i < service_process.options.sockets; i++)
        watch(epoll, service_listen_fd(i), EPOLLIN | EPOLLEXCLUSIVE, i);
    return epoll;
}

/* The number of what is ready, master's word before anything else; false: idle for too long. */
static bool await(int epoll, uint32_t *number_r)
{
    struct epoll_event events[2];
    int64_t idle_ms = (int64_t)service_process.instance.config->max_idle * 1000;
    int count = epoll_wait(epoll, events, ARRAY_LENGTH(events),
                           idle_ms <= 0 || idle_ms > INT_MAX ? -1 : (int)idle_ms);

    if (count < 0 && errno != EINTR)
        log_fatal("epoll_wait: %m");
    *number_r = CHANNEL; /* also after EINTR: then there is nothing to be heard */
    if (count > 0 && events[0].data.u32 != CHANNEL && (count == 1 || events[1].data.u32 != CHANNEL))
        *number_r = events[0].data.u32;
    return count != 0;
}

static void serve_peer(int fd)
{
    struct connection *peer = connection_create(fd);
    struct error err = {0};

    connection_timeout(peer, service_ipc_timeout_ms());
    if (!service_process.service->serve(peer, &service_process.instance, &err))
        log_warning("%s", err.text);
    connection_free(&peer);
}

static void serve_one(int fd)
{
    if (service_process.service->serve_client != NULL)
        service_process.service->serve_client(fd, &service_process.instance);
    else
        serve_peer(fd);
}

static void wake_up(void)
{
    service_process.wakeups = 0;
    if (service_process.service->on_wakeup != NULL)
        service_process.service->on_wakeup(&service_process.instance);
}

static bool is_poked_only(void)
{
    return service_process.service->serve == NULL && service_process.service->serve_client == NULL;
}

/*
 * The kernel has woken nobody else for this connection: master ends the other free processes too,
 * which are just as stale, and starts one that takes it.
 */
static bool is_stale(void)
{
    static const struct master_record stale = {.verb = MASTER_STALE};

    if (service_process.service->is_stale == NULL ||
        !service_process.service->is_stale(&service_process.instance) ||
        !channel_send(service_process.channel, &stale, -1))
        return false;
    service_process.draining = 1;
    return true;
}

static void begin(void)
{
    service_quiet(false);
    service_took();
}

/* One conversation, or what a poke asks for; false: there was none after all. */
static bool serve_socket(unsigned number)
{
    int fd;

    if (is_stale())
        return false;
    if (is_poked_only()) {
        if (!service_swallow(number))
            return false;
        begin();
        wake_up();
        return true;
    }
    fd = service_accept(number, 0);
    if (fd < 0) {
        if (service_lacks_room(errno))
            (void)poll(NULL, 0, SERVICE_ROOM_MS);
        return false;
    }
    begin();
    serve_one(fd);
    return true;
}

static bool has_reason_to_end(unsigned served)
{
    int max_use = service_process.instance.config->max_use;

    return service_process.draining != 0 || (max_use > 0 && served >= (unsigned)max_use);
}

/* What master said; a wake-up is a conversation of its own. */
static bool hear_master(void)
{
    service_hear_master();
    if (service_process.wakeups == 0 || service_process.draining != 0)
        return false;
    begin();
    wake_up();
    return true;
}

static void rest(void)
{
    if (service_process.draining == 0)
        service_freed();
    service_process.quiet = service_process.resting = 1;
}

/* Master may have spoken while something else was heard: ask it first. */
bool service_await(int fd, int timeout_ms)
{
    struct pollfd watched[] = {
        {.fd = fd,                      .events = POLLIN},
        {.fd = service_process.channel, .events = POLLIN},
    };
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    bool ready = false;

    service_quiet(true);
    while (!ready && service_process.draining == 0) {
        int64_t left_ms = deadline_ms - clock_monotonic_ms();

        if (poll(watched, ARRAY_LENGTH(watched), left_ms < 0 ? 0 : (int)left_ms) == 0)
            break;
        if (watched[1].revents != 0)
            service_hear_master();
        ready = watched[0].revents != 0 && service_process.draining == 0;
        watched[0].revents = watched[1].revents = 0;
    }
    service_quiet(false);
    return ready;
}

void service_serve_blocking(void)
{
    int epoll = watch_everything();
    unsigned served = 0;
    uint32_t number;

    watchdog_start(service_process.instance.config->daemon_timeout);
    (void)hear_master(); /* before any client: master may be gone already */
    rest();
    while (!has_reason_to_end(served) && await(epoll, &number)) {
        if (number == CHANNEL ? hear_master() : serve_socket(number)) {
            served++;
            rest();
        }
    }
    service_left();
    fd_close(&epoll);
}

void service_serve_blocking_alone(void)
{
    if (is_poked_only())
        wake_up();
    else
        serve_one(STDIN_FILENO);
}
