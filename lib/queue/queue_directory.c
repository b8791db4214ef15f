/* The queues as directories: where a message lies, moving it, walking over them. */
#include "lib/queue/queue_file.h"

#include "lib/config/config.h"
#include "lib/queue/queue_id.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define HASH_DEPTH_MAX 4

/* --- paths ------------------------------------------------------------------------------------------- */

static bool is_hashed(const struct config *config, const char *queue)
{
    struct span names = span_text(config->hash_queue_names);

    while (names.len > 0) {
        size_t len = 0;

        while (len < names.len && names.data[len] != ',' &&
               !is_space((unsigned char)names.data[len]))
            len++;
        if (span_equal_text(span_first(names, len), queue))
            return true;
        names = span_skip(names, len + 1);
    }
    return false;
}

/* Room for any path of ours: names of queues are short. */
struct path {
    char text[64 + 2 * HASH_DEPTH_MAX + QUEUE_ID_MAX];
};

static struct path make_path(const struct config *config, const char *queue, const char *queue_id)
{
    struct path path;
    char hash[QUEUE_ID_MAX] = "";
    char levels[2 * HASH_DEPTH_MAX + 1] = "";
    int depth =
        config->hash_queue_depth < HASH_DEPTH_MAX ? config->hash_queue_depth : HASH_DEPTH_MAX;

    if (depth > 0 && is_hashed(config, queue)) {
        if (strcmp(queue, "incoming") == 0)
            queue_id_scatter(queue_id, (size_t)depth, hash);
        else
            queue_id_hash(queue_id, (size_t)depth, hash);
    }
    for (int i = 0; hash[i] != '\0'; i++) {
        levels[2 * i] = '/';
        levels[2 * i + 1] = hash[i];
    }
    snprintf(path.text, sizeof(path.text), "%.60s%s/%s", queue, levels, queue_id);
    return path;
}

const char *queue_path(struct arena *arena, const struct config *config, const char *queue,
                       const char *queue_id)
{
    return arena_copy(arena, make_path(config, queue, queue_id).text);
}

/* --- directories ------------------------------------------------------------------------------------- */

/* Make the directories above a path; those that are there are fine. */
static bool make_directories(int queue_directory, struct path path, struct error *err)
{
    for (char *slash = strchr(path.text, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdirat(queue_directory, path.text, 0700) != 0 && errno != EEXIST) {
            error_errno(err, "make queue directory %s", path.text);
            return false;
        }
        *slash = '/';
    }
    return true;
}

bool queue_sync_entry(int queue_directory, const struct config *config, const char *queue,
                      const char *queue_id, struct error *err)
{
    struct path path = make_path(config, queue, queue_id);
    char *slash;

    while ((slash = strrchr(path.text, '/')) != NULL) {
        *slash = '\0';
        if (!file_sync_directory(queue_directory, path.text, err))
            return false;
    }
    return file_sync_directory(queue_directory, ".", err);
}

int queue_open_directory(int queue_directory, const struct config *config, const char *queue,
                         const char *queue_id, struct error *err)
{
    static const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    struct path path = make_path(config, queue, queue_id);
    struct path directory = path;
    int fd;

    *strrchr(directory.text, '/') = '\0';
    fd = openat(queue_directory, directory.text, flags);
    if (fd == -1 && errno == ENOENT) {
        if (!make_directories(queue_directory, path, err) ||
            !queue_sync_entry(queue_directory, config, queue, queue_id, err))
            return -1;
        fd = openat(queue_directory, directory.text, flags);
    }
    if (fd == -1)
        error_errno(err, "open queue directory %s", directory.text);
    return fd;
}

/* --- moving ------------------------------------------------------------------------------------------ */

static bool rename_path(int queue_directory, const char *from, struct path to, struct error *err)
{
    if (renameat(queue_directory, from, queue_directory, to.text) == 0)
        return true;
    if (errno == ENOENT) {
        if (!make_directories(queue_directory, to, err))
            return false;
        if (renameat(queue_directory, from, queue_directory, to.text) == 0)
            return true;
    }
    error_errno(err, "move %s to %s", from, to.text);
    return false;
}

bool queue_move(int queue_directory, const struct config *config, const char *queue_id,
                const char *from, const char *to, struct error *err)
{
    return rename_path(queue_directory, make_path(config, from, queue_id).text,
                       make_path(config, to, queue_id), err);
}

