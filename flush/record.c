/* Records of destinations. Processes that change the same one take turns by flock. */
#include "flush/record.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/queue/flush_client.h"
#include "lib/queue/queue_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK        4096
#define DISTINCT_MAX 10000 /* queue ids that are remembered to find repetitions */

const char *record_name(struct arena *arena, const char *site)
{
    char *name = arena_copy(arena, site);

    if (*name == '\0' || strlen(name) >= FLUSH_SITE_MAX)
        return NULL;
    for (char *c = name; *c != '\0'; c++)
        *c = is_alnum(*c) ? to_lower(*c) : '_';
    return name;
}

/* -1: there is none (ENOENT), or it cannot be had. */
static int open_locked(int directory, const char *name, int flags, struct error *err)
{
    int file = openat(directory, name, flags | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (file == -1) {
        error_errno(err, "open flush/%s", name);
    } else if (flock(file, LOCK_EX) != 0) {
        error_errno(err, "lock flush/%s", name);
        fd_close(&file);
    }
    return file;
}

/* Somebody may remove the file while we wait for the lock. */
static bool is_removed(int file)
{
    struct stat status;

    return fstat(file, &status) == 0 && status.st_nlink == 0;
}

/* --- adding ------------------------------------------------------------------------------------------------- */

bool record_add(int directory, const char *name, const char *queue_id, struct error *err)
{
    struct buf line = BUF(QUEUE_ID_MAX + 1);
    int file;
    bool added;

    buf_put_printf(&line, "%s\n", queue_id);
    do {
        file = open_locked(directory, name, O_WRONLY | O_APPEND | O_CREAT, err);
        if (file == -1) {
            buf_release(&line);
            return false;
        }
        if (is_removed(file))
            fd_close(&file);
    } while (file == -1);
    added = file_append(file, buf_span(&line));
    if (!added)
        error_errno(err, "write flush/%s", name);
    fd_close(&file);
    buf_release(&line);
    return added;
}

/* --- emptying ----------------------------------------------------------------------------------------------- */

struct emptying {
    const char *name;
    struct hash *seen;
    record_take *take;
    void *context;
};

static bool take_line(struct emptying *emptying, struct span line, struct error *err)
{
    char queue_id[QUEUE_ID_MAX];

    if (line.len < sizeof(queue_id)) {
        memcpy(queue_id, line.data, line.len);
        queue_id[line.len] = '\0';
    }
    if (line.len >= sizeof(queue_id) || strlen(queue_id) != line.len ||
        !queue_id_is_valid(queue_id)) {
        log_warning("bad queue id \"%.30s...\" in flush/%s",
                    line.len < sizeof(queue_id) ? queue_id : "", emptying->name);
        return true;
    }
    if (hash_get(emptying->seen, line) != NULL)
        return true;
    if (hash_count(emptying->seen) < DISTINCT_MAX)
        (void)hash_put(emptying->seen, line, emptying);
    return emptying->take(emptying->context, queue_id, err);
}

/* All lines of the block that are whole. */
static bool take_lines(struct emptying *emptying, struct buf *block, struct error *err)
{
    struct span rest = buf_span(block);
    size_t end;

    while ((end = span_find(rest, '\n')) < rest.len) {
        if (!take_line(emptying, span_first(rest, end), err))
            return false;
        rest = span_skip(rest, end + 1);
    }
    if (rest.len == BLOCK) /* no queue id is that long */
        rest = SPAN_EMPTY;
    buf_remove(block, block->len - rest.len);
    return true;
}

static bool take_all(struct emptying *emptying, int file, struct error *err)
{
    struct buf block = BUF(BLOCK);
    bool good = true;

    while (good) {
        char *room = buf_reserve(&block, BLOCK - block.len);
        ssize_t len = read(file, room, BLOCK - block.len);

        if (len < 0)
            error_errno(err, "read flush/%s", emptying->name);
        if (len <= 0) {
            good = len == 0;
            break;
        }
        buf_commit(&block, (size_t)len);
        good = take_lines(emptying, &block, err);
    }
    buf_release(&block);
    return good;
}

/* It was read now, even where the file system does not note that. */
static bool forget_all(int file, const char *name, struct error *err)
{
    const struct timespec times[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}};

    if (ftruncate(file, 0) == 0 && futimens(file, times) == 0)
        return true;
    error_errno(err, "truncate flush/%s", name);
    return false;
}

bool record_empty(int directory, const char *name, record_take *take, void *context,
                  struct error *err)
{
    struct emptying emptying = {.name = name, .take = take, .context = context};
    int file = open_locked(directory, name, O_RDWR, err);
    bool done;

    if (file == -1) {
        if (err->number != ENOENT)
            return false;
        error_clear(err);
        return true;
    }
    emptying.seen = hash_create();
    done = take_all(&emptying, file, err) && forget_all(file, name, err);
    hash_free(&emptying.seen, NULL);
    fd_close(&file);
    return done;
}

/* --- all of them -------------------------------------------------------------------------------------------- */

/* Unless something was added meanwhile, to this file or to one that has its name now. */
static bool remove_empty(int directory, const char *name, struct error *err)
{
    int file = open_locked(directory, name, O_RDWR, err);
    struct stat status;
    bool removed;

    if (file == -1)
        return err->number == ENOENT;
    removed = fstat(file, &status) == 0 && (status.st_size > 0 || status.st_nlink == 0 ||
                                            unlinkat(directory, name, 0) == 0 || errno == ENOENT);
    if (!removed)
        error_errno(err, "remove flush/%s", name);
    fd_close(&file);
    return removed;
}

bool record_refresh_all(int directory, int unread_s, int empty_s, record_take *take, void *context,
                        struct error *err)
{
    int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *records = copy == -1 ? NULL : fdopendir(copy);
    const struct dirent *entry;
    struct stat status;

    if (records == NULL) {
        error_errno(err, "open the directory flush");
        fd_close(&copy);
        return false;
    }
    while ((entry = readdir(records)) != NULL) {
        struct error trouble = {0};
        int64_t now = clock_wall().tv_sec;
        bool good = true;

        if (fstatat(directory, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0 ||
            !S_ISREG(status.st_mode))
            continue;
        if (status.st_size > 0 && status.st_atime + unread_s <= now)
            good = record_empty(directory, entry->d_name, take, context, &trouble);
        else if (status.st_size == 0 && status.st_mtime + empty_s <= now)
            good = remove_empty(directory, entry->d_name, &trouble);
        if (!good)
            log_warning("%s", trouble.text);
    }
    closedir(records);
    return true;
}
