/* What workers say, and the list of those that are free. */
#include "lib/base/base.h"

#include "login/worker.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/sasl/parking.h"
#include "login/notifier.h"
#include "login/park.h"

#define ANSWER_MS 30000 /* for a session that was offered */
#define CHANGE_MS 1000  /* a session that came for a change and stays is one as any other */

/* --- pools ------------------------------------------------------------------------------------- */

struct pool *pool_hold(struct login *login, const char *key)
{
    struct pool *pool = hash_get(login->pools, span_text(key));

    if (pool == NULL) {
        pool = mem_new(struct pool);
        pool->login = login;
        pool->key = mem_text(key);
        hash_put(login->pools, span_text(pool->key), pool);
    }
    pool->references++;
    return pool;
}

void pool_release(struct pool **held)
{
    struct pool *pool = *held;

    *held = NULL;
    if (pool == NULL || --pool->references > 0)
        return;
    notifier_free(&pool->notifier); /* its watches ended with the sessions that had them */
    hash_remove(pool->login->pools, span_text(pool->key));
    mem_free(pool->key);
    mem_free(pool);
}

/* --- beginning and end ------------------------------------------------------------------------- */

static void end_watching(struct worker *worker)
{
    if (!worker->is_watching)
        return;
    worker->is_watching = false;
    worker->pool->watching--;
    if (worker->pool->watching == 0)
        notifier_settle(worker->pool->notifier);
}

/* Its word on a session has come, whatever it is: another whose mailbox changed may have its turn. */
static void end_change(struct worker *worker)
{
    if (!worker->is_for_change)
        return;
    worker->is_for_change = false;
    worker->login->changes_served--;
}

static void unlist(struct worker *worker)
{
    struct login *login = worker->login;
    size_t at = 0;

    while (at < login->free_count && login->free_workers[at] != worker)
        at++;
    if (at == login->free_count)
        return;
    login->free_count--;
    memmove(login->free_workers + at, login->free_workers + at + 1,
            (login->free_count - at) * sizeof(struct worker *));
}

static void free_worker(struct worker *worker)
{
    pool_release(&worker->pool);
    mem_free(worker);
}

/* While it is heard, its memory is still needed: on_worker frees it then. */
static void end_worker(struct worker *worker)
{
    if (worker->client != NULL)
        worker->client->worker = NULL;
    worker->client = NULL;
    if (worker->state == WORKER_FREE)
        unlist(worker);
    worker->is_ended = true;
    end_watching(worker);
    watch_free(&worker->watch);
    connection_free(&worker->peer);
    end_change(worker);
    if (!worker->is_heard)
        free_worker(worker);
}

static size_t pool_limit(const struct login *login)
{
    int limit = login->config->imap_pool_limit;

    return limit < 0 ? 0 : (size_t)limit;
}

/* There may be one too many, until it has been heard to the end (trim). */
static void enlist(struct worker *worker)
{
    struct login *login = worker->login;

    worker->state = WORKER_FREE;
    worker->is_fresh = false;
    watch_deadline(worker->watch, -1);
    if (login->free_workers == NULL)
        login->free_workers = mem_resize(NULL, pool_limit(login) + 1, sizeof(struct worker *));
    ASSERT(login->free_count <= pool_limit(login));
    login->free_workers[login->free_count++] = worker;
}

/* Those that have waited longest make room. */
static void trim(struct login *login)
{
    while (login->free_count > pool_limit(login))
        end_worker(login->free_workers[0]);
}

/* The latest: its memory is the warmest. */
static struct worker *find_free(struct login *login, const struct pool *pool)
{
    for (size_t at = login->free_count; at > 0; at--) {
        if (login->free_workers[at - 1]->pool == pool)
            return login->free_workers[at - 1];
    }
    return NULL;
}

/* --- what it says ------------------------------------------------------------------------------ */

