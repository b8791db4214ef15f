/* The model of the disk. */
#include "t/unit/unit.h"

#include "t/unit/power_model.h"

#include "lib/base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define OBJECTS_MAX 2000
#define NAMES_MAX   2000
#define PENDING_MAX 20000
#define BLOCK       16 /* octets that are written as a whole */

struct object { /* a file, whatever it is called */
    ino_t inode;
    struct buf synced;
};

struct name {
    char *path;
    int object;
};

struct change {
    char *from, *to; /* NULL: a new name; NULL: a name that goes */
    int object;
};

static struct object objects[OBJECTS_MAX];
static struct name names[NAMES_MAX];
static struct change pending[PENDING_MAX];
static int object_count, name_count, pending_count;
static char root[300];
static bool watching;
static void (*before_change)(void);

/* What happens in it is not of the disk that is watched. */
static void fail_before(void)
{
    watching = false;
    before_change();
    watching = true;
}

/* --- names and files --------------------------------------------------------------------------- */

static bool is_watched(const char *path)
{
    size_t len = strlen(root);

    return strncmp(path, root, len) == 0 && path[len] == '/' &&
           strstr(path, "/buzon.index/") == NULL && strstr(path, ".lock") == NULL;
}

static void resolve(int directory, const char *name, char path[600])
{
    char link[64], base[300];
    ssize_t len;

    snprintf(link, sizeof(link), directory == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d",
             directory);
    len = readlink(link, base, sizeof(base) - 1);
    base[len < 0 ? 0 : len] = '\0';
    if (name[0] == '/')
        snprintf(path, 600, "%s", name);
    else if (strcmp(name, ".") == 0)
        snprintf(path, 600, "%s", base);
    else
        snprintf(path, 600, "%s/%s", base, name);
}

static int object_of(ino_t inode, bool fresh)
{
    int at = 0;

    while (at < object_count && objects[at].inode != inode)
        at++;
    if (at < object_count && fresh)
        objects[at].inode = 0; /* the number is used again */
    if (at < object_count && !fresh)
        return at;
    assert_true(object_count < OBJECTS_MAX);
    objects[object_count] = (struct object){.inode = inode, .synced = BUF(BUF_UNLIMITED)};
    return object_count++;
}

static void set_name(const char *path, int object)
{
    for (int i = 0; i < name_count; i++) {
        if (strcmp(names[i].path, path) != 0)
            continue;
        names[i].object = object;
        return;
    }
    assert_true(name_count < NAMES_MAX);
    names[name_count++] = (struct name){strdup(path), object};
}

static void drop_name(const char *path)
{
    for (int i = 0; i < name_count; i++) {
        if (strcmp(names[i].path, path) != 0)
            continue;
        free(names[i].path);
        names[i] = names[--name_count];
        return;
    }
}

static void apply(const struct change *change)
{
    if (change->to != NULL)
        set_name(change->to, change->object);
    if (change->from != NULL)
        drop_name(change->from);
}

static void forget(struct change *change)
{
    free(change->from);
    free(change->to);
}

static void note(const char *from, const char *to, int object)
{
    assert_true(pending_count < PENDING_MAX);
    pending[pending_count++] = (struct change){
        .from = from == NULL ? NULL : strdup(from),
        .to = to == NULL ? NULL : strdup(to),
        .object = object,
    };
}

static bool is_in(const char *path, const char *directory)
{
    const char *slash = path == NULL ? NULL : strrchr(path, '/');

    return slash != NULL && strlen(directory) == (size_t)(slash - path) &&
           strncmp(path, directory, (size_t)(slash - path)) == 0;
}

static void sync_directory(const char *path)
{
    int kept = 0;

    for (int i = 0; i < pending_count; i++) {
        if (is_in(pending[i].from, path) || is_in(pending[i].to, path)) {
            apply(&pending[i]);
            forget(&pending[i]);
        } else {
            pending[kept++] = pending[i];
        }
    }
    pending_count = kept;
}

static void note_sync(int fd)
{
    char path[600];
    struct stat status;

    resolve(fd, ".", path);
    if (!watching || fstat(fd, &status) != 0)
        return;
    fail_before();
    if (S_ISDIR(status.st_mode)) {
        sync_directory(path);
    } else if (is_watched(path)) {
        struct buf *synced = &objects[object_of(status.st_ino, false)].synced;
        buf_clear(synced);
        assert_true(file_read(AT_FDCWD, path, synced, NULL));
    }
}

/* --- what the linker gives us ------------------------------------------------------------------ */

