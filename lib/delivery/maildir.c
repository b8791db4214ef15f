/*
 * The Maildir writer of local, virtual and lmtpd: tmp, sync, rename into new, sync. The rename never
 * replaces a file.
 */
#include "lib/base/base.h"

#include "lib/delivery/maildir.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/delivery/blame.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define HOSTNAME_MAX 100 /* octets of it in a file name, which also has times and sizes */

/* What a file name of a Maildir may not have becomes '_': a host name has none of it anyway. */
void maildir_unique_name(char name[MAILDIR_NAME_MAX + 1], struct timeval now, const char *hostname)
{
    snprintf(name, MAILDIR_NAME_MAX + 1, "%lld.M%06ldP%ld.%.*s", (long long)now.tv_sec,
             (long)now.tv_usec, (long)getpid(), HOSTNAME_MAX, hostname);
    for (; *name != '\0'; name++) {
        if (*name == '/' || *name == ':' || *name == ',' || (unsigned char)*name <= ' ')
            *name = '_';
    }
}

void maildir_final_name(char name[MAILDIR_NAME_MAX + 1], const char *unique, uint64_t size,
                        uint64_t virtual_size)
{
    /* HOSTNAME_MAX leaves room for both sizes. */
    (void)!snprintf(name, MAILDIR_NAME_MAX + 1, "%.*s,S=%" PRIu64 ",W=%" PRIu64,
                    MAILDIR_NAME_MAX - 48, unique, size, virtual_size);
}

/* Line feeds with no CR before them among `len` octets; data[-1] is looked at. */
static unsigned count_in_chunk(const char *data, size_t len)
{
    unsigned char count = 0;

    for (size_t i = 0; i < len; i++)
        count += (unsigned char)((data[i] == '\n') & (data[i - 1] != '\r'));
    return count;
}

/* By chunks of a constant length, which the compiler turns into vector instructions. */
uint64_t maildir_count_bare_lf(struct span block, char *previous)
{
    enum { CHUNK = 128 }; /* what count_in_chunk counts in one octet */
    uint64_t count = 0;
    size_t at = 1;

    if (block.len == 0)
        return 0;
    count += block.data[0] == '\n' && *previous != '\r';
    for (; at + CHUNK <= block.len; at += CHUNK)
        count += count_in_chunk(block.data + at, CHUNK);
    count += count_in_chunk(block.data + at, block.len - at);
    *previous = block.data[block.len - 1];
    return count;
}

/* mkdir with the directories above; each new entry is synced in the directory that holds it. */
static bool make_directory(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    char *parent;
    bool made = false;

    if (mkdir(path, 0700) != 0) {
        if (errno == EEXIST)
            return true;
        if (errno != ENOENT) {
            error_errno(err, "create directory %s", path);
            return false;
        }
    } else {
        made = true;
    }
    if (slash == NULL)
        parent = mem_text(".");
    else
        parent = mem_span(span_of(path, slash == path ? 1 : (size_t)(slash - path)));
    if (!made && make_directory(parent, err)) {
        made = mkdir(path, 0700) == 0 || errno == EEXIST;
        if (!made)
            error_errno(err, "create directory %s", path);
    }
    made = made && file_sync_directory(AT_FDCWD, parent, err);
    mem_free(parent);
    return made;
}

/* Each folder, and tmp/ of this one, apart from all others: new files come into being there (make_part). */
static void spread(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd >= 0)
        file_spread_directories(fd);
    fd_close(&fd);
}

/*
 * Where ext4 puts a directory that is spread is up to its first name. Under a name made by chance it comes
 * to lie anywhere; by its final name, tmp/ of every Maildir would be looked for a place from one point on,
 * and one that was removed and is made anew came to lie just where all its inodes were freed. Without a
 * journal, ext4 walks past each of these for each new file, for minutes: that may cost more than all else.
 */
static bool make_anywhere(const char *directory)
{
    const struct timeval now = clock_wall();
    char *first = mem_printf("%s.%ld.%ld", directory, (long)now.tv_usec, (long)getpid());
    bool made = mkdir(first, 0700) == 0;

    if (made && renameat2(AT_FDCWD, first, AT_FDCWD, directory, RENAME_NOREPLACE) != 0) {
        (void)rmdir(first);
        made = false;
    }
    mem_free(first);
    return made;
}

