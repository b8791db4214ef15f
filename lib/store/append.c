/* Appending: content goes to the driver's files with LF line ends, then all messages come to be at once. */
#include "lib/base/base.h"

#include "lib/store/driver.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/message/crlf.h"

#include <sys/stat.h>
#include <unistd.h>

#define BLOCK_MAX    (128U * 1024)
#define MESSAGES_MAX 100000

struct store_append {
    struct mailbox *mailbox;
    struct arena *arena;
    struct new_message *messages;
    size_t count, capacity;
    uint32_t *uids;

    /* Of the message that is being written: */
    int fd; /* -1: none is */
    struct buf block;
    bool pending_cr;
    uint64_t line_ends;
    char previous;
};

struct store_append *store_append_begin(struct store *store, const char *name, struct error *err)
{
    struct store_append *append = mem_new(struct store_append);

    append->fd = -1;
    append->block = BUF(2 * BLOCK_MAX + 16);
    append->mailbox = mailbox_attach(store, name, true, err);
    if (append->mailbox == NULL) {
        mem_free(append);
        return NULL;
    }
    append->arena = arena_create();
    return append;
}

static bool write_block(struct store_append *append, struct error *err)
{
    struct new_message *message = &append->messages[append->count - 1];
    uint64_t virtual_len = crlf_length(buf_span(&append->block), &append->previous);

    if (!write_all(append->fd, buf_span(&append->block))) {
        error_errno(err, "write message file");
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    message->size += append->block.len;
    message->virtual_size += virtual_len;
    buf_clear(&append->block);
    return true;
}

static bool end_message(struct store_append *append, struct error *err)
{
    struct timespec when = {0};
    bool done;

    if (append->fd < 0)
        return true;
    when.tv_sec = (time_t)append->messages[append->count - 1].internal_date;
    if (append->pending_cr)
        buf_put_char(&append->block, '\r');
    append->pending_cr = false;
    done = write_block(append, err);
    if (done &&
        (futimens(append->fd, (struct timespec[2]){when, when}) != 0 || fsync(append->fd) != 0)) {
        error_errno(err, "sync message file");
        err->kind = ERROR_TEMPORARY;
        done = false;
    }
    fd_close(&append->fd);
    return done;
}

static bool map_keywords(struct mailbox *mailbox, const struct strlist *keywords, uint32_t *bits_r,
                         struct error *err)
{
    for (size_t i = 0; i < keywords->count; i++) {
        uint32_t bit;
        if (!mailbox_keyword(mailbox, span_text(keywords->items[i]), &bit, err))
            return false;
        *bits_r |= bit;
    }
    return true;
}

bool store_append_message(struct store_append *append, uint32_t flags,
                          const struct strlist *keywords, uint64_t internal_date, struct error *err)
{
    struct new_message *message;

    if (!end_message(append, err))
        return false;
    if (append->count == MESSAGES_MAX) {
        error_set(err, ERROR_PERMANENT, "Too many messages at once");
        return false;
    }
    if (append->count == append->capacity) {
        append->capacity = append->capacity == 0 ? 4 : append->capacity * 2;
        append->messages = mem_resize(append->messages, append->capacity, sizeof(*message));
    }
    message = &append->messages[append->count];
    *message = (struct new_message){
        .flags = flags & FLAGS_STORED,
        .internal_date = internal_date != 0 ? internal_date : (uint64_t)clock_wall().tv_sec,
    };
    if (!map_keywords(append->mailbox, keywords, &message->keywords, err))
        return false;
    append->fd =
        append->mailbox->driver->begin_message(append->mailbox, message, append->arena, err);
    if (append->fd < 0)
        return false;
    append->count++;
    append->previous = '\0';
    return true;
}

bool store_append_write(struct store_append *append, struct span octets, struct error *err)
{
    while (octets.len > 0) {
        struct span part = span_first(octets, BLOCK_MAX);
        crlf_remove(&append->block, part, &append->pending_cr);
        octets = span_skip(octets, part.len);
        if (append->block.len >= BLOCK_MAX && !write_block(append, err))
            return false;
    }
    return true;
}

static bool commit_once(struct store_append *append, struct error *err)
{
    return mailbox_be_ready(append->mailbox, err) &&
           append->mailbox->driver->commit_messages(append->mailbox, append->messages,
                                                    append->count, err);
}

/* Within the quota. */
static bool commit_messages(struct store_append *append, struct error *err)
{
    struct store *store = append->mailbox->store;
    struct quota_change added = {0, append->count};

    if (append->count == 0)
        return true;
    for (size_t i = 0; i < append->count; i++)
        added.octets += append->messages[i].size;
    if (!store_has_room(store, append->mailbox->name, added.octets, added.messages, err))
        return false;
    if (!commit_once(append, err) &&
        (!mailbox_may_try_again(append->mailbox) || !commit_once(append, err)))
        return false;
    store_quota_add(store, &added);
    return true;
}

bool store_append_commit(struct store_append *append, uint32_t *uidvalidity_r,
                         const uint32_t **uids_r, size_t *count_r, struct error *err)
{
    struct index_mailbox state;
    struct index *index = append->mailbox->store->index;
    bool known = true;

    if (!end_message(append, err) || !commit_messages(append, err))
        return false;
    append->uids = arena_array(append->arena, uint32_t, append->count + 1);
    for (size_t i = 0; i < append->count; i++) {
        append->uids[i] = append->messages[i].uid;
        known = known && append->uids[i] != 0; /* else somebody moved it on already */
    }
    *uids_r = append->uids;
    *count_r = append->count;
    append->count = 0; /* none is left to be dropped */
    /* They are there now, whatever comes: without a number the client is told less. */
    *uidvalidity_r = 0;
    if (known && index_begin_read(index, err)) {
        known = index_get_mailbox(index, append->mailbox->id, &state, err) == INDEX_FOUND;
        *uidvalidity_r = known ? state.uidvalidity : 0;
        index_end_read(index);
    }
    return true;
}

void store_append_free(struct store_append **append)
{
    struct store_append *a = *append;

    if (a == NULL)
        return;
    fd_close(&a->fd);
    for (size_t i = 0; i < a->count; i++)
        a->mailbox->driver->drop_message(a->mailbox, &a->messages[i]);
    mem_free(a->messages);
    buf_release(&a->block);
    arena_free(&a->arena);
    mailbox_close(&a->mailbox);
    mem_free(a);
    *append = NULL;
}

/* --- copies between kinds of mailboxes ---------------------------------------------------------- */

static void name_keywords(const struct mailbox *mailbox, uint32_t bits, struct strlist *names)
{
    strlist_clear(names);
    for (int i = 0; i < KEYWORDS_MAX; i++) {
        if ((bits & 1U << i) != 0 && mailbox->keywords.names[i] != NULL)
            strlist_add(names, mailbox->keywords.names[i]);
    }
}

static bool append_file(struct store_append *append, const struct message_file *file,
                        struct error *err)
{
    char *block = mem_alloc(BLOCK_MAX);
    bool done = true;

    for (uint64_t at = 0; at < file->size && done;) {
        size_t len = file->size - at < BLOCK_MAX ? (size_t)(file->size - at) : BLOCK_MAX;
        done = pread_all(file->fd, block, len, (off_t)(file->offset + at));
        if (!done)
            error_set(err, ERROR_TEMPORARY, "message file cannot be read");
        done = done && store_append_write(append, span_of(block, len), err);
        at += len;
    }
    mem_free(block);
    return done;
}

/* ENOENT: it is gone, and nothing was appended. */
static bool append_copy(struct store_append *append, struct mailbox *mailbox, size_t index,
                        struct strlist *keywords, struct error *err)
{
    const struct mailbox_message *shown = &mailbox->messages[index];
    struct message_metadata metadata = {0};
    struct message_file file;
    bool done;

    if (!mailbox_begin_reading(mailbox, err))
        return false;
    done = mailbox_metadata(mailbox, index, WANT_DATE, NULL, &metadata, err);
    mailbox_end_reading(mailbox);
    if (!done || !mailbox_open_message(mailbox, index, &file, err))
        return false;
    name_keywords(mailbox, shown->keywords, keywords);
    done = store_append_message(append, shown->flags, keywords, metadata.internal_date, err) &&
           append_file(append, &file, err);
    fd_close(&file.fd);
    if (!done && err->number == ENOENT)
        err->number = 0;
    return done;
}

bool copy_content(struct mailbox *mailbox, const uint32_t *indices, size_t count,
                  const char *target, struct arena *arena, struct mailbox_copied *copied_r,
                  struct error *err)
{
    struct store_append *append = store_append_begin(mailbox->store, target, err);
    struct strlist keywords = STRLIST_EMPTY;
    const uint32_t *uids;
    bool done = append != NULL;
    size_t copied = 0;

    *copied_r = (struct mailbox_copied){
        .source_uids = arena_array(arena, uint32_t, count + 1),
        .target_uids = arena_array(arena, uint32_t, count + 1),
    };
    for (size_t i = 0; i < count && done; i++) {
        if (append_copy(append, mailbox, indices[i], &keywords, err))
            copied_r->source_uids[copied++] = mailbox->messages[indices[i]].uid;
        else
            done = err->number == ENOENT;
    }
    done =
        done && store_append_commit(append, &copied_r->uidvalidity, &uids, &copied_r->count, err);
    for (size_t i = 0; done && i < copied_r->count; i++)
        copied_r->target_uids[i] = uids[i];
    strlist_release(&keywords);
    store_append_free(&append);
    return done;
}
