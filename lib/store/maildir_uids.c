/* Which message has which UID: dovecot-uidlist in step with the index. */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/store/courier.h"

#include <stdlib.h>

static void take_uids(struct index_mailbox *state, struct maildir_arrival *arrivals, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (arrivals[i].uid == 0)
            arrivals[i].uid = state->uidnext++;
    }
}

static struct uidlist_entry entry_of(const struct maildir_arrival *arrival, struct arena *arena)
{
    struct uidlist_entry entry = {.uid = arrival->uid, .name = maildir_base(arrival->name)};

    if (arrival->guid.len > 0)
        entry.extensions = span_text(arena_printf(arena, "G%.*s", SPAN_PRINTF(arrival->guid)));
    return entry;
}

static bool append_to_list(struct mailbox *mailbox, struct index_mailbox *state,
                           const struct maildir_arrival *arrivals, size_t count, struct error *err)
{
    struct arena *arena = arena_create();
    struct uidlist_entry *entries = arena_array(arena, struct uidlist_entry, count);
    bool done;

    for (size_t i = 0; i < count; i++)
        entries[i] = entry_of(&arrivals[i], arena);
    done = uidlist_append(mailbox->maildir->directory, entries, count, &state->uidlist, err) &&
           (state->list_unsure == 0 || file_sync_directory(mailbox->maildir->directory, ".", err));
    if (done)
        state->list_unsure = 0;
    arena_free(&arena);
    return done;
}

bool maildir_number(struct mailbox *mailbox, struct index_mailbox *state,
                    struct maildir_arrival *arrivals, size_t count, struct error *err)
{
    int directory = mailbox->maildir->directory;
    struct dotlock lock = DOTLOCK_NONE;
    const uint32_t uidnext = state->uidnext;
    struct uidlist_stamp stamp;
    bool done = false;

    if (count == 0)
        return true;
    if (!uidlist_lock(directory, &lock, err))
        return false;
    stamp = uidlist_stat(directory);
    if (stamp.inode == 0 || !uidlist_stamp_equal(&stamp, &state->uidlist) ||
        !uidlist_has_room(state->uidnext, count)) {
        errno = ESTALE;
        error_errno(err, "dovecot-uidlist of mailbox %s", mailbox->name);
        err->kind = ERROR_PERMANENT;
    } else {
        take_uids(state, arrivals, count);
        done = append_to_list(mailbox, state, arrivals, count, err);
        if (!done)
            state->uidnext = uidnext;
    }
    dotlock_release(&lock);
    return done;
}

/* --- another list ------------------------------------------------------------------------------ */

static struct span list_name(const void *context, uint32_t number)
{
    const struct uidlist *list = context;

    return list->entries[number].name;
}

static int compare_uids(const void *a, const void *b)
{
    const struct uidlist_entry *first = a, *second = b;

    return first->uid < second->uid ? -1 : first->uid > second->uid;
}

static bool has_uid(const struct uidlist *list, uint32_t uid)
{
    const struct uidlist_entry wanted = {.uid = uid};

    return list->count > 0 &&
           bsearch(&wanted, list->entries, list->count, sizeof(wanted), compare_uids) != NULL;
}

/*
 * UIDs of files as the list has them; 0 where it has none. A message of the index is what it was only
 * if the list says so too. For others, a UID below `first` was given to a message that is gone:
 * sessions that saw it go must not see it again. *stale_r: the list has lines that must go.
 */
static void look_up(const struct uidlist *list, uint32_t first, struct maildir_arrival *files,
                    size_t count, struct arena *arena, bool *stale_r)
{
    struct name_table table;

    name_table_create(&table, list->count);
    for (size_t i = 0; i < list->count; i++) {
        if (name_table_find(&table, list->entries[i].name, list_name, list) == UINT32_MAX)
            name_table_add(&table, list->entries[i].name, (uint32_t)i);
        else
            *stale_r = true; /* the same name twice */
    }
    for (size_t i = 0; i < count; i++) {
        uint32_t number = name_table_find(&table, maildir_base(files[i].name), list_name, list);
        uint32_t uid = number == UINT32_MAX ? 0 : list->entries[number].uid;

        if (number == UINT32_MAX && list->torn && !has_uid(list, files[i].uid))
            uid = files[i].uid; /* its line was damaged: the index remembers it */
        if (uid != files[i].uid && uid != 0 && uid < first) {
            *stale_r = true;
            uid = 0;
        }
        if (number != UINT32_MAX && uid != 0 && list->entries[number].extensions.len > 0)
            files[i].extensions = list->entries[number].extensions;
        if (uid != files[i].uid) {
            struct span guid = uidlist_extension(files[i].extensions, 'G');
            files[i].guid = guid.len == 0 ? guid : span_text(arena_text(arena, guid));
        }
        files[i].uid = uid;
    }
    name_table_release(&table);
}

