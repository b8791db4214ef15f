/*
 * A spot is a watch with the sessions that wait for it. Watches that nobody waits for are removed only
 * while no imapd is between adding one and telling us (pool->watching): it may have been given one
 * that was there already. For the same time we remember which spots had events, because the session
 * that is being parked has not been seen here yet.
 */
#include "lib/base/base.h"

#include "login/notifier.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "login/park.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

#define EARLY_MAX   64 /* spots with events while somebody parks; more: any */
#define EVENTS_SIZE 16384

struct spot {
    int descriptor;
    struct notice *waiting;
    struct spot *next_unused; /* nobody waits; it goes when the pool settles */
    bool is_unused;
};

struct notifier {
    struct pool *pool;
    int instance;
    struct watch *watch;
    struct hash *spots; /* by descriptor */
    struct spot *unused;
    int early[EARLY_MAX];
    size_t early_count; /* beyond EARLY_MAX: all of them */
};

static struct span key_of(const int *descriptor)
{
    return span_of(descriptor, sizeof(*descriptor));
}

/* --- events ------------------------------------------------------------------------------------ */

static void wake_all_at(const struct spot *spot)
{
    for (struct notice *at = spot->waiting; at != NULL; at = at->next)
        park_note_change(at->park);
}

/* Events were lost: everybody looks. */
static void wake_everybody(struct notifier *notifier)
{
    size_t position = 0;
    struct span key;
    void *spot;

    while (hash_next(notifier->spots, &position, &key, &spot))
        wake_all_at(spot);
    notifier->early_count = EARLY_MAX + 1;
}

static void note_early(struct notifier *notifier, int descriptor)
{
    if (notifier->pool->watching == 0)
        return;
    for (size_t i = 0; i < notifier->early_count && i < EARLY_MAX; i++) {
        if (notifier->early[i] == descriptor)
            return;
    }
    if (notifier->early_count < EARLY_MAX)
        notifier->early[notifier->early_count] = descriptor;
    if (notifier->early_count <= EARLY_MAX)
        notifier->early_count++;
}

static bool was_early(const struct notifier *notifier, int descriptor)
{
    if (notifier->early_count > EARLY_MAX)
        return true;
    for (size_t i = 0; i < notifier->early_count; i++) {
        if (notifier->early[i] == descriptor)
            return true;
    }
    return false;
}

static void act_on(struct notifier *notifier, const struct inotify_event *event)
{
    const struct spot *spot;

    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        wake_everybody(notifier);
        return;
    }
    note_early(notifier, event->wd);
    spot = hash_get(notifier->spots, key_of(&event->wd));
    if (spot != NULL)
        wake_all_at(spot);
}

static void on_events(void *context, int fd, int events UNUSED)
{
    struct notifier *notifier = context;
    struct login *login = notifier->pool->login;
    char octets[EVENTS_SIZE];
    ssize_t len = read(fd, octets, sizeof(octets));
    struct inotify_event event;

    if (len == 0 || (len < 0 && errno != EAGAIN && errno != EINTR)) {
        log_warning("%s-login: what happens to mailboxes cannot be read: %s", login->protocol->name,
                    len == 0 ? "no inotify instance" : strerror(errno));
        watch_free(&notifier->watch);
        wake_everybody(notifier);
    }
    for (ssize_t at = 0; at + (ssize_t)sizeof(event) <= len;
         at += (ssize_t)(sizeof(event) + event.len)) {
        memcpy(&event, octets + at, sizeof(event));
        act_on(notifier, &event);
    }
    park_serve_changes(login); /* last: it may end this notifier */
}

/* --- watches ----------------------------------------------------------------------------------- */

static struct spot *find_spot(struct notifier *notifier, int descriptor)
{
    struct spot *spot = hash_get(notifier->spots, key_of(&descriptor));

    if (spot != NULL)
        return spot;
    spot = mem_new(struct spot);
    spot->descriptor = descriptor;
    hash_put(notifier->spots, key_of(&spot->descriptor), spot);
    return spot;
}

bool notifier_add(struct notifier *notifier, struct park *park, int descriptor,
                  struct notice *notice_r)
{
    struct spot *spot = find_spot(notifier, descriptor);

    *notice_r = (struct notice){.park = park, .spot = spot, .next = spot->waiting};
    if (spot->waiting != NULL)
        spot->waiting->previous = notice_r;
    spot->waiting = notice_r;
    return !was_early(notifier, descriptor);
}

void notifier_remove(struct notifier *notifier, struct notice *notice)
{
    struct spot *spot = notice->spot;

    if (notice->previous != NULL)
        notice->previous->next = notice->next;
    else
        spot->waiting = notice->next;
    if (notice->next != NULL)
        notice->next->previous = notice->previous;
    if (spot->waiting == NULL && !spot->is_unused) {
        spot->is_unused = true;
        spot->next_unused = notifier->unused;
        notifier->unused = spot;
    }
    if (notifier->pool->watching == 0)
        notifier_settle(notifier);
}

/* The kernel may have removed it already, with the directory: then it refuses, and that is fine. */
static void drop_spot(struct notifier *notifier, struct spot *spot)
{
    (void)inotify_rm_watch(notifier->instance, spot->descriptor);
    hash_remove(notifier->spots, key_of(&spot->descriptor));
    mem_free(spot);
}

void notifier_settle(struct notifier *notifier)
{
    struct spot *next;

    if (notifier == NULL)
        return;
    notifier->early_count = 0;
    for (struct spot *spot = notifier->unused; spot != NULL; spot = next) {
        next = spot->next_unused;
        spot->is_unused = false;
        if (spot->waiting == NULL)
            drop_spot(notifier, spot);
    }
    notifier->unused = NULL;
}

/* --- beginning and end ------------------------------------------------------------------------- */

/* The loop takes it for granted that a descriptor can be watched; an ordinary file cannot. */
static bool is_watchable(int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int scratch = epoll_create1(EPOLL_CLOEXEC);
    bool is = scratch >= 0 && epoll_ctl(scratch, EPOLL_CTL_ADD, fd, &event) == 0;

    fd_close(&scratch);
    return is;
}

struct notifier *notifier_create(struct pool *pool, int instance)
{
    struct notifier *notifier;

    if (!is_watchable(instance)) {
        fd_close(&instance);
        return NULL;
    }
    fd_set_nonblocking(instance, true);
    notifier = mem_new(struct notifier);
    notifier->pool = pool;
    notifier->instance = instance;
    notifier->spots = hash_create();
    notifier->watch =
        watch_fd(pool->login->instance->loop, instance, LOOP_READ, on_events, notifier);
    return notifier;
}

void notifier_free(struct notifier **held)
{
    struct notifier *notifier = *held;

    *held = NULL;
    if (notifier == NULL)
        return;
    notifier_settle(notifier);
    hash_free(&notifier->spots, NULL);
    watch_free(&notifier->watch);
    fd_close(&notifier->instance);
    mem_free(notifier);
}

int notifier_descriptor(const struct notifier *notifier)
{
    return notifier == NULL ? -1 : notifier->instance;
}
