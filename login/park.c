/*
 * The life of a parked session, between two workers. There are thousands of them: what is kept is
 * small, and the only timer is the deadline of the client's own watch.
 */
#include "lib/base/base.h"

#include "login/park.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <sys/socket.h>
#include <unistd.h>

#define CHANGES_AT_ONCE 16   /* sessions that are in workers only to be told of changes */
#define TRIES_MAX       10   /* to find a worker */
#define TRY_AGAIN_MS    1000 /* more each time */
#define STILL_HERE      "* OK Still here"

/* --- beginning and end ------------------------------------------------------------------------- */

void park_log_end(const char *name, const char *counters, uint64_t in, uint64_t out,
                  const char *reason)
{
    log_info("%s: Disconnected: %s in=%" PRIu64 " out=%" PRIu64 " %s", name, reason, in, out,
             counters);
}

void park_enlist(struct park *park)
{
    struct login *login = park->client->login;

    park->next = login->parked;
    if (login->parked != NULL)
        login->parked->previous = park;
    login->parked = park;
    login->parked_count++;
}

static void unlist(struct park *park)
{
    struct login *login = park->client->login;

    if (park->previous != NULL)
        park->previous->next = park->next;
    else
        login->parked = park->next;
    if (park->next != NULL)
        park->next->previous = park->previous;
    login->parked_count--;
}

static void queue(struct park *park)
{
    struct login *login = park->client->login;

    if (park->is_queued)
        return;
    park->is_queued = true;
    park->previous_changed = login->last_changed;
    if (login->last_changed != NULL)
        login->last_changed->next_changed = park;
    else
        login->first_changed = park;
    login->last_changed = park;
}

static void unqueue(struct park *park)
{
    struct login *login = park->client->login;

    if (!park->is_queued)
        return;
    if (park->previous_changed != NULL)
        park->previous_changed->next_changed = park->next_changed;
    else
        login->first_changed = park->next_changed;
    if (park->next_changed != NULL)
        park->next_changed->previous_changed = park->previous_changed;
    else
        login->last_changed = park->previous_changed;
    park->is_queued = false;
    park->next_changed = park->previous_changed = NULL;
}

void park_free(struct client *client)
{
    struct park *park = client->park;

    if (park == NULL)
        return;
    client->park = NULL;
    unqueue(park);
    unlist(park);
    for (size_t i = 0; i < park->notice_count; i++)
        notifier_remove(client->pool->notifier, &park->notices[i]);
    mem_free(park->notices);
    fd_close(&park->inner);
    buf_release(&park->pass);
    buf_release(&park->state);
    mem_free(park->name);
    mem_free(park->counters);
    mem_free(park);
}

/* To a client that reads deflate it is a stored block, which refers to nothing: RFC 1951 section 3.2.4. */
static void say(struct client *client, const char *text)
{
    struct park *park = client->park;
    size_t len = strlen(text) + strlen("\r\n");
    unsigned char head[] = {0, len & 0xff, len >> 8 & 0xff, ~len & 0xff, ~len >> 8 & 0xff};

    if (park->compressed && buf_append(&client->output, head, sizeof(head)))
        park->told += sizeof(head);
    client_say(client, "%s", text);
    park->told += len;
}

/* The session is over. `bye` NULL: the client is gone. */
static void end(struct client *client, const char *reason, const char *bye)
{
    struct park *park = client->park;

    if (bye != NULL) {
        say(client, bye);
    }
    park_log_end(park->name, park->counters, park->octets_in, park->octets_out + park->told,
                 reason);
    park_free(client);
    if (bye == NULL) {
        client_destroy(client);
    } else {
        client_close(client, NULL);
        client_resume(client);
    }
}

void park_end_all(struct login *login)
{
    for (struct park *park = login->parked, *next; park != NULL; park = next) {
        next = park->next;
        if (park->client->state == CLIENT_PARKED)
            end(park->client, "Server shutting down.", "* BYE Server shutting down.");
    }
}

/* --- waiting ----------------------------------------------------------------------------------- */

static int64_t silence_ends_ms(const struct park *park)
{
    return park->silent_since_ms + (int64_t)park->client->login->config->imap_idle_timeout * 1000;
}

/* What is next: the end for silence, a word to an idling client, another try to find a worker. */
static void wait_on(struct client *client)
{
    const struct park *park = client->park;
    int64_t now_ms = clock_monotonic_ms(), next_ms = silence_ends_ms(park);
    int events = park->try_at_ms == 0 ? LOOP_READ : 0;

    if (park->idling && park->notify_at_ms < next_ms)
        next_ms = park->notify_at_ms;
    if (park->try_at_ms != 0 && park->try_at_ms < next_ms)
        next_ms = park->try_at_ms;
    if (client->output.len > 0 || client->tls_wants_write)
        events |= LOOP_WRITE;
    watch_events(client->watch, events);
    watch_deadline(client->watch, next_ms <= now_ms ? 0 : (int)(next_ms - now_ms));
}

/* False: the client is gone, and the session with it. */
static bool flush(struct client *client)
{
    if (!client_flush(client)) {
        end(client, "Connection closed: read or write failed", NULL);
        return false;
    }
    if (client->output.len == 0)
        buf_release(&client->output);
    return true;
}

/* --- waking ------------------------------------------------------------------------------------ */