static bool on_accepted(struct worker *worker, struct arena *arena, struct error *err)
{
    struct session_accepted accepted = {0};

    if (!ipc_receive(worker->peer, &session_accepted_message, arena, &accepted, err))
        return false;
    worker->state = WORKER_BUSY;
    watch_deadline(worker->watch, worker->is_for_change ? CHANGE_MS : -1);
    if (worker->client != NULL)
        session_accepted(worker->client, accepted.pid);
    return true;
}

static bool on_watching(struct worker *worker, struct arena *arena, struct error *err)
{
    struct parking_watching watching;
    const struct parking_notifier answer = {
        .notifier = notifier_descriptor(worker->pool->notifier),
    };

    if (!ipc_receive(worker->peer, &parking_watching_message, arena, &watching, err) ||
        !ipc_send(worker->peer, &parking_notifier_message, &answer, err))
        return false;
    if (!worker->is_watching)
        worker->pool->watching++;
    worker->is_watching = true;
    watch_deadline(worker->watch, ANSWER_MS);
    return true;
}

static bool on_staying(struct worker *worker, struct arena *arena, struct error *err)
{
    struct parking_staying staying;

    if (!ipc_receive(worker->peer, &parking_staying_message, arena, &staying, err))
        return false;
    end_watching(worker);
    end_change(worker);
    watch_deadline(worker->watch, -1);
    return true;
}

static void close_descriptors(struct parking_parked *parked)
{
    fd_close(&parked->client);
    fd_close(&parked->notifier);
}

static bool on_parked(struct worker *worker, struct arena *arena, struct error *err)
{
    struct parking_parked parked = {.client = -1, .notifier = -1};
    struct client *client = worker->client;

    if (!ipc_receive(worker->peer, &parking_parked_message, arena, &parked, err))
        return false;
    if (parked.client < 0) {
        close_descriptors(&parked);
        error_set(err, ERROR_MALFORMED, "a parked session without a client");
        return false;
    }
    worker->client = NULL;
    if (client != NULL)
        client->worker = NULL;
    enlist(worker);
    if (client != NULL)
        park_begin(client, &parked);
    else
        park_log_end(parked.name, parked.counters, parked.octets_in, parked.octets_out,
                     "Connection closed");
    close_descriptors(&parked);
    end_watching(worker); /* now that the session's watches are known */
    end_change(worker);
    return true;
}

static bool on_ended(struct worker *worker, struct arena *arena, struct error *err)
{
    struct parking_ended ended;
    struct client *client = worker->client;

    if (!ipc_receive(worker->peer, &parking_ended_message, arena, &ended, err))
        return false;
    worker->client = NULL;
    if (client != NULL)
        client->worker = NULL;
    enlist(worker);
    end_change(worker);
    if (client != NULL)
        session_ended(client);
    return true;
}

/* message, in which state it may come, handler */
static const struct {
    const struct ipc_message *message;
    enum worker_state state;
    bool (*run)(struct worker *worker, struct arena *arena, struct error *err);
} words[] = {
    {&session_accepted_message, WORKER_ASKED, on_accepted},
    {&parking_watching_message, WORKER_BUSY,  on_watching},
    {&parking_staying_message,  WORKER_BUSY,  on_staying },
    {&parking_parked_message,   WORKER_BUSY,  on_parked  },
    {&parking_ended_message,    WORKER_BUSY,  on_ended   },
};

static bool run_word(struct worker *worker, struct error *err)
{
    struct arena *arena = arena_create();
    struct span name;
    bool done = false, known = false;

    if (ipc_next(worker->peer, &name, err)) {
        for (size_t i = 0; i < ARRAY_LENGTH(words) && !known; i++) {
            known =
                words[i].state == worker->state && span_equal_text(name, words[i].message->name);
            if (known)
                done = words[i].run(worker, arena, err);
        }
        if (!known)
            error_set(err, ERROR_MALFORMED, "\"%.*s\" when it was not its turn", SPAN_PRINTF(name));
    }
    arena_free(&arena);
    return done;
}

/* A process that waited for its next session may end at any moment, and take an offer unread along. */
static bool is_usual_end(const struct worker *worker, const struct error *err)
{
    return err->kind == ERROR_NONE || (!worker->is_fresh && worker->state != WORKER_BUSY &&
                                       (err->number == ECONNRESET || err->number == EPIPE));
}

