/* Listing the queue. */
#include "lib/base/base.h"

#include "lib/delivery/listing_internal.h"

#include "lib/base/hash.h"
#include "lib/delivery/reasons.h"
#include "lib/message/address.h"

#include <fcntl.h>
#include <sys/stat.h>

#define QUEUE_NAME_MAX 32

static const char *const queues[] = {"active", "incoming", "deferred", "hold"};

/* --- the conversation --------------------------------------------------------------------------------------- */

static const struct ipc_field recipient_fields[] = {
    IPC_TEXT(struct listing_recipient, address, ADDRESS_MAX),
    IPC_TEXT(struct listing_recipient, reason, DELIVERY_TEXT_MAX),
    IPC_TEXT(struct listing_recipient, original, ADDRESS_MAX),
    IPC_END,
};

static const struct ipc_field entry_fields[] = {
    IPC_TEXT(struct listing_entry, queue, QUEUE_NAME_MAX),
    IPC_TEXT(struct listing_entry, queue_id, QUEUE_ID_MAX),
    IPC_NUMBER(struct listing_entry, arrival_s, INT64_MAX),
    IPC_NUMBER(struct listing_entry, size, INT64_MAX),
    IPC_BOOL(struct listing_entry, forced_expire),
    IPC_BOOL(struct listing_entry, continued),
    IPC_TEXT(struct listing_entry, sender, ADDRESS_MAX),
    IPC_LIST(struct listing_entry, recipients, recipient_count, recipient_fields,
             LISTING_RECIPIENTS_MAX),
    IPC_END,
};

static const struct ipc_message entry_message = {"message", 1, entry_fields};

bool listing_send(struct connection *client, const struct listing_entry *entry, struct error *err)
{
    static const struct listing_entry end;

    return ipc_send(client, &entry_message, entry == NULL ? &end : entry, err);
}

bool listing_receive(struct connection *showq, struct arena *arena, struct listing_entry *entry_r,
                     struct error *err)
{
    *entry_r = (struct listing_entry){0};
    return ipc_receive(showq, &entry_message, arena, entry_r, err);
}

/* --- the walk ----------------------------------------------------------------------------------------------- */

/* A recipient who waits; several may do so at one address, as of two aliases. */
struct waiting {
    const struct queue_recipient *recipient;
    struct waiting *next; /* at the same address */
    bool is_listed;
};

/* All of them, in the order of the envelope; by their addresses the first one of each. */
static struct waiting *find_waiting(struct arena *arena, const struct queue_envelope *envelope,
                                    struct hash *by_address, size_t *count_r)
{
    struct waiting *all = arena_array(arena, struct waiting, envelope->recipient_count);
    size_t count = 0;

    for (size_t i = 0; i < envelope->recipient_count; i++) {
        if (recipient_waits(envelope->recipients[i].status))
            all[count++] = (struct waiting){.recipient = &envelope->recipients[i]};
    }
    for (size_t i = count; i-- > 0;)
        all[i].next = hash_put(by_address, span_text(all[i].recipient->address), &all[i]);
    *count_r = count;
    return all;
}

static void add_recipient(struct listing_entry *entry, const struct queue_recipient *recipient,
                          const char *reason)
{
    bool is_same = strcmp(recipient->original, recipient->address) == 0;

    entry->recipients[entry->recipient_count++] =
        (struct listing_recipient){recipient->address, reason, is_same ? "" : recipient->original};
}

/* Recipients whose reason is known, in the order of the reasons, and then the others. */
static void gather(const struct listing_walk *walk, const struct queue_envelope *envelope,
                   struct listing_entry *entry)
{
    struct hash *by_address = hash_create();
    size_t count, reason_count;
    struct waiting *all = find_waiting(walk->arena, envelope, by_address, &count);
    const struct notice_recipient *reasons =
        reasons_read(walk->queue_directory, walk->config, REASONS_OF_DELAY, entry->queue_id,
                     walk->arena, &reason_count);

    entry->recipients = arena_array(walk->arena, struct listing_recipient, count);
    for (size_t i = 0; i < reason_count; i++) {
        struct span address = span_text(reasons[i].address);
        struct waiting *waiting = hash_remove(by_address, address);
        if (waiting == NULL)
            continue;
        add_recipient(entry, waiting->recipient, reasons[i].text);
        waiting->is_listed = true;
        if (waiting->next != NULL)
            (void)hash_put(by_address, address, waiting->next);
    }
    for (size_t i = 0; i < count; i++) {
        if (!all[i].is_listed)
            add_recipient(entry, all[i].recipient, "");
    }
    hash_free(&by_address, NULL);
}

bool listing_hand_out(const struct listing_walk *walk, struct listing_entry *entry,
                      struct error *err)
{
    size_t left = entry->recipient_count;

    do {
        entry->recipient_count = left < LISTING_RECIPIENTS_MAX ? left : LISTING_RECIPIENTS_MAX;
        left -= entry->recipient_count;
        entry->continued = left > 0;
        if (!walk->take(walk->context, entry, err))
            return false;
        entry->recipients += entry->recipient_count;
    } while (left > 0);
    return true;
}

static bool list_file(const struct listing_walk *walk, const char *queue, const char *queue_id,
                      const char *path, struct error *err)
{
    int fd = openat(walk->queue_directory, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct listing_entry entry = {.queue = queue, .queue_id = queue_id};
    struct queue_envelope envelope;
    struct error unreadable;
    struct stat status;
    bool good;

    if (fd == -1)
        return true; /* gone meanwhile */
    good = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
           queue_file_read(fd, walk->arena, &envelope, &unreadable);
    fd_close(&fd);
    if (!good)
        return true; /* still being written, or corrupt: qmgr's business */
    entry.arrival_s = (uint64_t)envelope.arrival.tv_sec;
    entry.size = envelope.content_size;
    entry.forced_expire = (status.st_mode & QUEUE_MODE_EXPIRE) != 0;
    entry.sender = envelope.sender;
    gather(walk, &envelope, &entry);
    return listing_hand_out(walk, &entry, err);
}

static bool list_queue(const struct listing_walk *walk, const char *queue, struct error *err)
{
    struct queue_scan *scan = queue_scan_open(walk->queue_directory, queue, err);
    char queue_id[QUEUE_ID_MAX];
    bool good = true;

    if (scan == NULL)
        return false;
    while (good && queue_scan_next(scan, queue_id, err)) {
        good = list_file(walk, queue, queue_id, queue_scan_path(scan), err);
        arena_reset(walk->arena);
    }
    queue_scan_close(&scan);
    return good && err->kind == ERROR_NONE;
}

bool listing_walk(int queue_directory, const struct config *config, listing_take *take,
                  void *context, struct error *err)
{
    const struct listing_walk walk = {queue_directory, config, arena_create(), take, context};
    struct arena *arena = walk.arena;
    bool good;

    error_clear(err);
    good = listing_maildrop(&walk, err);
    for (size_t i = 0; i < ARRAY_LENGTH(queues) && good; i++)
        good = list_queue(&walk, queues[i], err);
    arena_free(&arena);
    return good;
}

bool listing_message(int queue_directory, const struct config *config, const char *queue,
                     const char *queue_id, listing_take *take, void *context, struct error *err)
{
    const struct listing_walk walk = {queue_directory, config, arena_create(), take, context};
    struct arena *arena = walk.arena;
    const char *path = queue_path(arena, config, queue, queue_id);
    bool good = strcmp(queue, "maildrop") == 0 ? listing_maildrop_file(&walk, queue_id, path, err)
                                               : list_file(&walk, queue, queue_id, path, err);

    arena_free(&arena);
    return good;
}
