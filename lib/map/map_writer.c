/* Writing tables: the new file beside the old one, the lock, the change of names. */
#include "lib/map/map_writer.h"

#include "lib/base/file.h"
#include "lib/map/map_file.h"
#include "lib/map/map_type.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define COPY_AT_ONCE (64U * 1024 * 1024)

struct map_writer {
    const struct map_file *type;
    struct map_writer_settings settings;
    void *file;            /* of the type; NULL: closed or not open yet */
    char *path;            /* "/etc/aliases.db" */
    char *temporary;       /* beside it; NULL: there is none */
    int present;           /* the file that there is now, locked; -1: none */
    int created;           /* the new file */
    struct buf key, value; /* as they are stored */
};

static const struct map_file *const types[] = {
#if defined(HAVE_BERKELEY_DB) && !defined(WITHOUT_BERKELEY_DB) /* the latter in a test */
    &map_file_hash,
    &map_file_btree,
#endif
    &map_file_lmdb,
    &map_file_cdb,
};

static const struct map_file *find_type(struct span type)
{
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        if (span_equal_text(type, types[i]->type))
            return types[i];
    }
    return NULL;
}

/* Is the file that we have locked still the one with that name? */
static bool is_current(int fd, const char *path)
{
    struct stat ours;
    struct stat named;

    return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

static bool lock_present(struct map_writer *writer, struct error *err)
{
    for (;;) {
        writer->present = open(writer->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
        if (writer->present < 0 && errno == ENOENT && !writer->settings.must_exist)
            return true;
        if (writer->present < 0 || flock(writer->present, LOCK_EX) != 0) {
            error_errno(err, "open database %s", writer->path);
            return false;
        }
        if (is_current(writer->present, writer->path))
            return true;
        fd_close(&writer->present);
    }
}

static bool create_temporary(struct map_writer *writer, struct error *err)
{
    uint64_t random;

    if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random)) {
        error_errno(err, "getrandom");
        return false;
    }
    writer->temporary = mem_printf("%s.%016" PRIx64 ".new", writer->path, random);
    writer->created =
        open(writer->temporary, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (writer->created >= 0)
        return true;
    error_errno(err, "create database %s", writer->temporary);
    mem_free(writer->temporary);
    writer->temporary = NULL;
    return false;
}

/* The file systems that can share blocks do so here. */
static bool copy_present(struct map_writer *writer, struct error *err)
{
    ssize_t copied;

    do {
        copied = copy_file_range(writer->present, NULL, writer->created, NULL, COPY_AT_ONCE, 0);
    } while (copied > 0 || (copied < 0 && errno == EINTR));
    if (copied == 0)
        return true;
    error_errno(err, "copy database %s", writer->path);
    return false;
}

/* A table that is there keeps its owner and permissions; a new one gets those of its source. */
static bool set_owner(const struct map_writer *writer, struct error *err)
{
    struct stat as = {
        .st_mode = writer->settings.mode,
        .st_uid = writer->settings.uid,
        .st_gid = writer->settings.gid,
    };

    if ((writer->present >= 0 && fstat(writer->present, &as) != 0) ||
        (geteuid() == 0 && fchown(writer->created, as.st_uid, as.st_gid) != 0) ||
        fchmod(writer->created, as.st_mode & 07777) != 0) {
        error_errno(err, "set owner and mode of %s", writer->temporary);
        return false;
    }
    return true;
}

static void free_writer(struct map_writer **writer)
{
    fd_close(&(*writer)->created);
    fd_close(&(*writer)->present);
    if ((*writer)->temporary != NULL)
        (void)unlink((*writer)->temporary);
    buf_release(&(*writer)->key);
    buf_release(&(*writer)->value);
    mem_free((*writer)->temporary);
    mem_free((*writer)->path);
    mem_free(*writer);
    *writer = NULL;
}

static bool open_file(struct map_writer *writer, struct error *err)
{
    bool is_copy;

    if (!lock_present(writer, err) || !create_temporary(writer, err))
        return false;
    is_copy = writer->settings.from_present && writer->present >= 0;
    if (is_copy && !copy_present(writer, err))
        return false;
    writer->file = writer->type->open(writer->temporary, &writer->settings, !is_copy, err);
    return writer->file != NULL;
}

/* A build without the library reads such tables nevertheless. */
static void refuse_type(const char *specification, struct error *err)
{
    struct span type = span_first(span_text(specification), strcspn(specification, ":"));

    if (map_is_legacy(type))
        error_set(err, ERROR_PERMANENT,
                  "Berkeley DB support for '%s' is not available for this build; see "
                  "buzon_tables(5) for alternatives",
                  specification);
    else
        error_set(err, ERROR_PERMANENT, "unsupported map type for this operation: %.*s",
                  SPAN_PRINTF(type));
}

static struct map_writer *open_writer(const char *specification,
                                      const struct map_writer_settings *settings, struct error *err)
{
    struct span name = span_text(specification);
    const struct map_file *type = find_type(span_take_until(&name, ':'));
    struct map_writer *writer;

    if (type == NULL) {
        refuse_type(specification, err);
        return NULL;
    }
    writer = mem_new(struct map_writer);
    writer->type = type;
    writer->settings = *settings;
    writer->present = writer->created = -1;
    writer->key = writer->value = BUF(BUF_UNLIMITED);
    writer->path = mem_printf("%.*s%s", SPAN_PRINTF(name), type->suffix);
    if (!open_file(writer, err))
        free_writer(&writer);
    return writer;
}

struct map_writer *map_writer_open(const char *specification,
                                   const struct map_writer_settings *settings, struct error *err)
{
    char *redirected = map_redirect(settings->config, specification);
    struct map_writer *writer;

    map_redirect_log(settings->config, specification, redirected);
    writer = open_writer(redirected == NULL ? specification : redirected, settings, err);
    mem_free(redirected);
    return writer;
}

/* As it is stored: with its terminating NUL, unless told otherwise. */
static struct span stored(const struct map_writer *writer, struct buf *copy, struct span text)
{
    if (writer->settings.without_nul)
        return text;
    buf_clear(copy);
    buf_put(copy, text);
    buf_put_char(copy, '\0');
    return buf_span(copy);
}

enum map_put map_writer_put(struct map_writer *writer, struct span key, struct span value,
                            struct error *err)
{
    return writer->type->put(writer->file, stored(writer, &writer->key, key),
                             stored(writer, &writer->value, value), writer->settings.replaces, err);
}

/* A table that is there may have been made either way. */
enum map_result map_writer_remove(struct map_writer *writer, struct span key, struct error *err)
{
    enum map_result result =
        writer->type->remove(writer->file, stored(writer, &writer->key, key), err);

    if (result == MAP_ABSENT && !writer->settings.without_nul)
        result = writer->type->remove(writer->file, key, err);
    return result;
}

/* The new file takes the name; the directory remembers it. */
static bool take_name(struct map_writer *writer, struct error *err)
{
    struct span path = span_text(writer->path);
    size_t slash = span_find_last(path, '/');
    char *directory = slash == path.len ? mem_text(".") : mem_span(span_first(path, slash + 1));
    bool done = false;

    if (!set_owner(writer, err))
        ASSERT(err == NULL || err->kind != ERROR_NONE);
    else if (fsync(writer->created) != 0)
        error_errno(err, "sync %s", writer->temporary);
    else if (rename(writer->temporary, writer->path) != 0)
        error_errno(err, "rename %s to %s", writer->temporary, writer->path);
    else
        done = true;
    if (done) {
        mem_free(writer->temporary);
        writer->temporary = NULL;
        done = file_sync_directory(AT_FDCWD, directory, err);
    }
    mem_free(directory);
    return done;
}

bool map_writer_commit(struct map_writer **writer, struct error *err)
{
    bool done = (*writer)->type->close((*writer)->file, err) && take_name(*writer, err);

    free_writer(writer);
    return done;
}

void map_writer_abandon(struct map_writer **writer)
{
    if (*writer == NULL)
        return;
    (*writer)->type->abandon((*writer)->file);
    free_writer(writer);
}