/* It hung up, or made no sense. */
static void lose(struct worker *worker, const struct error *err)
{
    const struct protocol *protocol = worker->login->protocol;
    struct client *client = worker->client;
    enum worker_state state = worker->state;
    bool was_fresh = worker->is_fresh;

    if (!is_usual_end(worker, err))
        log_warning("%s-login: %s: %s", protocol->name, protocol->service, err->text);
    end_worker(worker);
    if (client == NULL)
        return;
    if (state == WORKER_ASKED)
        session_refused(client, was_fresh, err->kind == ERROR_NONE ? "it hung up" : err->text);
    else
        session_ended(client);
}

static bool exchange(struct worker *worker, int events, struct error *err)
{
    if ((events & LOOP_TIMEOUT) != 0 && (worker->state == WORKER_ASKED || worker->is_watching)) {
        error_set(err, ERROR_TEMPORARY, "no answer");
        return false;
    }
    if ((events & LOOP_TIMEOUT) != 0) {
        watch_deadline(worker->watch, -1);
        end_change(worker);
    }
    return ((events & LOOP_WRITE) == 0 || ipc_write_ready(worker->peer, err)) &&
           ((events & LOOP_READ) == 0 || ipc_read_ready(worker->peer, err));
}

static void on_worker(void *context, int fd UNUSED, int events)
{
    struct worker *worker = context;
    struct login *login = worker->login;
    struct error err = {0};
    bool is_up;

    worker->is_heard = true;
    is_up = exchange(worker, events, &err);
    while (is_up && !worker->is_ended && ipc_complete(worker->peer))
        is_up = run_word(worker, &err);
    worker->is_heard = false;
    if (worker->is_ended)
        free_worker(worker);
    else if (!is_up)
        lose(worker, &err);
    else
        watch_events(worker->watch, LOOP_READ | (ipc_wants_write(worker->peer) ? LOOP_WRITE : 0));
    trim(login);
    park_serve_changes(login);
}

/* --- offering a session ------------------------------------------------------------------------ */

static struct worker *create(struct client *client, struct error *err)
{
    struct login *login = client->login;
    struct worker *worker;
    int fd = service_connect_fd(login->protocol->service, err);

    if (fd < 0)
        return NULL;
    worker = mem_new(struct worker);
    worker->login = login;
    worker->pool = pool_hold(login, client->pool->key);
    worker->is_fresh = true;
    worker->peer = connection_create(fd);
    ipc_event_driven(worker->peer);
    worker->watch = watch_fd(login->instance->loop, fd, LOOP_READ, on_worker, worker);
    return worker;
}

static bool give(struct worker *worker, struct client *client, const struct ipc_message *message,
                 const void *offer, struct error *err)
{
    worker->state = WORKER_ASKED;
    if (!ipc_send(worker->peer, message, offer, err)) {
        end_worker(worker);
        return false;
    }
    worker->client = client;
    client->worker = worker;
    watch_events(worker->watch, LOOP_READ | (ipc_wants_write(worker->peer) ? LOOP_WRITE : 0));
    watch_deadline(worker->watch, ANSWER_MS);
    return true;
}

/* One that waits may have ended, and we have not heard it yet: that is no matter of the client's. */
bool worker_ask(struct client *client, const struct ipc_message *message, const void *offer,
                bool fresh, struct error *err)
{
    struct worker *worker;

    while (!fresh && (worker = find_free(client->login, client->pool)) != NULL) {
        unlist(worker);
        if (give(worker, client, message, offer, err))
            return true;
        error_clear(err);
    }
    worker = create(client, err);
    return worker != NULL && give(worker, client, message, offer, err);
}

void worker_leave(struct client *client)
{
    struct worker *worker = client->worker;

    if (worker == NULL)
        return;
    if (worker->state == WORKER_ASKED) {
        end_worker(worker);
        return;
    }
    worker->client = NULL;
    client->worker = NULL;
}
