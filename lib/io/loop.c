/*
 * The event loop: libevent's core, one `struct event` in each watch. libevent's change list for
 * epoll stays off: it would remove a descriptor only at the next turn of the loop, when login has
 * closed it but the session process to which it passed the connection still has it open; epoll
 * would then report it to us for ever.
 */
#include "lib/io/loop.h"

#include "lib/base/log.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <signal.h>
#include <stdlib.h>

struct loop {
    struct event_base *base;
};

struct watch {
    struct event event;
    struct loop *loop;
    loop_callback *callback;
    void *context;
    int events;     /* LOOP_READ and LOOP_WRITE */
    int timeout_ms; /* of watch_deadline; -1: none */
};

static void on_library_message(int severity, const char *text)
{
    if (severity >= EVENT_LOG_WARN)
        log_warning("libevent: %s", text);
}

static void on_library_failure(int number)
{
    log_fatal("libevent gave up (%d)", number);
}

struct loop *loop_create(void)
{
    struct loop *loop = mem_new(struct loop);
    struct event_config *config = event_config_new();

    event_set_log_callback(on_library_message);
    event_set_fatal_callback(on_library_failure);
    if (config == NULL || event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) != 0)
        log_fatal("out of memory for an event loop");
    loop->base = event_base_new_with_config(config);
    if (loop->base == NULL)
        log_fatal("create an event loop: %s", strerror(errno));
    event_config_free(config);
    return loop;
}

void loop_free(struct loop **loop)
{
    if (*loop == NULL)
        return;
    event_base_free((*loop)->base);
    free(*loop);
    *loop = NULL;
}

void loop_run(struct loop *loop)
{
    if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        log_fatal("event loop: %s", strerror(errno));
}

void loop_stop(struct loop *loop)
{
    (void)event_base_loopbreak(loop->base);
}

/* Last thing here is the callback: it may have freed the watch. */
static void on_event(evutil_socket_t fd, short what, void *context)
{
    struct watch *watch = context;
    int events = ((what & EV_READ) != 0 ? LOOP_READ : 0) |
                 ((what & EV_WRITE) != 0 ? LOOP_WRITE : 0) |
                 ((what & EV_TIMEOUT) != 0 ? LOOP_TIMEOUT : 0);

    watch->callback(watch->context, fd, events);
}

static struct timeval interval(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

static struct watch *create(struct loop *loop, int fd, short what, loop_callback *callback,
                            void *context)
{
    struct watch *watch = mem_new(struct watch);

    watch->loop = loop;
    watch->callback = callback;
    watch->context = context;
    watch->timeout_ms = -1;
    if (event_assign(&watch->event, loop->base, fd, what, on_event, watch) != 0)
        log_panic("event_assign refuses descriptor %d", fd);
    return watch;
}

static void add(struct watch *watch, const struct timeval *after)
{
    if (event_add(&watch->event, after) != 0)
        log_fatal("watch descriptor %d: %s", event_get_fd(&watch->event), strerror(errno));
}

/* Watch for what the members say, beginning now; nothing at all when there is nothing. */
static void restart(struct watch *watch)
{
    short what = (short)(EV_PERSIST | ((watch->events & LOOP_READ) != 0 ? EV_READ : 0) |
                         ((watch->events & LOOP_WRITE) != 0 ? EV_WRITE : 0));
    struct timeval after = interval(watch->timeout_ms);

    (void)event_del(&watch->event);
    if (event_assign(&watch->event, watch->loop->base, event_get_fd(&watch->event), what, on_event,
                     watch) != 0)
        log_panic("event_assign refuses descriptor %d", event_get_fd(&watch->event));
    if (watch->timeout_ms >= 0)
        add(watch, &after);
    else if (watch->events != 0)
        add(watch, NULL);
}

struct watch *watch_fd(struct loop *loop, int fd, int events, loop_callback *callback,
                       void *context)
{
    struct watch *watch = create(loop, fd, EV_PERSIST, callback, context);

    watch->events = events;
    restart(watch);
    return watch;
}

void watch_events(struct watch *watch, int events)
{
    if (watch->events == events)
        return;
    watch->events = events;
    restart(watch);
}

void watch_deadline(struct watch *watch, int timeout_ms)
{
    struct timeval after = interval(timeout_ms);

    if (timeout_ms >= 0 && watch->timeout_ms >= 0) {
        watch->timeout_ms = timeout_ms;
        add(watch, &after); /* only moves the timer */
        return;
    }
    if (timeout_ms < 0 && watch->timeout_ms < 0)
        return;
    watch->timeout_ms = timeout_ms < 0 ? -1 : timeout_ms;
    restart(watch);
}

struct watch *watch_timer(struct loop *loop, loop_callback *callback, void *context)
{
    return create(loop, -1, 0, callback, context);
}

void timer_arm(struct watch *timer, int64_t delay_ms)
{
    struct timeval after = interval(delay_ms < 0 ? 0 : delay_ms);

    add(timer, &after);
}

void timer_disarm(struct watch *timer)
{
    (void)event_del(&timer->event);
}

struct watch *watch_signal(struct loop *loop, int signal, loop_callback *callback, void *context)
{
    struct watch *watch = create(loop, signal, EV_SIGNAL | EV_PERSIST, callback, context);

    add(watch, NULL);
    return watch;
}

void watch_free(struct watch **watch)
{
    if (*watch == NULL)
        return;
    (void)event_del(&(*watch)->event);
    free(*watch);
    *watch = NULL;
}