/* The whole list, of what is really there. */
static bool write_list(struct index_mailbox *state, const struct uidlist *old, bool fresh,
                       int directory, const struct maildir_arrival *files, size_t count,
                       struct error *err)
{
    struct uidlist list = {.uidvalidity = state->uidvalidity, .uidnext = state->uidnext};
    bool done;

    state->has_uidls = 0;
    list.entries = mem_resize(NULL, count + 1, sizeof(*list.entries));
    memcpy(list.guid, state->guid, sizeof(list.guid));
    for (size_t i = 0; i < count; i++) {
        list.entries[list.count++] = (struct uidlist_entry){
            .uid = files[i].uid,
            .extensions = files[i].extensions,
            .name = maildir_base(files[i].name),
        };
        state->has_uidls |= uidlist_extension(files[i].extensions, 'P').len > 0;
    }
    if (list.count > 0)
        qsort(list.entries, list.count, sizeof(*list.entries), compare_uids);
    state->list_unsure = fresh && old->uidvalidity == 0 && old->stamp.inode == 0;
    done = uidlist_write(directory, &list, state->list_unsure == 0, &state->uidlist, err);
    mem_free(list.entries);
    state->dead_lines = 0;
    return done;
}

/* UIDVALIDITY, GUID and next UID: the list's, else what the index remembers, else new ones. */
static bool adopt_list(struct mailbox *mailbox, struct index_mailbox *state,
                       const struct uidlist *list, bool *reset_r, bool *must_write_r,
                       struct error *err)
{
    *reset_r = list->uidvalidity != 0 && list->uidvalidity != state->uidvalidity;
    *must_write_r = list->torn || list->uidvalidity == 0 || list->guid[0] == '\0';
    if (*reset_r) {
        state->uidvalidity = list->uidvalidity;
        state->uidnext = list->uidnext;
    } else if (state->uidvalidity == 0) {
        state->uidnext = 1;
        if (!index_new_uidvalidity(mailbox->store->index, &state->uidvalidity, err))
            return false;
    }
    if (list->guid[0] != '\0')
        memcpy(state->guid, list->guid, sizeof(list->guid));
    else if (state->guid[0] == '\0')
        uidlist_new_guid(state->guid);
    return true;
}

/*
 * No room to write the list. Where there is none, the index alone has the UIDs: when it is lost, the next UIDVALIDITY is
 * a later one. Else a later session would give new UIDs to other messages: files that the list does not have wait.
 * Not so where UIDVALIDITY is to be another one, or Courier's files, which are taken over as a whole.
 */
static bool do_without_list(struct index *index, struct index_mailbox *state,
                            const struct uidlist *list, uint32_t next,
                            struct maildir_arrival *files, size_t count, struct error *err)
{
    bool is_absent = list->uidvalidity == 0;

    if (!is_absent && (list->stamp.inode == 0 || list->uidvalidity != state->uidvalidity))
        return false;
    for (size_t i = 0; i < count; i++) {
        if (list->stamp.inode == 0 && files[i].extensions.len > 0)
            return false;
        if (!is_absent && files[i].uid >= next)
            files[i].uid = 0;
    }
    if (!is_absent)
        state->uidnext = next;
    else /* what is stored has another UIDVALIDITY now */
        index_remove_stored(index);
    state->uidlist = (struct uidlist_stamp){0}; /* the next look tries again */
    state->list_unsure = 1;
    state->dead_lines = 0;
    error_clear(err);
    return true;
}