int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
ssize_t __wrap_pwrite(int fd, const void *octets, size_t len, off_t offset);
int __wrap_ftruncate(int fd, off_t size);
ssize_t __real_pwrite(int fd, const void *octets, size_t len, off_t offset);
int __real_ftruncate(int fd, off_t size);
int __wrap_openat(int directory, const char *name, int flags, ...);
int __wrap_renameat(int from_directory, const char *from, int to_directory, const char *to);
int __wrap_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                     unsigned flags);
int __wrap_linkat(int from_directory, const char *from, int to_directory, const char *to,
                  int flags);
int __wrap_unlinkat(int directory, const char *name, int flags);
int __real_openat(int directory, const char *name, int flags, ...);
int __real_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                     unsigned flags);
int __real_linkat(int from_directory, const char *from, int to_directory, const char *to,
                  int flags);
int __real_unlinkat(int directory, const char *name, int flags);

int __wrap_fsync(int fd)
{
    note_sync(fd);
    return 0;
}

int __wrap_fdatasync(int fd)
{
    note_sync(fd);
    return 0;
}

/* Files that are written in place: no note is taken, what is in them now is seen when the power fails. */
static void note_write(int fd)
{
    char path[600];

    resolve(fd, ".", path);
    if (watching && is_watched(path))
        fail_before();
}

ssize_t __wrap_pwrite(int fd, const void *octets, size_t len, off_t offset)
{
    note_write(fd);
    return __real_pwrite(fd, octets, len, offset);
}

int __wrap_ftruncate(int fd, off_t size)
{
    note_write(fd);
    return __real_ftruncate(fd, size);
}

int __wrap_openat(int directory, const char *name, int flags, ...)
{
    char path[600];
    struct stat status;
    mode_t mode;
    va_list arguments;
    bool fresh;
    int fd;

    va_start(arguments, flags);
    mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    resolve(directory, name, path);
    fresh = watching && (flags & O_CREAT) != 0 && is_watched(path) && access(path, F_OK) != 0;
    if (fresh)
        fail_before();
    fd = __real_openat(directory, name, flags, mode);
    if (fresh && fd >= 0 && fstat(fd, &status) == 0)
        note(NULL, path, object_of(status.st_ino, true));
    return fd;
}

int __wrap_renameat2(int from_directory, const char *from, int to_directory, const char *to,
                     unsigned flags)
{
    char from_path[600], to_path[600];
    struct stat status;
    int result;

    resolve(from_directory, from, from_path);
    resolve(to_directory, to, to_path);
    if (watching && is_watched(to_path))
        fail_before();
    result = __real_renameat2(from_directory, from, to_directory, to, flags);
    if (watching && result == 0 && is_watched(to_path) && strcmp(from_path, to_path) != 0 &&
        lstat(to_path, &status) == 0)
        note(from_path, to_path, object_of(status.st_ino, false));
    return result;
}

int __wrap_renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    return __wrap_renameat2(from_directory, from, to_directory, to, 0);
}

int __wrap_linkat(int from_directory, const char *from, int to_directory, const char *to, int flags)
{
    char path[600];
    struct stat status;
    int result;

    resolve(to_directory, to, path);
    if (watching && is_watched(path))
        fail_before();
    result = __real_linkat(from_directory, from, to_directory, to, flags);
    if (watching && result == 0 && is_watched(path) && lstat(path, &status) == 0)
        note(NULL, path, object_of(status.st_ino, false));
    return result;
}

int __wrap_unlinkat(int directory, const char *name, int flags)
{
    char path[600];
    int result;

    resolve(directory, name, path);
    if (watching && is_watched(path))
        fail_before();
    result = __real_unlinkat(directory, name, flags);
    if (watching && result == 0 && is_watched(path))
        note(path, NULL, -1);
    return result;
}

/* --- beginning and end ------------------------------------------------------------------------- */

typedef void visit_file(const char *path, const struct stat *status);

