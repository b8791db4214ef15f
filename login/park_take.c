/*
 * What a worker gives back: its client with what is on the way in the socket pair, the state, and the
 * mailboxes to be watched. The worker may be in its user's hands: descriptors are looked at first.
 */
#include "lib/base/base.h"

#include "login/park.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <sys/ioctl.h>
#include <sys/socket.h>

static struct buf copy(struct span octets)
{
    struct buf kept = BUF(BUF_UNLIMITED);

    buf_put(&kept, octets);
    return kept;
}

static void remember(struct client *client, const struct parking_parked *parked)
{
    struct park *park = mem_new(struct park);
    int64_t now_ms = clock_monotonic_ms();

    *park = (struct park){
        .client = client,
        .idling = parked->idling,
        .compressed = parked->compressed,
        .inner = -1,
        .silent_since_ms = now_ms - (int64_t)parked->silent_ms,
        .notify_at_ms = now_ms + (int64_t)parked->notify_ms,
        .octets_in = parked->octets_in,
        .octets_out = parked->octets_out,
        .name = mem_text(parked->name),
        .counters = mem_text(parked->counters),
        .pass = copy(parked->pass),
        .state = copy(parked->state),
    };
    client->park = park;
    park_enlist(park);
}

/* False: something has happened already. */
static bool watch_mailboxes(struct client *client, struct parking_parked *parked)
{
    struct park *park = client->park;
    struct pool *pool = client->pool;
    bool is_quiet = true;

    if (parked->watch_count == 0)
        return true;
    if (parked->notifier >= 0) {
        if (pool->notifier != NULL)
            return false; /* two imapds made one at a time: the second tries again, with the first */
        pool->notifier = notifier_create(pool, parked->notifier);
        parked->notifier = -1;
    }
    if (pool->notifier == NULL)
        return true;
    park->notices = mem_resize(NULL, parked->watch_count, sizeof(struct notice));
    for (; park->notice_count < parked->watch_count; park->notice_count++) {
        int descriptor = (int)parked->watches[park->notice_count].descriptor;
        if (!notifier_add(pool->notifier, park, descriptor, &park->notices[park->notice_count]))
            is_quiet = false;
    }
    return is_quiet;
}

static bool has_unread(int fd)
{
    int count = 0;

    return ioctl(fd, FIONREAD, &count) == 0 && count > 0;
}

/*
 * What the relay still has for the client goes into the client's output. What imapd has not read of the
 * client's input is in the socket pair: then the pair is kept, and the session goes on at once.
 */
static bool close_relay(struct client *client, struct parking_parked *parked)
{
    if (relay_has_inward(client) || has_unread(parked->client)) {
        client->park->inner = parked->client;
        parked->client = -1;
        relay_pause(client);
        return false;
    }
    if (!relay_drain(client, &client->output))
        log_warning("%s: more output than a parked session may have is lost", client->park->name);
    relay_free(client);
    return true;
}

static bool is_socket(int fd)
{
    int type;
    socklen_t size = sizeof(type);

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

/* False: it cannot wait here. */
static bool take_client(struct client *client, struct parking_parked *parked)
{
    if (client->tls != NULL)
        return close_relay(client, parked);
    client->fd = parked->client;
    parked->client = -1;
    fd_set_nonblocking(client->fd, true);
    client_watch(client);
    return true;
}

void park_begin(struct client *client, struct parking_parked *parked)
{
    bool is_quiet;

    if (client->pool == NULL || (client->tls == NULL) != (client->state == CLIENT_AWAY) ||
        !is_socket(parked->client)) {
        client_destroy(client); /* imapd is in somebody else's hands */
        return;
    }
    if (client->state == CLIENT_AWAY)
        client->login->away_count--;
    remember(client, parked);
    is_quiet = watch_mailboxes(client, parked);
    client->state = CLIENT_PARKED;
    if (!take_client(client, parked)) {
        park_wake(client, false);
        return;
    }
    login_accept_more(client->login);
    log_debug("imap-login: parked: %s", client->park->name);
    if (!is_quiet)
        park_note_change(client->park);
    park_on_event(client, client->tls != NULL ? LOOP_READ | LOOP_WRITE : LOOP_WRITE);
}