/* The list is read, and locked unless there was no room for a lock: *err tells then. */
static bool reconcile(struct mailbox *mailbox, struct index_mailbox *state,
                      const struct uidlist *list, bool locked, struct maildir_arrival *files,
                      size_t count, struct arena *arena, bool *reset_r, struct error *err)
{
    bool fresh = state->uidvalidity == 0, must_write = false;
    uint32_t first = state->uidnext, next;
    size_t numbered = 0;

    if (!adopt_list(mailbox, state, list, reset_r, &must_write, err))
        return false;
    if (fresh || *reset_r) {
        first = 1;
        for (size_t i = 0; i < count; i++)
            files[i].uid = 0;
    }
    if (list->uidvalidity != 0)
        look_up(list, first, files, count, arena, &must_write);
    if (list->uidnext > state->uidnext)
        state->uidnext = list->uidnext;
    if (!uidlist_has_room(state->uidnext, count)) {
        if (!state_start_over(mailbox, &state->uidvalidity, &state->uidnext, err))
            return false;
        for (size_t i = 0; i < count; i++)
            files[i].uid = 0;
        *reset_r = must_write = true;
    }
    for (size_t i = 0; i < count; i++)
        numbered += files[i].uid == 0;
    state->has_uidls = 0;
    for (size_t i = 0; i < list->count && state->has_uidls == 0; i++)
        state->has_uidls = uidlist_extension(list->entries[i].extensions, 'P').len > 0;
    next = state->uidnext;
    take_uids(state, files, count);
    if (numbered > 0 || must_write || (locked && list->count >= 2 * count + 100))
        return (locked &&
                write_list(state, list, fresh, mailbox->maildir->directory, files, count, err)) ||
               (error_is_no_room(err) &&
                do_without_list(mailbox->store->index, state, list, next, files, count, err));
    state->uidlist = list->stamp;
    state->list_unsure = 1;
    state->dead_lines = (uint32_t)(list->count - count);
    return true;
}

/* Where Courier was before, and nobody else: its UIDs, and its ids of POP3. */
static bool read_courier(int directory, struct uidlist *list, struct maildir_arrival *files,
                         size_t count, struct arena *arena, struct error *err)
{
    struct hash *uidls = hash_create();
    bool done =
        courier_read_uids(directory, list, err) && courier_read_uidls(directory, arena, uidls, err);

    for (size_t i = 0; i < count && done && hash_count(uidls) > 0; i++)
        files[i].extensions = span_text(hash_get(uidls, maildir_base(files[i].name)));
    hash_free(&uidls, NULL);
    return done;
}

bool maildir_reconcile(struct mailbox *mailbox, struct index_mailbox *state,
                       struct maildir_arrival *files, size_t count, struct arena *arena,
                       bool *reset_r, struct error *err)
{
    int directory = mailbox->maildir->directory;
    struct dotlock lock = DOTLOCK_NONE;
    struct uidlist list = {0};
    bool done;

    if (!uidlist_lock(directory, &lock, err) && !error_is_no_room(err))
        return false;
    done = uidlist_read(directory, &list, err) &&
           (list.stamp.inode != 0 || state->uidvalidity != 0 ||
            read_courier(directory, &list, files, count, arena, err)) &&
           reconcile(mailbox, state, &list, lock.name != NULL, files, count, arena, reset_r, err);
    dotlock_release(&lock);
    uidlist_release(&list);
    return done;
}

/* --- POP3 -------------------------------------------------------------------------------------- */

static void show_uidls(const struct mailbox *mailbox, const struct uidlist *list,
                       struct arena *arena, const char **uidls)
{
    size_t at = 0;

    for (size_t i = 0; i < mailbox->count; i++) {
        struct span uidl;
        while (at < list->count && list->entries[at].uid < mailbox->messages[i].uid)
            at++;
        if (at == list->count)
            return;
        uidl = uidlist_extension(list->entries[at].extensions, 'P');
        if (list->entries[at].uid == mailbox->messages[i].uid && uidl.len > 0)
            uidls[i] = arena_text(arena, uidl);
    }
}

bool maildir_pop3_uidls(struct mailbox *mailbox, struct arena *arena, const char **uidls,
                        struct error *err)
{
    struct index *index = mailbox->store->index;
    struct index_mailbox state = {0};
    struct uidlist list = {0};
    enum index_result result;

    if (!index_begin_read(index, err))
        return false;
    result = index_get_mailbox(index, mailbox->id, &state, err);
    index_end_read(index);
    if (result != INDEX_FOUND || state.has_uidls == 0)
        return result != INDEX_FAILED;
    if (!uidlist_read(mailbox->maildir->directory, &list, err))
        return false;
    show_uidls(mailbox, &list, arena, uidls);
    uidlist_release(&list);
    return true;
}