static bool make_part(const char *path, const char *part, struct error *err)
{
    char *directory = mem_printf("%s/%s", path, part);
    bool made = access(directory, F_OK) == 0;

    if (!made)
        made = make_anywhere(directory) ? file_sync_directory(AT_FDCWD, path, err)
                                        : make_directory(directory, err);
    mem_free(directory);
    return made;
}

bool maildir_create(const char *path, struct error *err)
{
    /* tmp is the last: where it is, another process takes the others for granted (create_file) */
    static const char *const parts[] = {"new", "cur", "tmp"};

    if (!make_directory(path, err))
        return false;
    spread(path);
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        if (!make_part(path, parts[i], err))
            return false;
    }
    return true;
}

/* The disk that it is to lie on may be missing: that cannot be told from anything else. */
static bool make_maildir(const char *path, struct error *err)
{
    bool made = maildir_create(path, err);

    if (!made)
        err->kind = ERROR_TEMPORARY;
    return made;
}

int maildir_open(const char *path, struct error *err)
{
    static const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
    int maildir = open(path, flags);

    if (maildir < 0 && errno == ENOENT) {
        if (!make_maildir(path, err))
            return -1;
        maildir = open(path, flags);
    }
    if (maildir < 0) {
        error_errno(err, "open maildir %s", path);
        blame_settle(err);
    }
    return maildir;
}

static bool write_message(int fd, const struct delivery_content *content, uint64_t *virtual_size_r,
                          struct error *err)
{
    struct delivery_reader reader = {.content = content};
    struct span block = SPAN_EMPTY;
    char previous = 0;
    bool done;

    *virtual_size_r = content->prefix.len + content->size;
    while ((done = delivery_content_next(&reader, &block, err)) && block.len > 0) {
        *virtual_size_r += maildir_count_bare_lf(block, &previous);
        if (!write_all(fd, block)) {
            error_errno(err, "error writing message");
            done = false;
            break;
        }
    }
    delivery_reader_release(&reader);
    if (done && fsync(fd) != 0) {
        error_errno(err, "sync maildir file");
        done = false;
    }
    return done;
}

/* Its directory may be missing: then all that are missing are made. */
static int create_file(int maildir, const char *path, const char *name, struct error *err)
{
    static const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    int fd = openat(maildir, name, flags, 0600);

    if (fd < 0 && errno == ENOENT) {
        if (!make_maildir(path, err))
            return -1;
        fd = openat(maildir, name, flags, 0600);
    }
    if (fd < 0) {
        error_errno(err, "create maildir file %s/%s", path, name);
        blame_settle(err);
    }
    return fd;
}

/* What is not on stable storage there does not stay there: it comes again, or its sender hears that it failed. */
static bool move_to_new(int maildir, const char *path, const char *temporary, const char *target,
                        struct error *err)
{
    if (renameat2(maildir, temporary, maildir, target, RENAME_NOREPLACE) != 0) {
        error_errno(err, "create maildir file %s/%s", path, target);
        blame_settle(err);
        return false;
    }
    if (file_sync_directory(maildir, "new", err))
        return true;
    err->kind = ERROR_TEMPORARY;
    (void)!unlinkat(maildir, target, 0);
    return false;
}

bool maildir_deliver(int maildir, const char *path, const char *hostname,
                     const struct delivery_content *content, struct error *err)
{
    char unique[MAILDIR_NAME_MAX + 1], temporary[MAILDIR_NAME_MAX + 8];
    char final[MAILDIR_NAME_MAX + 1], target[MAILDIR_NAME_MAX + 8];
    uint64_t virtual_size = 0;
    bool done;
    int fd;

    maildir_unique_name(unique, clock_wall(), hostname);
    snprintf(temporary, sizeof(temporary), "tmp/%s", unique);
    fd = create_file(maildir, path, temporary, err);
    if (fd < 0)
        return false;
    done = write_message(fd, content, &virtual_size, err);
    if (!done)
        err->kind = ERROR_TEMPORARY;
    fd_close(&fd);
    maildir_final_name(final, unique, content->prefix.len + content->size, virtual_size);
    snprintf(target, sizeof(target), "new/%s", final);
    done = done && move_to_new(maildir, path, temporary, target, err);
    if (!done)
        unlinkat(maildir, temporary, 0);
    return done;
}
