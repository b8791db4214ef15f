/* Dovecot's passwd-file. A file that vanishes or breaks while we run leaves what was read before. */
#include "lib/base/base.h"

#include "auth/passwd_file.h"

#include "lib/base/buf.h"
#include "lib/base/file.h"
#include "lib/base/file_version.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"

#include <fcntl.h>

#define FILE_MAX (1024UL * 1024 * 1024)

struct passwd_file {
    char *path;
    struct file_version read; /* the file as it was when it was read */
    struct file_version seen; /* and when somebody asked whether it changed */
    struct hash *users;
    struct arena *arena;
};

/* --- a line ------------------------------------------------------------------------------------------------ */

bool passwd_file_parse_line(struct arena *arena, struct span line, const char **user_r,
                            struct passwd_entry *entry_r)
{
    if (line.len > 0 && line.data[line.len - 1] == '\r')
        line = span_first(line, line.len - 1);
    if (line.len == 0 || line.data[0] == '#' || line.data[0] == ':' ||
        memchr(line.data, '\0', line.len) != NULL)
        return false;
    *user_r = arena_text(arena, span_take_until(&line, ':'));
    passwd_entry_parse(arena, line, entry_r);
    return true;
}

/* --- the file ------------------------------------------------------------------------------------------------ */

static void add_user(struct passwd_file *file, struct span line)
{
    struct passwd_entry *entry = arena_new(file->arena, struct passwd_entry);
    const char *user;

    if (!passwd_file_parse_line(file->arena, line, &user, entry))
        return;
    if (hash_get(file->users, span_text(user)) == NULL)
        hash_put(file->users, span_text(user), entry);
    else
        log_warning("%s: %s is there more than once; the first line counts", file->path, user);
}

static bool read_users(struct passwd_file *file, struct error *err)
{
    struct buf content = BUF(FILE_MAX);
    struct span rest;

    if (!file_read(AT_FDCWD, file->path, &content, err)) {
        buf_release(&content);
        return false;
    }
    hash_free(&file->users, NULL);
    arena_free(&file->arena);
    file->users = hash_create();
    file->arena = arena_create();
    for (rest = buf_span(&content); rest.len > 0;)
        add_user(file, span_take_until(&rest, '\n'));
    buf_release(&content);
    return true;
}

/* Looked at each time: whoever keeps our answers must not keep an old one. The state is taken before reading, so
 * that a change in between is seen the next time. */
static bool refresh(struct passwd_file *file, struct error *err)
{
    struct stat status;
    struct file_version now;

    if (stat(file->path, &status) != 0) {
        error_errno(err, "open %s", file->path);
        return false;
    }
    now = file_version_of(&status);
    if (file->users != NULL && file_version_is(&file->read, &now))
        return true;
    if (!read_users(file, err))
        return false;
    file->read = now;
    return true;
}

bool passwd_file_changed(struct passwd_file *file)
{
    struct stat status;
    struct file_version now;

    if (stat(file->path, &status) != 0)
        return false;
    now = file_version_of(&status);
    if (file_version_is(&file->seen, &now))
        return false;
    file->seen = now;
    return true;
}

struct passwd_file *passwd_file_open(const char *path, struct error *err)
{
    struct passwd_file *file = mem_new(struct passwd_file);

    file->path = mem_text(path);
    if (refresh(file, err))
        file->seen = file->read;
    else
        passwd_file_free(&file);
    return file;
}

void passwd_file_free(struct passwd_file **file)
{
    struct passwd_file *old = *file;

    *file = NULL;
    if (old == NULL)
        return;
    hash_free(&old->users, NULL);
    arena_free(&old->arena);
    mem_free(old->path);
    mem_free(old);
}

bool passwd_file_find(struct passwd_file *file, const char *user, struct passwd_entry *entry_r,
                      struct error *err)
{
    const struct passwd_entry *entry;

    error_clear(err);
    if (!refresh(file, err)) {
        log_warning("%s; the users read before stay", err->text);
        error_clear(err);
    }
    entry = hash_get(file->users, span_text(user));
    if (entry == NULL)
        return false;
    *entry_r = *entry;
    return true;
}

const char *passwd_file_sample(const struct passwd_file *file)
{
    size_t position = 0;
    struct span user;
    void *entry;

    while (hash_next(file->users, &position, &user, &entry)) {
        const char *password = ((const struct passwd_entry *)entry)->password;
        if (password[0] != '\0')
            return password;
    }
    return NULL;
}
