/* Pools of connections. An idle connection that becomes readable has been closed by its peer: a process
 * that ends, because it is old or its tables have changed. That is no trouble; the next one is new. */
#include "qmgr/pool.h"

#include "lib/base/log.h"
#include "lib/service/service.h"

struct pool {
    struct loop *loop;
    struct pool_settings settings;
    int open;
    struct peer *idle; /* the last used one first, so that the others grow old */
    struct peer *busy;
};

struct pool *pool_create(struct loop *loop, const struct pool_settings *settings)
{
    struct pool *pool = mem_new(struct pool);

    pool->loop = loop;
    pool->settings = *settings;
    return pool;
}

static void link_peer(struct peer **list, struct peer *peer)
{
    peer->next = *list;
    *list = peer;
}

static void unlink_peer(struct peer *peer)
{
    struct peer **link = peer->work == NULL ? &peer->pool->idle : &peer->pool->busy;

    while (*link != NULL && *link != peer)
        link = &(*link)->next;
    if (*link == peer)
        *link = peer->next;
}

static void free_peer(struct peer *peer)
{
    watch_free(&peer->watch);
    connection_free(&peer->connection);
    mem_free(peer);
}

void pool_drop(struct peer *peer)
{
    unlink_peer(peer);
    peer->pool->open--;
    peer->work = NULL;
    peer->ended = true;
    if (!peer->in_callback)
        free_peer(peer);
}

void pool_close_idle(struct pool *pool)
{
    while (pool->idle != NULL)
        pool_drop(pool->idle);
}

void pool_free(struct pool **pool)
{
    if (*pool == NULL)
        return;
    pool_close_idle(*pool);
    while ((*pool)->busy != NULL)
        pool_drop((*pool)->busy);
    mem_free(*pool);
    *pool = NULL;
}

static void lose(struct peer *peer, const struct error *err)
{
    const struct pool_settings *settings = &peer->pool->settings;
    void *work = peer->work;

    if (peer->ended)
        return;
    pool_drop(peer);
    if (work != NULL)
        settings->on_lost(work, settings->context, err);
    else if (err->kind != ERROR_NONE)
        log_warning("%s socket: %s", settings->service, err->text);
}

static void read_messages(struct peer *peer)
{
    const struct pool_settings *settings = &peer->pool->settings;
    struct error err = {0};
    bool good = ipc_read_ready(peer->connection, &err);

    while (good && !peer->ended && ipc_complete(peer->connection)) {
        if (peer->work != NULL) {
            good = settings->on_message(peer, settings->context, &err);
        } else {
            error_set(&err, ERROR_MALFORMED, "unexpected message");
            good = false;
        }
    }
    if (!good)
        lose(peer, &err);
}

static void write_rest(struct peer *peer)
{
    struct error err = {0};

    if (ipc_write_ready(peer->connection, &err))
        pool_sent(peer);
    else
        lose(peer, &err);
}

static void time_out(struct peer *peer)
{
    const struct pool_settings *settings = &peer->pool->settings;
    struct error err = {0};

    if (peer->in_message)
        error_set(&err, ERROR_TEMPORARY, "stuck in a message for %d s", settings->ipc_ms / 1000);
    else if (peer->work != NULL)
        error_set(&err, ERROR_TEMPORARY, "no answer within %d s", settings->busy_ms / 1000);
    lose(peer, &err);
}

/* Who has begun to speak, or to listen, has less time. */
static void set_deadline(struct peer *peer)
{
    const struct pool_settings *settings = &peer->pool->settings;
    const bool in_message = ipc_has_input(peer->connection) || ipc_wants_write(peer->connection);

    if (peer->work == NULL || in_message == peer->in_message)
        return;
    peer->in_message = in_message;
    watch_deadline(peer->watch, in_message ? settings->ipc_ms : settings->busy_ms);
}

static void on_event(void *context, int fd UNUSED, int events)
{
    struct peer *peer = context;

    peer->in_callback = true;
    if ((events & LOOP_READ) != 0)
        read_messages(peer);
    if ((events & LOOP_WRITE) != 0 && !peer->ended)
        write_rest(peer);
    if ((events & LOOP_TIMEOUT) != 0 && !peer->ended)
        time_out(peer);
    peer->in_callback = false;
    if (peer->ended)
        free_peer(peer);
    else
        set_deadline(peer);
}

static struct peer *connect_peer(struct pool *pool, struct error *err)
{
    struct peer *peer;
    int fd;

    if (pool->settings.maximum > 0 && pool->open >= pool->settings.maximum) {
        error_clear(err);
        return NULL;
    }
    fd = service_connect_fd(pool->settings.service, err);
    if (fd == -1)
        return NULL;
    pool->open++;
    peer = mem_new(struct peer);
    peer->pool = pool;
    peer->connection = connection_create(fd);
    ipc_event_driven(peer->connection);
    peer->watch = watch_fd(pool->loop, fd, LOOP_READ, on_event, peer);
    return peer;
}

struct peer *pool_take(struct pool *pool, void *work, struct error *err)
{
    struct peer *peer = pool->idle;

    ASSERT(work != NULL);
    if (peer != NULL)
        pool->idle = peer->next;
    else
        peer = connect_peer(pool, err);
    if (peer == NULL)
        return NULL;
    peer->work = work;
    peer->in_message = false;
    peer->uses++;
    link_peer(&pool->busy, peer);
    watch_deadline(peer->watch, pool->settings.busy_ms);
    return peer;
}

void pool_sent(struct peer *peer)
{
    watch_events(peer->watch, LOOP_READ | (ipc_wants_write(peer->connection) ? LOOP_WRITE : 0));
    set_deadline(peer);
}

void pool_give_back(struct peer *peer)
{
    struct pool *pool = peer->pool;

    if (peer->uses >= pool->settings.uses) {
        pool_drop(peer);
        return;
    }
    unlink_peer(peer);
    peer->work = NULL;
    link_peer(&pool->idle, peer);
    watch_deadline(peer->watch, pool->settings.idle_ms);
}
