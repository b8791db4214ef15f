/*
 * The directories of a Maildir, read and compared with the index:
 *
 *   a file whose base name is known        flags and place as they are now
 *   a known message without a file         gone, when a second look does not find it either (a rename
 *                                          during the first may have hidden it)
 *   a file with an unknown base name       new
 */
#include "lib/base/base.h"

#include "lib/store/maildir_match.h"

#include <stdlib.h>

/* --- what is known, and what is there ----------------------------------------------------------- */

static bool add_known(void *context, const struct index_message *message)
{
    struct sync *sync = context;

    if (sync->known_count == sync->known_capacity) {
        sync->known_capacity = sync->known_capacity == 0 ? 64 : sync->known_capacity * 2;
        sync->known = mem_resize(sync->known, sync->known_capacity, sizeof(*sync->known));
    }
    sync->known[sync->known_count] = (struct known){*message, NO_FILE};
    index_keep_texts(&sync->known[sync->known_count].message, sync->arena);
    sync->known_count++;
    return true;
}

static struct span known_base(const void *context, uint32_t number)
{
    const struct sync *sync = context;

    return maildir_base(sync->known[number].message.name);
}

/* Those that `add` takes. */
static bool load_known(struct sync *sync, index_visit *add, struct error *err)
{
    if (!state_walk_known(sync->mailbox, sync->state, add, sync, err))
        return false;
    name_table_release(&sync->table);
    name_table_create(&sync->table, sync->known_count);
    for (size_t i = 0; i < sync->known_count; i++)
        name_table_add(&sync->table, known_base(sync, (uint32_t)i), (uint32_t)i);
    return true;
}

struct span maildir_match_name(const struct sync *sync, uint32_t file)
{
    return maildir_scan_name(&sync->scan, &sync->scan.files[file]);
}

static struct span base_of(const struct sync *sync, uint32_t file)
{
    return span_first(maildir_match_name(sync, file), sync->scan.files[file].base_len);
}

/* In the order of delivery. */
static int compare_arrivals(const void *a, const void *b, void *context)
{
    const struct sync *sync = context;
    uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;
    uint64_t one_time = sync->scan.files[one].seconds, other_time = sync->scan.files[other].seconds;
    struct span first, second;
    int order;

    if (one_time != other_time)
        return one_time < other_time ? -1 : 1;
    first = base_of(sync, one);
    second = base_of(sync, other);
    order = memcmp(first.data, second.data, first.len < second.len ? first.len : second.len);
    return order != 0 ? order : first.len < second.len ? -1 : first.len > second.len;
}

/* Which file is which message; of two files with one base name the later counts: it is the same one,
 * renamed meanwhile. */
static void match_files(struct sync *sync)
{
    size_t kept = 0;

    sync->arrivals = mem_resize(sync->arrivals, sync->scan.count + 1, sizeof(*sync->arrivals));
    sync->arrival_count = 0;
    for (uint32_t i = 0; i < sync->scan.count; i++) {
        uint32_t number =
            name_table_find(&sync->table, base_of(sync, i), known_base, sync);
        if (number != UINT32_MAX)
            sync->known[number].file = i;
        else
            sync->arrivals[sync->arrival_count++] = i;
    }
    if (sync->arrival_count == 0)
        return;
    qsort_r(sync->arrivals, sync->arrival_count, sizeof(*sync->arrivals), compare_arrivals, sync);
    for (size_t i = 0; i < sync->arrival_count; i++) {
        if (kept > 0 && span_equal(base_of(sync, sync->arrivals[kept - 1]),
                                   base_of(sync, sync->arrivals[i]))) {
            if (sync->arrivals[i] > sync->arrivals[kept - 1])
                sync->arrivals[kept - 1] = sync->arrivals[i];
        } else {
            sync->arrivals[kept++] = sync->arrivals[i];
        }
    }
    sync->arrival_count = kept;
}

static bool misses_any(const struct sync *sync)
{
    for (size_t i = 0; i < sync->known_count; i++) {
        if (sync->known[i].file == NO_FILE)
            return true;
    }
    return false;
}

/* The second look is added to the first: what either saw is there. */
bool maildir_match(struct sync *sync, struct error *err)
{
    int directory = sync->mailbox->maildir->directory;

    if (!load_known(sync, add_known, err) || !maildir_scan(directory, &sync->scan, err))
        return false;
    match_files(sync);
    if (!misses_any(sync))
        return true;
    if (!maildir_scan(directory, &sync->scan, err))
        return false;
    match_files(sync);
    return true;
}

/* --- one look at new/ -------------------------------------------------------------------------- */

static struct span scanned_base(const void *context, uint32_t number)
{
    return base_of(context, number);
}

/* Those that should be in new/, and those whose names are there. The table is of the files yet. */
static bool add_concerned(void *context, const struct index_message *message)
{
    struct sync *sync = context;

    if (message->where != INDEX_IN_NEW && name_table_find(&sync->table, maildir_base(message->name),
                                                          scanned_base, sync) == UINT32_MAX)
        return true;
    return add_known(sync, message);
}

static bool stays_in_new(const struct sync *sync)
{
    for (size_t i = 0; i < sync->known_count; i++) {
        if (sync->known[i].file == NO_FILE || sync->known[i].message.where != INDEX_IN_NEW)
            return false;
    }
    return true;
}

bool maildir_match_new(struct sync *sync, bool *alone_r, struct error *err)
{
    *alone_r = true;
    if (!maildir_scan_new(sync->mailbox->maildir->directory, &sync->scan, err))
        return false;
    if (sync->scan.count == 0 && sync->state->in_new == 0)
        return true;
    name_table_create(&sync->table, sync->scan.count);
    for (size_t i = 0; i < sync->scan.count; i++)
        name_table_add(&sync->table, base_of(sync, (uint32_t)i), (uint32_t)i);
    if (!load_known(sync, add_concerned, err))
        return false;
    match_files(sync);
    *alone_r = stays_in_new(sync);
    return true;
}

void maildir_match_release(struct sync *sync)
{
    maildir_scan_release(&sync->scan);
    name_table_release(&sync->table);
    mem_free(sync->known);
    mem_free(sync->arrivals);
}