static void walk(const char *path, visit_file *visit)
{
    DIR *entries = opendir(path);
    struct dirent *entry;

    assert_non_null(entries);
    while ((entry = readdir(entries)) != NULL) {
        char child[600];
        struct stat status;
        snprintf(child, sizeof(child), "%s/%s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            lstat(child, &status) != 0 || strcmp(entry->d_name, "buzon.index") == 0)
            continue;
        visit(child, &status);
        if (S_ISDIR(status.st_mode))
            walk(child, visit);
    }
    closedir(entries);
}

static void take_as_synced(const char *path, const struct stat *status)
{
    int object;

    if (!S_ISREG(status->st_mode) || !is_watched(path))
        return;
    object = object_of(status->st_ino, false);
    buf_clear(&objects[object].synced);
    assert_true(file_read(AT_FDCWD, path, &objects[object].synced, NULL));
    set_name(path, object);
}

void power_watch(void (*before)(void))
{
    char cwd[200];

    assert_non_null(getcwd(cwd, sizeof(cwd)));
    snprintf(root, sizeof(root), "%s/mail", cwd);
    before_change = before;
    walk(root, take_as_synced);
    watching = true;
}

void power_forget(void)
{
    watching = false;
    for (int i = 0; i < pending_count; i++)
        forget(&pending[i]);
    for (int i = 0; i < name_count; i++)
        free(names[i].path);
    for (int i = 0; i < object_count; i++)
        buf_release(&objects[i].synced);
    object_count = name_count = pending_count = 0;
}

/* --- the failure ------------------------------------------------------------------------------- */

static const char *crashed_path(const char *path)
{
    static char crashed[700];

    snprintf(crashed, sizeof(crashed), "crashed/mail%s", path + strlen(root));
    return crashed;
}

static void make_directory(const char *path, const struct stat *status)
{
    if (S_ISDIR(status->st_mode))
        assert_int_equal(mkdir(crashed_path(path), 0700), 0);
}

static int wanted_object; /* of find_current */
static struct buf current;
static bool is_current;

static void find_current(const char *path, const struct stat *status)
{
    if (is_current || !S_ISREG(status->st_mode) || status->st_ino != objects[wanted_object].inode)
        return;
    buf_clear(&current);
    is_current = file_read(AT_FDCWD, path, &current, NULL);
}

/* What was written in place: of each block the old content or the new, and the old length or the new. */
static struct span mixture(struct span synced)
{
    size_t len = random() % 2 == 0 ? current.len : synced.len;

    for (size_t at = 0; at < current.len && at < synced.len; at++) {
        static bool old;
        if (at % BLOCK == 0)
            old = random() % 2 == 0;
        if (old)
            current.data[at] = synced.data[at];
    }
    if (synced.len > current.len)
        buf_put(&current, span_skip(synced, current.len));
    return span_first(buf_span(&current), len);
}

/* What of the content is there. The length of a file is told beside names: it may be ahead of the content. */
static struct span content_of(int object, enum power_loss loss)
{
    struct span synced = buf_span(&objects[object].synced), now;
    size_t len;

    if (loss == LOSE_ALL)
        return synced;
    current.limit = BUF_UNLIMITED;
    wanted_object = object;
    is_current = false;
    walk(root, find_current);
    now = buf_span(&current);
    if (!is_current || span_equal(now, synced))
        return synced;
    if (loss == LOSE_CONTENT)
        return span_first(synced, now.len);
    switch (random() % 3) {
    case 0:
        return synced;
    case 1:
        return now;
    }
    if (now.len < synced.len || (synced.len > 0 && memcmp(now.data, synced.data, synced.len) != 0))
        return mixture(synced);
    len = synced.len + (size_t)random() % (now.len - synced.len + 1); /* it was appended to */
    memset(current.data + len, 0, now.len - len);
    return now;
}

static void write_files(enum power_loss loss)
{
    for (int i = 0; i < name_count; i++) {
        struct span content = content_of(names[i].object, loss);
        int fd =
            __real_openat(AT_FDCWD, crashed_path(names[i].path), O_WRONLY | O_CREAT | O_EXCL, 0600);
        assert_true(fd >= 0);
        assert_true(write_all(fd, content));
        close(fd);
    }
}

void power_fail(enum power_loss loss)
{
    struct name saved[NAMES_MAX];
    int saved_count = name_count, moment = pending_count == 0 ? 0 : (int)(random() % pending_count);

    for (int i = 0; i < name_count; i++)
        saved[i] = (struct name){strdup(names[i].path), names[i].object};
    for (int i = 0; i < pending_count; i++) {
        if (loss == LOSE_CONTENT || (loss == LOSE_NEWEST && i < moment) ||
            (loss == LOSE_ANYTHING && random() % 2 == 0))
            apply(&pending[i]);
    }
    assert_int_equal(system("rm -rf crashed; mkdir -p crashed/mail"), 0);
    walk(root, make_directory);
    write_files(loss);
    for (int i = 0; i < name_count; i++)
        free(names[i].path);
    memcpy(names, saved, sizeof(saved[0]) * (size_t)saved_count);
    name_count = saved_count;
}