bool queue_remove(int queue_directory, const struct config *config, const char *queue,
                  const char *queue_id, struct error *err)
{
    struct path path = make_path(config, queue, queue_id);

    if (unlinkat(queue_directory, path.text, 0) == 0)
        return true;
    error_errno(err, "remove %s", path.text);
    return false;
}

/* --- walking ----------------------------------------------------------------------------------------- */

struct queue_scan {
    DIR *levels[HASH_DEPTH_MAX + 1];
    int depth; /* of the directory that is read now; -1 when there is none left */
    struct path path;
    size_t lengths[HASH_DEPTH_MAX + 1]; /* of path, for each level */
};

/* The directory at scan->path becomes the one that is read. */
static bool descend(struct queue_scan *scan, int directory, const char *name, struct error *err)
{
    int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *level = fd < 0 ? NULL : fdopendir(fd);

    if (level == NULL) {
        if (errno == ENOENT)
            return true; /* removed meanwhile, or never made */
        error_errno(err, "open queue directory %s", scan->path.text);
        fd_close(&fd);
        return false;
    }
    scan->depth++;
    scan->levels[scan->depth] = level;
    scan->lengths[scan->depth] = strlen(scan->path.text);
    return true;
}

struct queue_scan *queue_scan_open(int queue_directory, const char *queue, struct error *err)
{
    struct queue_scan *scan = mem_new(struct queue_scan);

    scan->depth = -1;
    snprintf(scan->path.text, sizeof(scan->path.text), "%.60s", queue);
    if (!descend(scan, queue_directory, queue, err))
        queue_scan_close(&scan);
    return scan;
}

void queue_scan_close(struct queue_scan **scan)
{
    if (*scan == NULL)
        return;
    for (; (*scan)->depth >= 0; (*scan)->depth--)
        closedir((*scan)->levels[(*scan)->depth]);
    mem_free(*scan);
    *scan = NULL;
}

static void set_path(struct queue_scan *scan, const char *name)
{
    size_t len = scan->lengths[scan->depth];

    snprintf(scan->path.text + len, sizeof(scan->path.text) - len, "/%s", name);
}

/* The next entry of the directory that is read now; NULL at its end. */
static const struct dirent *next_entry(struct queue_scan *scan, struct error *err)
{
    const struct dirent *entry;

    errno = 0;
    entry = readdir(scan->levels[scan->depth]);
    if (entry == NULL && errno != 0) {
        scan->path.text[scan->lengths[scan->depth]] = '\0';
        error_errno(err, "read queue directory %s", scan->path.text);
    }
    return entry;
}

static bool is_hash_level(const struct queue_scan *scan, const char *name)
{
    return name[0] != '.' && name[1] == '\0' && scan->depth < HASH_DEPTH_MAX;
}

bool queue_scan_next(struct queue_scan *scan, char queue_id_r[QUEUE_ID_MAX], struct error *err)
{
    error_clear(err);
    while (scan->depth >= 0) {
        const struct dirent *entry = next_entry(scan, err);

        if (entry == NULL) {
            if (err->kind != ERROR_NONE)
                return false;
            closedir(scan->levels[scan->depth--]);
        } else if (is_hash_level(scan, entry->d_name)) {
            set_path(scan, entry->d_name);
            if (!descend(scan, dirfd(scan->levels[scan->depth]), entry->d_name, err))
                return false;
        } else if (queue_id_is_valid(entry->d_name)) {
            set_path(scan, entry->d_name);
            memcpy(queue_id_r, entry->d_name, strlen(entry->d_name) + 1);
            return true;
        }
    }
    return false;
}

const char *queue_scan_path(const struct queue_scan *scan)
{
    return scan->path.text;
}

bool queue_scan_settle(const struct queue_scan *scan, int queue_directory,
                       const struct config *config, const char *queue, const char *queue_id,
                       struct error *err)
{
    struct path path = make_path(config, queue, queue_id);

    return strcmp(path.text, scan->path.text) == 0 ||
           rename_path(queue_directory, scan->path.text, path, err);
}

bool queue_rehash(int queue_directory, const struct config *config, const char *queue,
                  struct error *err)
{
    struct queue_scan *scan = queue_scan_open(queue_directory, queue, err);
    char queue_id[QUEUE_ID_MAX];
    bool moved = scan != NULL;

    while (moved && queue_scan_next(scan, queue_id, err))
        moved = queue_scan_settle(scan, queue_directory, config, queue, queue_id, err);
    moved = moved && err->kind == ERROR_NONE;
    queue_scan_close(&scan);
    return moved;
}
