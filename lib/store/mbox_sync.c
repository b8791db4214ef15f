/*
 * An mbox and its index in accord. When size or time of the spool changed, it is read under its locks,
 * and each message found again by its digest, in the order of UIDs.
 */
#include "lib/base/base.h"

#include "lib/store/maildir.h" /* name_table */
#include "lib/store/mbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* state->cur_mtime_ns and ->new_mtime_ns hold time and size of the spool. */

static void spool_stamp(const struct mailbox *mailbox, int64_t *mtime_ns_r, int64_t *size_r)
{
    struct stat status;

    *mtime_ns_r = *size_r = 0;
    if (stat(mailbox->store->settings.path, &status) == 0) {
        *mtime_ns_r = (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
        *size_r = status.st_size;
    }
}

bool mbox_is_known_state(const struct mailbox *mailbox, const struct index_mailbox *state)
{
    int64_t mtime_ns, size;

    spool_stamp(mailbox, &mtime_ns, &size);
    return state->uidvalidity != 0 && mtime_ns == state->cur_mtime_ns &&
           size == state->new_mtime_ns &&
           (state->verify_ms == 0 || state_wall_ms() < state->verify_ms);
}

/* The spool is as we leave it. Where messages wait, the next look is one at them. */
static bool note(struct mailbox *mailbox, struct index_mailbox *state, bool complete,
                 struct error *err)
{
    spool_stamp(mailbox, &state->cur_mtime_ns, &state->new_mtime_ns);
    if (!complete)
        state->cur_mtime_ns = 0;
    state->verify_ms = state_unsure_until_ms(state->cur_mtime_ns);
    mailbox->verify_ms = state->verify_ms;
    return state_put(mailbox, state, err);
}

/* --- which message is which -------------------------------------------------------------------- */

static struct span digest_of_entry(const void *context, uint32_t number)
{
    const struct mbox_list *list = context;

    return span_of(list->entries[number].digest, MBOX_DIGEST_LEN);
}

/*
 * Of several entries with one digest (the same message, delivered twice in a second) the first that is
 * past the message before: both are in the order of UIDs. A message that moved up is a new one.
 */
static void match(struct mbox_list *list, struct mbox_message *messages, size_t count)
{
    struct name_table table;
    uint32_t last = 0;

    name_table_create(&table, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (!list->entries[i].gone && name_table_find(&table, digest_of_entry(list, (uint32_t)i),
                                                      digest_of_entry, list) == UINT32_MAX)
            name_table_add(&table, digest_of_entry(list, (uint32_t)i), (uint32_t)i);
    }
    for (size_t i = 0; i < count; i++) {
        struct span digest = span_of(messages[i].digest, MBOX_DIGEST_LEN);
        uint32_t number = name_table_find(&table, digest, digest_of_entry, list);
        if (number == UINT32_MAX)
            continue;
        for (size_t at = number; at < list->count && messages[i].uid == 0; at++) {
            const struct mbox_entry *entry = &list->entries[at];
            if (!entry->gone && entry->uid > last &&
                memcmp(entry->digest, messages[i].digest, MBOX_DIGEST_LEN) == 0)
                messages[i].uid = entry->uid;
            else if (at > number + 1000)
                break; /* never a walk through all of it for each */
        }
        if (messages[i].uid != 0)
            last = messages[i].uid;
    }
    name_table_release(&table);
}

/* A new message in the middle, where another program put one, cannot have a UID between others: from
 * there on all are new. */
static size_t count_known(const struct mbox_message *messages, size_t count)
{
    size_t known = 0;

    while (known < count && messages[known].uid != 0)
        known++;
    return known;
}

static struct mbox_entry entry_of(const struct mbox_message *message, const struct mbox_list *list)
{
    const struct mbox_entry *known = message->uid == 0 ? NULL : mbox_list_find(list, message->uid);
    struct mbox_entry entry = {.uid = message->uid, .flags = message->flags};

    if (known != NULL)
        return *known;
    memcpy(entry.digest, message->digest, MBOX_DIGEST_LEN);
    return entry;
}

/* On a full disk new messages wait: nobody would know the UIDs that they get now. */
static void let_wait(struct mbox_list *fresh, uint32_t uidnext, size_t known,
                     struct mbox_message *messages)
{
    for (size_t i = known; i < fresh->count; i++)
        messages[i].uid = 0;
    fresh->count = known;
    fresh->uidnext = uidnext;
}

/* UIDs for all messages, durable; `entries_r` are theirs, in order, of as many as have one. */
static bool number_messages(struct mailbox *mailbox, struct index_mailbox *state,
                            struct mbox_list *list, struct mbox_message *messages, size_t count,
                            struct mbox_entry **entries_r, size_t *numbered_r, struct error *err)
{
    struct mbox_list fresh = {.uidvalidity = list->uidvalidity, .uidnext = list->uidnext};
    bool is_new = list->uidvalidity == 0, over, must_write, done = true;
    size_t known;

    if (is_new) {
        fresh.uidvalidity = state->uidvalidity;
        fresh.uidnext = state->uidnext == 0 ? 1 : state->uidnext;
        if (fresh.uidvalidity == 0 &&
            !index_new_uidvalidity(mailbox->store->index, &fresh.uidvalidity, err))
            return false;
    }
    over = !uidlist_has_room(fresh.uidnext, count);
    if (over && !state_start_over(mailbox, &fresh.uidvalidity, &fresh.uidnext, err))
        return false;
    memcpy(fresh.guid, list->guid, sizeof(fresh.guid));
    if (fresh.guid[0] == '\0' && state->guid[0] != '\0')
        memcpy(fresh.guid, state->guid, sizeof(fresh.guid));
    else if (fresh.guid[0] == '\0')
        uidlist_new_guid(fresh.guid);
    memcpy(state->guid, fresh.guid, sizeof(fresh.guid));
    match(list, messages, count);
    known = over ? 0 : count_known(messages, count);
    fresh.entries = mem_resize(NULL, count + 1, sizeof(*fresh.entries));
    for (size_t i = 0; i < count; i++) {
        fresh.entries[i] = entry_of(&messages[i], list); /* with flags it had, if it had any */
        if (i >= known)
            fresh.entries[i].uid = messages[i].uid = fresh.uidnext++;
    }
    fresh.count = count;
    must_write = is_new || over || list->torn || list->guid[0] == '\0';
    if (must_write || known < count || list->lines > 2 * count + 100)
        done = mbox_list_write(mailbox->store->root, &fresh, err);
    if (!done && !must_write && error_is_no_room(err)) {
        let_wait(&fresh, list->uidnext, known, messages);
        error_clear(err);
        done = true;
    }
    state->uidnext = fresh.uidnext;
    *numbered_r = fresh.count;
    *entries_r = fresh.entries;
    list->uidvalidity = fresh.uidvalidity;
    return done;
}

/* --- into the index ---------------------------------------------------------------------------- */

struct known {
    struct index_message message; /* its name is the arena's */
    bool seen;
};

struct walk {
    struct arena *arena;
    struct known *known;
    size_t count, capacity;
};

static bool add_known(void *context, const struct index_message *message)
{
    struct walk *walk = context;

    if (walk->count == walk->capacity) {
        walk->capacity = walk->capacity == 0 ? 64 : walk->capacity * 2;
        walk->known = mem_resize(walk->known, walk->capacity, sizeof(*walk->known));
    }
    walk->known[walk->count] = (struct known){.message = *message};
    index_keep_texts(&walk->known[walk->count++].message, walk->arena);
    return true;
}

#define TEXT_LEN 64 /* of a name or GUID */

/* Where it is in the spool takes the place of a file name; mailbox and UID tell who it is. */
static struct index_message message_of(const struct index_mailbox *state,
                                       const struct mbox_message *message,
                                       const struct mbox_entry *entry, uint64_t modseq,
                                       char name[TEXT_LEN], char guid[TEXT_LEN])
{
    snprintf(name, TEXT_LEN, "%" PRIu64 ".%" PRIu64, message->offset, message->size);
    snprintf(guid, TEXT_LEN, "%s.%" PRIu32, state->guid, entry->uid);
    return (struct index_message){
        .uid = entry->uid,
        .flags = entry->flags,
        .keywords = entry->keywords,
        .modseq = modseq,
        .size = message->size,
        .virtual_size = message->virtual_size,
        .internal_date = message->date,
        .name = span_text(name),
        .guid = span_text(guid),
    };
}

static bool put_message(struct mailbox *mailbox, struct index_mailbox *state, uint64_t modseq,
                        const struct mbox_message *message, const struct mbox_entry *entry,
                        const struct index_message *old, struct error *err)
{
    char name[TEXT_LEN], guid[TEXT_LEN];
    struct index_message now = message_of(state, message, entry, modseq, name, guid);

    if (old == NULL) {
        state->modseq = modseq;
        return state_put_new(mailbox, state, &now, err);
    }
    if (now.flags == old->flags && now.keywords == old->keywords) {
        if (span_equal(now.name, old->name))
            return true;
        now.modseq = old->modseq;
    } else {
        state->modseq = modseq;
    }
    return state_put_changed(mailbox, state, old, &now, err);
}

/* Both in the order of UIDs. */
static bool merge(struct mailbox *mailbox, struct index_mailbox *state, struct walk *walk,
                  const struct mbox_message *messages, const struct mbox_entry *entries,
                  size_t count, struct error *err)
{
    uint64_t modseq = state_next_modseq(state);
    size_t at = 0;
    bool done = true;

    for (size_t i = 0; i <= count && done; i++) {
        uint32_t uid = i < count ? entries[i].uid : UINT32_MAX;
        while (done && at < walk->count && walk->known[at].message.uid < uid) {
            state->modseq = modseq;
            done = state_put_gone(mailbox, state, &walk->known[at++].message, err);
        }
        if (!done || i == count)
            break;
        if (at < walk->count && walk->known[at].message.uid == uid)
            done = put_message(mailbox, state, modseq, &messages[i], &entries[i],
                               &walk->known[at++].message, err);
        else
            done = put_message(mailbox, state, modseq, &messages[i], &entries[i], NULL, err);
    }
    return done;
}

static bool update_index(struct mailbox *mailbox, struct index_mailbox *state,
                         const struct mbox_message *messages, const struct mbox_entry *entries,
                         size_t count, struct error *err)
{
    struct walk walk = {.arena = arena_create()};
    bool done = state_walk_known(mailbox, state, add_known, &walk, err) &&
                merge(mailbox, state, &walk, messages, entries, count, err);

    mem_free(walk.known);
    arena_free(&walk.arena);
    return done;
}

static bool sync_locked(struct mailbox *mailbox, struct index_mailbox *state,
                        struct mbox_message *messages, size_t count, struct error *err)
{
    struct mbox_list list;
    struct mbox_entry *entries = NULL;
    size_t numbered = 0;
    bool done = mbox_list_read(mailbox->store->root, &list, err) &&
                number_messages(mailbox, state, &list, messages, count, &entries, &numbered, err);

    if (done && state->uidvalidity != 0 && state->uidvalidity != list.uidvalidity) {
        state_forget_messages(state);
        done = index_remove_messages(mailbox->store->index, mailbox->id, err);
    }
    if (done) {
        if (state->uidvalidity == 0)
            state->claimed_uid = 1;
        state->uidvalidity = list.uidvalidity;
        done = update_index(mailbox, state, messages, entries, numbered, err) &&
               note(mailbox, state, numbered == count, err);
    }
    mem_free(entries);
    mbox_list_release(&list);
    return done;
}

static bool find_state(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    switch (state_find(mailbox, state, err)) {
    case INDEX_FOUND:
        return true;
    case INDEX_ABSENT:
        return state_create(mailbox, state, err);
    case INDEX_FAILED:
        break;
    }
    return false;
}

bool mbox_begin(struct mailbox *mailbox, struct index_mailbox *state, struct mbox_spool *spool,
                struct mbox_message **messages_r, size_t *count_r, struct error *err)
{
    *messages_r = NULL;
    *count_r = 0;
    *spool = (struct mbox_spool){.fd = -1};
    if (!index_begin_write(mailbox->store->index, err))
        return false;
    if (find_state(mailbox, state, err) && mbox_spool_open(mailbox, spool, err)) {
        if (mbox_spool_read(spool, messages_r, count_r, err) &&
            sync_locked(mailbox, state, *messages_r, *count_r, err))
            return true;
        mbox_spool_close(spool);
    }
    mem_free(*messages_r);
    *messages_r = NULL;
    index_abort(mailbox->store->index);
    return false;
}

static bool claim(struct mailbox *mailbox, struct index_mailbox *state, struct error *err)
{
    if (!mailbox->shown || mailbox->read_only || state->claimed_uid >= state->uidnext)
        return true;
    if (state->claimed_uid < mailbox->recent_from)
        mailbox->recent_from = state->claimed_uid;
    state->claimed_uid = state->uidnext;
    return state_put(mailbox, state, err);
}

static bool is_current(struct mailbox *mailbox, bool *current_r, struct error *err)
{
    struct index_mailbox state;
    enum index_result result;

    if (!index_begin_read(mailbox->store->index, err))
        return false;
    result = state_find(mailbox, &state, err);
    index_end_read(mailbox->store->index);
    *current_r = result == INDEX_FOUND && mbox_is_known_state(mailbox, &state) &&
                 mbox_spool_is_settled(mailbox) &&
                 (!mailbox->shown || mailbox->read_only || state.claimed_uid >= state.uidnext);
    if (result == INDEX_FOUND)
        mailbox->verify_ms = state.verify_ms;
    return result != INDEX_FAILED;
}

bool mbox_sync(struct mailbox *mailbox, struct error *err)
{
    struct index_mailbox state = {0};
    struct mbox_spool spool;
    struct mbox_message *messages;
    size_t count;
    bool current = false, done;

    if (!is_current(mailbox, &current, err) ||
        !keywords_refresh(&mailbox->keywords, mailbox->store->root, err))
        return false;
    if (current)
        return true;
    if (!mbox_begin(mailbox, &state, &spool, &messages, &count, err))
        return false;
    mbox_spool_close(&spool);
    mem_free(messages);
    done = claim(mailbox, &state, err);
    if (done)
        return index_commit(mailbox->store->index, err);
    index_abort(mailbox->store->index);
    return false;
}
