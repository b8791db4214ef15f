/* A configuration file being changed: locked, replaced whole, with its owner and permissions. */
#include "tools/conf/edit.h"

#include "lib/base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#define FILE_MAX (16U << 20)

bool edit_request_check(const char *options, const char *request, struct error *err)
{
    const char *refused = NULL;

    if (strchr(request, '\n') != NULL)
        refused = "multi-line";
    else if (request[strspn(request, " \t\r")] == '#')
        refused = "comment";
    else
        return true;
    error_set(err, ERROR_PERMANENT, "%s no %s input", options, refused);
    return false;
}

bool edit_is_comment(struct span line)
{
    struct span visible = span_trim(line);

    return visible.len == 0 || *visible.data == '#';
}

void edit_put_line(struct buf *out, const char *prefix, struct span line)
{
    buf_put_text(out, prefix);
    buf_put(out, line);
    buf_put_char(out, '\n');
}

/* Is it what stands under its name still? Whoever had the lock before us took the name away. */
static bool is_lock(const struct edited_file *file, int fd)
{
    struct stat open, named;

    return fstat(fd, &open) == 0 &&
           fstatat(file->directory, file->lock_name, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

/* A file of its own, which only he can open who may make it: the others, who may read main.cf and look into its
 * directory, could lock these for ever. */
static bool take_lock(struct edited_file *file, struct error *err)
{
    do {
        fd_close(&file->lock);
        file->lock = openat(file->directory, file->lock_name,
                            O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
        if (file->lock < 0 || flock(file->lock, LOCK_EX) != 0) {
            error_errno(err, "open %s/%s", file->path, file->lock_name);
            fd_close(&file->lock);
            return false;
        }
    } while (!is_lock(file, file->lock));
    return true;
}

/* Is it a new version of the file that was being written when its editor was killed? (file_replace_in_kind) */
static bool is_left_over(const struct edited_file *file, const char *name)
{
    const size_t len = strlen(file->name);

    return strncmp(name, file->name, len) == 0 && name[len] == '.' &&
           strspn(name + len + 1, "0123456789abcdef") == 16 && strcmp(name + len + 17, ".new") == 0;
}

/* Whoever has the lock is alone: nobody else writes a new version now. */
static void remove_left_over(const struct edited_file *file)
{
    int fd = openat(file->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *names = fd < 0 ? NULL : fdopendir(fd);
    struct dirent *entry;

    if (names == NULL) {
        fd_close(&fd);
        return;
    }
    while ((entry = readdir(names)) != NULL) {
        if (is_left_over(file, entry->d_name))
            (void)unlinkat(file->directory, entry->d_name, 0);
    }
    (void)closedir(names);
}

static bool read_locked(struct edited_file *file, struct error *err)
{
    if (fstatat(file->directory, file->name, &file->status, 0) != 0) {
        error_errno(err, "open %s/%s for reading", file->path, file->name);
        return false;
    }
    if (file_read(file->directory, file->name, &file->old, err))
        return true;
    error_prefix(err, "%s", file->path);
    return false;
}

bool edited_file_open(struct edited_file *file_r, const char *directory, const char *name,
                      struct error *err)
{
    char *path = mem_printf("%s/%s", directory, name);
    char *slash;

    *file_r = (struct edited_file){
        .path = realpath(path, NULL),
        .directory = -1,
        .lock = -1,
        .old = BUF(FILE_MAX),
        .changed = BUF(BUF_UNLIMITED),
    };
    if (file_r->path == NULL)
        error_errno(err, "open %s for reading", path);
    mem_free(path);
    if (file_r->path == NULL)
        return false;
    slash = strrchr(file_r->path, '/');
    *slash = '\0';
    file_r->name = slash + 1;
    file_r->lock_name = mem_printf("%s.lock", file_r->name);
    file_r->directory =
        open(slash == file_r->path ? "/" : file_r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file_r->directory < 0)
        error_errno(err, "open %s", file_r->path);
    else if (take_lock(file_r, err) && read_locked(file_r, err)) {
        remove_left_over(file_r);
        return true;
    }
    edited_file_close(file_r);
    return false;
}

bool edited_file_store(struct edited_file *file, struct error *err)
{
    bool kept;

    if (span_equal(buf_span(&file->changed), buf_span(&file->old)))
        return true;
    if (!file_replace_in_kind(file->directory, file->name, &file->status, buf_span(&file->changed),
                              &kept, err)) {
        error_prefix(err, "%s", file->path);
        return false;
    }
    if (!kept)
        log_warning("%s/%s now belongs to uid %d, gid %d", file->path, file->name, (int)geteuid(),
                    (int)getegid());
    return true;
}

void edited_file_close(struct edited_file *file)
{
    if (file->lock >= 0)
        (void)unlinkat(file->directory, file->lock_name, 0); /* before others get it */
    fd_close(&file->lock);
    fd_close(&file->directory);
    buf_release(&file->old);
    buf_release(&file->changed);
    mem_free(file->lock_name);
    free(file->path);
    *file = (struct edited_file){.directory = -1, .lock = -1};
}
