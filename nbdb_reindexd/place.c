/* The directory and the files of a table (nbdb_reindexd/place.h). */
#include "nbdb_reindexd/place.h"

#include "lib/base/file.h"
#include "nbdb_reindexd/policy.h"

#include <fcntl.h>
#include <unistd.h>

#define LEGACY_SUFFIX ".db"

/* --- the directory ----------------------------------------------------------------------------------- */

static bool is_link(int directory, const char *name)
{
    struct stat status;

    return fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

/* One step down; the directory above is closed. */
static int descend(int above, struct span part)
{
    char *name = mem_span(part);
    int below = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int number = below < 0 && is_link(above, name) ? ELOOP : errno;

    fd_close(&above);
    mem_free(name);
    errno = number;
    return below;
}

static bool open_directory(struct place *place, struct error *err)
{
    struct span rest =
        span_of(place->path, (size_t)(place->name - place->path)); /* with its last slash */
    struct span way = span_skip(rest, 1);

    place->directory = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    while (place->directory >= 0 && way.len > 0)
        place->directory = descend(place->directory, span_take_until(&way, '/'));
    if (place->directory >= 0 && fstat(place->directory, &place->directory_status) == 0)
        return true;
    if (errno == ELOOP)
        error_set(err, ERROR_PERMANENT, "parent directory '%.*s' has a symbolic link on its way",
                  SPAN_PRINTF(rest));
    else
        error_errno(err, "look up status for parent directory '%.*s'", SPAN_PRINTF(rest));
    return false;
}

/* --- whose table it is ------------------------------------------------------------------------------- */

static bool find_owner(struct place *place, struct error *err)
{
    char *legacy = mem_printf("%s" LEGACY_SUFFIX, place->name);
    struct stat status;
    bool found = fstatat(place->directory, legacy, &status, AT_SYMLINK_NOFOLLOW) == 0;

    mem_free(legacy);
    if (!found) {
        error_errno(err, "look up status for legacy indexed file '%s" LEGACY_SUFFIX "'",
                    place->path);
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(err, ERROR_PERMANENT,
                  "legacy indexed file '%s" LEGACY_SUFFIX "' is not a regular file", place->path);
        return false;
    }
    place->uid = status.st_uid;
    place->gid = status.st_gid;
    return true;
}

bool place_open(struct place *place_r, const char *path, struct error *err)
{
    *place_r = (struct place){
        .path = path,
        .name = strrchr(path, '/') + 1,
        .directory = -1,
        .source = -1,
    };
    return open_directory(place_r, err) && find_owner(place_r, err);
}

void place_close(struct place *place)
{
    fd_close(&place->directory);
    fd_close(&place->source);
}

bool place_has(const struct place *place, const char *suffix)
{
    char *name = mem_printf("%s%s", place->name, suffix);
    struct stat status;
    bool has = fstatat(place->directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
               S_ISREG(status.st_mode) && status.st_size > 0;

    mem_free(name);
    return has;
}

/* --- the safety policy ------------------------------------------------------------------------------- */

/* Who writes as root must write nowhere that somebody else can lead him to. */
static bool is_below(const struct place *place, const struct config *config, struct error *err)
{
    bool root = place->uid == 0;
    const char *directories = root ? config->non_bdb_migration_allow_root_prefixes
                                   : config->non_bdb_migration_allow_user_prefixes;

    if (policy_is_below(directories, place->path))
        return true;
    error_set(err, ERROR_PERMANENT,
              "table %s has an unexpected pathname; to allow automatic indexing as %s, append its "
              "parent directory to the 'non_bdb_migration_allow_%s_prefixes' setting (current "
              "setting is: \"%s\")",
              place->path, root ? "root" : "non-root", root ? "root" : "user", directories);
    return false;
}

static bool is_safe(const struct place *place, const struct stat *status, const char *what,
                    struct error *err)
{
    if (policy_is_safe(status, place->uid))
        return true;
    error_set(err, ERROR_PERMANENT,
              "legacy indexed file '%s" LEGACY_SUFFIX "' is owned by uid '%lu', but %s is owned or "
              "writable by other user; to allow automatic indexing, correct the ownership or "
              "permissions",
              place->path, (unsigned long)place->uid, what);
    return false;
}

bool place_is_permitted(const struct place *place, const struct config *config, struct error *err)
{
    char *what =
        mem_printf("parent directory '%.*s'", (int)(place->name - place->path - 1), place->path);
    bool permitted =
        is_below(place, config, err) && is_safe(place, &place->directory_status, what, err);

    mem_free(what);
    return permitted;
}

/* --- the source -------------------------------------------------------------------------------------- */

bool place_open_source(struct place *place, struct error *err)
{
    /* O_NONBLOCK: a FIFO must not hold us before fstat refuses it */
    place->source = openat(place->directory, place->name,
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (place->source < 0 && errno == ELOOP)
        error_set(err, ERROR_PERMANENT, "source file '%s' is a symbolic link", place->path);
    else if (place->source < 0 || fstat(place->source, &place->source_status) != 0)
        error_errno(err, "open lookup table source file %s as uid=%lu gid=%lu", place->path,
                    (unsigned long)geteuid(), (unsigned long)getegid());
    else if (!S_ISREG(place->source_status.st_mode))
        error_set(err, ERROR_PERMANENT, "source file '%s' is not a regular file", place->path);
    else
        return true;
    fd_close(&place->source);
    return false;
}

bool place_source_is_permitted(const struct place *place, struct error *err)
{
    char *what = mem_printf("source file '%s'", place->path);
    bool permitted = is_safe(place, &place->source_status, what, err);

    mem_free(what);
    return permitted;
}
