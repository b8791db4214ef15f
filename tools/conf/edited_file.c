/* A configuration file being changed: locked, replaced whole, with its owner and permissions. */
#include "tools/conf/edit.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

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

/* Under the lock of the directory, which outlives the file that is replaced in it. */
static bool read_locked(struct edited_file *file, struct error *err)
{
    struct stat status;

    if (fstatat(file->directory, file->name, &status, 0) != 0) {
        error_errno(err, "open %s/%s for reading", file->path, file->name);
        return false;
    }
    file->mode = status.st_mode & 07777;
    file->owner = status.st_uid;
    file->group = status.st_gid;
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
    file_r->directory =
        open(slash == file_r->path ? "/" : file_r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file_r->directory < 0 || flock(file_r->directory, LOCK_EX) != 0)
        error_errno(err, "open %s", file_r->path);
    else if (read_locked(file_r, err))
        return true;
    edited_file_close(file_r);
    return false;
}

bool edited_file_store(struct edited_file *file, struct error *err)
{
    if (span_equal(buf_span(&file->changed), buf_span(&file->old)))
        return true;
    if (!file_replace(file->directory, file->name, file->mode, buf_span(&file->changed), err)) {
        error_prefix(err, "%s", file->path);
        return false;
    }
    if ((file->owner != geteuid() || file->group != getegid()) &&
        fchownat(file->directory, file->name, file->owner, file->group, 0) != 0)
        log_warning("%s/%s now belongs to uid %d, gid %d", file->path, file->name, (int)geteuid(),
                    (int)getegid());
    return true;
}

void edited_file_close(struct edited_file *file)
{
    fd_close(&file->directory);
    buf_release(&file->old);
    buf_release(&file->changed);
    free(file->path);
    *file = (struct edited_file){.directory = -1};
}