static void try_later(struct client *client, const char *why)
{
    struct park *park = client->park;
    const struct protocol *protocol = client->login->protocol;

    log_warning("%s-login: %s: %s", protocol->name, protocol->service, why);
    client->state = CLIENT_PARKED;
    if (++park->tries >= TRIES_MAX) {
        end(client, "Internal error", "* BYE Internal error occurred.");
        return;
    }
    park->try_at_ms = clock_monotonic_ms() + (int64_t)park->tries * TRY_AGAIN_MS;
    wait_on(client);
}

/* What imapd speaks through: -1 and *err. `to_close_r` is ours to close once it is sent. */
static int open_end(struct client *client, int *to_close_r, struct error *err)
{
    *to_close_r = -1;
    if (client->tls == NULL)
        return client->fd;
    if (client->relay != NULL)
        return client->park->inner;
    return relay_open(client, to_close_r, err);
}

static bool offer(struct client *client, bool fresh, struct error *err)
{
    const struct park *park = client->park;
    int64_t now_ms = clock_monotonic_ms();
    struct parking_resume resume = {
        .pass = buf_span(&park->pass),
        .state = buf_span(&park->state),
        .session = client->session,
        .remote_address = client->remote,
        .local_address = client->local,
        .secured = client_is_secured(client),
        .changed = park->is_changed,
        .input = buf_span(&client->input),
        .told = park->told,
        .silent_ms = (uint64_t)(now_ms - park->silent_since_ms),
        .notify_ms = now_ms < park->notify_at_ms ? (uint64_t)(park->notify_at_ms - now_ms) : 0,
    };
    bool offered;
    int to_close;

    resume.client = open_end(client, &to_close, err);
    offered =
        resume.client >= 0 && worker_ask(client, &parking_resume_message, &resume, fresh, err);
    fd_close(&to_close);
    return offered;
}

bool park_wake(struct client *client, bool fresh)
{
    struct error err = {0};

    unqueue(client->park);
    client->state = CLIENT_WAKING;
    client->park->try_at_ms = 0;
    watch_events(client->watch, 0);
    watch_deadline(client->watch, -1);
    if (client->tls == NULL)
        fd_set_nonblocking(client->fd, false);
    if (offer(client, fresh, &err))
        return true;
    park_refused(client, true, err.text);
    return false;
}

void park_refused(struct client *client, bool was_fresh, const char *why)
{
    if (client->tls == NULL)
        fd_set_nonblocking(client->fd, true);
    else if (client->park->inner < 0)
        relay_free(client);
    if (was_fresh)
        try_later(client, why);
    else
        park_wake(client, true);
}

void park_resumed(struct client *client, uint64_t pid)
{
    log_debug("imap-login: goes on: %s, mpid=%" PRIu64, client->park->name, pid);
    park_free(client);
    buf_release(&client->input);
    if (client->tls != NULL) {
        client->state = CLIENT_RELAY;
        relay_on_event(client, LOOP_READ | LOOP_WRITE);
    } else {
        client_send_away(client);
    }
}

/* --- changes of mailboxes ---------------------------------------------------------------------- */

void park_note_change(struct park *park)
{
    if (park->client->state == CLIENT_PARKED)
        queue(park);
}

void park_serve_changes(struct login *login)
{
    while (login->first_changed != NULL && login->changes_served < CHANGES_AT_ONCE) {
        struct client *client = login->first_changed->client;

        client->park->is_changed = true;
        if (park_wake(client, false)) { /* takes it from the queue, in either case */
            client->worker->is_for_change = true;
            login->changes_served++;
        }
    }
}

/* --- events ------------------------------------------------------------------------------------ */

enum heard { HEARD_NOTHING, HEARD_INPUT, HEARD_END };

/* Without TLS it stays in the socket, for imapd. */
static enum heard listen_plain(const struct client *client)
{
    char octet;
    ssize_t got = recv(client->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT);

    if (got > 0)
        return HEARD_INPUT;
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? HEARD_NOTHING : HEARD_END;
}

static enum heard listen_tls(struct client *client)
{
    bool is_up = client_read(client);

    if (client->input.len > 0)
        return HEARD_INPUT; /* an end behind it will be met again */
    return is_up ? HEARD_NOTHING : HEARD_END;
}

static void on_input(struct client *client)
{
    switch (client->tls != NULL ? listen_tls(client) : listen_plain(client)) {
    case HEARD_NOTHING:
        wait_on(client);
        break;
    case HEARD_INPUT:
        park_wake(client, false);
        break;
    case HEARD_END:
        end(client, "Connection closed", NULL);
        break;
    }
}

static void say_still_here(struct client *client)
{
    struct park *park = client->park;

    park->notify_at_ms =
        clock_monotonic_ms() + (int64_t)client->login->config->imap_idle_notify_interval * 1000;
    if (client->output.len > 0)
        return; /* it does not even read the last one */
    say(client, STILL_HERE);
    if (flush(client))
        wait_on(client);
}

static void on_time(struct client *client)
{
    const struct park *park = client->park;
    int64_t now_ms = clock_monotonic_ms();

    if (now_ms >= silence_ends_ms(park))
        end(client, "Disconnected for inactivity.", "* BYE Disconnected for inactivity.");
    else if (park->try_at_ms != 0 && now_ms >= park->try_at_ms)
        park_wake(client, false);
    else if (park->idling && now_ms >= park->notify_at_ms)
        say_still_here(client);
    else
        wait_on(client);
}

void park_on_event(struct client *client, int events)
{
    if ((events & LOOP_WRITE) != 0 && !flush(client))
        return;
    if ((events & LOOP_READ) != 0)
        on_input(client);
    else if ((events & LOOP_TIMEOUT) != 0)
        on_time(client);
    else
        wait_on(client);
}
