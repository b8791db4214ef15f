/* What is in new/ and cur/: names only, no file is looked at. */
#include "lib/base/base.h"

#include "lib/store/maildir.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

void maildir_scan_release(struct maildir_scan *scan)
{
    buf_release(&scan->names);
    mem_free(scan->files);
    *scan = (struct maildir_scan){0};
}

struct span maildir_scan_name(const struct maildir_scan *scan, const struct maildir_file *file)
{
    return span_of(scan->names.data + file->name, file->len);
}

/* The digits up to the first dot, if there is nothing else. */
static uint64_t seconds_of(const char *name)
{
    uint64_t seconds = 0;

    for (; is_digit(*name) && seconds < INT64_MAX / 100; name++)
        seconds = seconds * 10 + (uint64_t)(*name - '0');
    return *name == '.' ? seconds : 0;
}

static void add_file(struct maildir_scan *scan, const char *name, uint16_t where)
{
    struct span octets = span_text(name);

    if (scan->count == scan->capacity) {
        scan->capacity = scan->capacity == 0 ? 64 : scan->capacity * 2;
        scan->files = mem_resize(scan->files, scan->capacity, sizeof(*scan->files));
    }
    scan->files[scan->count++] = (struct maildir_file){
        .name = scan->names.len,
        .seconds = seconds_of(name),
        .len = (uint16_t)octets.len,
        .base_len = (uint16_t)maildir_base(octets).len,
        .where = where,
    };
    buf_put(&scan->names, octets);
}

/* Links, pipes and devices are no messages: they are never opened. */
static bool is_message(const struct dirent *entry)
{
    return entry->d_name[0] != '.' && entry->d_name[0] != ':' &&
           (entry->d_type == DT_REG || entry->d_type == DT_UNKNOWN);
}

static bool scan_directory(int directory, const char *name, uint16_t where,
                           struct maildir_scan *scan, struct error *err)
{
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (entries == NULL) {
        error_errno(err, "open %s/", name);
        if (fd >= 0)
            close(fd);
        return false;
    }
    while (errno = 0, (entry = readdir(entries)) != NULL) {
        if (is_message(entry))
            add_file(scan, entry->d_name, where);
    }
    if (errno != 0) {
        error_errno(err, "read %s/", name);
        closedir(entries);
        return false;
    }
    closedir(entries);
    return true;
}

bool maildir_scan_new(int directory, struct maildir_scan *scan, struct error *err)
{
    scan->names.limit = BUF_UNLIMITED;
    return scan_directory(directory, "new", INDEX_IN_NEW, scan, err);
}

/* new/ before cur/: what moves from one to the other meanwhile is then seen once or twice, not never. */
bool maildir_scan(int directory, struct maildir_scan *scan, struct error *err)
{
    return maildir_scan_new(directory, scan, err) && scan_directory(directory, "cur", 0, scan, err);
}

/* --- names to numbers -------------------------------------------------------------------------- */

void name_table_create(struct name_table *table, size_t count)
{
    size_t size = 16;

    while (size < count * 2)
        size *= 2;
    table->slots = mem_alloc(size * sizeof(*table->slots));
    table->mask = size - 1;
}

void name_table_release(struct name_table *table)
{
    mem_free(table->slots);
    table->slots = NULL;
}

/* The owner of the files is the only one whom collisions would slow down. */
static size_t hash_of(struct span name)
{
    uint64_t hash = 0xcbf29ce484222325U;

    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (unsigned char)name.data[i]) * 0x100000001b3U;
    return (size_t)(hash ^ hash >> 29);
}

uint32_t name_table_find(const struct name_table *table, struct span name, name_of *get_name,
                         const void *context)
{
    for (size_t at = hash_of(name) & table->mask; table->slots[at] != 0;
         at = (at + 1) & table->mask) {
        uint32_t number = table->slots[at] - 1;
        if (span_equal(get_name(context, number), name))
            return number;
    }
    return UINT32_MAX;
}

void name_table_add(struct name_table *table, struct span name, uint32_t number)
{
    size_t at = hash_of(name) & table->mask;

    while (table->slots[at] != 0)
        at = (at + 1) & table->mask;
    table->slots[at] = number + 1;
}
