/* What a Maildir holds, by its file `maildirsize` or by counting. */
#include "lib/base/base.h"

#include "lib/delivery/maildirsize.h"

#include "lib/base/checked.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FILE_NAME "maildirsize"
#define DOUBT_S   900 /* a sum that says "full" is counted again when it is so old */

/* --- parsing ----------------------------------------------------------------------------------- */

/* ["-"] digits */
static bool take_signed(struct span text, int64_t *number_r)
{
    bool negative = span_starts_with(text, "-");
    uint64_t number;

    if (!span_to_u64(negative ? span_skip(text, 1) : text, INT64_MAX, &number))
        return false;
    *number_r = negative ? -(int64_t)number : (int64_t)number;
    return true;
}

static bool add_line(struct span line, int64_t *storage, int64_t *messages)
{
    struct span rest = span_trim(line), first = span_take_word(&rest);
    int64_t octets, count;

    return take_signed(first, &octets) && take_signed(rest, &count) &&
           !__builtin_add_overflow(*storage, octets, storage) &&
           !__builtin_add_overflow(*messages, count, messages);
}

bool maildirsize_parse(struct span text, struct maildirsize *size_r)
{
    struct span first = span_take_until(&text, '\n');
    int64_t storage = 0, messages = 0;

    *size_r = (struct maildirsize){0};
    if (!quota_parse(span_trim(first), &size_r->limit))
        return false;
    while (text.len > 0) {
        struct span line = span_take_until(&text, '\n');
        if (!add_line(line, &storage, &messages))
            return false;
        size_r->lines++;
    }
    size_r->storage = (uint64_t)storage;
    size_r->messages = (uint64_t)messages;
    return size_r->lines > 0 && storage >= 0 && messages >= 0;
}

/* --- counting again ---------------------------------------------------------------------------- */

/* The file as it should be; the sum comes back even when the file cannot be written. */
static bool count_again(const char *maildir, int directory, const struct mailbox_quota *limit,
                        struct maildirsize *size_r, struct error *err)
{
    char temporary[64], text[128];
    struct timeval now = clock_wall();
    int len, fd;

    *size_r = (struct maildirsize){.limit = *limit, .lines = 1};
    if (!maildirsize_count(directory, size_r, err)) {
        err->kind = ERROR_TEMPORARY;
        return false;
    }
    snprintf(temporary, sizeof(temporary), FILE_NAME ".%lld.%ld.%ld", (long long)now.tv_sec,
             (long)now.tv_usec, (long)getpid());
    len = snprintf(text, sizeof(text), "%" PRIu64 "S,%" PRIu64 "C\n%" PRIu64 " %" PRIu64 "\n",
                   limit->storage, limit->messages, size_r->storage, size_r->messages);
    fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || !write_all(fd, span_of(text, (size_t)len)) ||
        renameat(directory, temporary, directory, FILE_NAME) != 0) {
        log_warning("%s/" FILE_NAME " cannot be written: %s", maildir, strerror(errno));
        (void)!unlinkat(directory, temporary, 0);
    }
    fd_close(&fd);
    return true;
}

/* --- reading ----------------------------------------------------------------------------------- */

static bool same_limits(const struct mailbox_quota *a, const struct mailbox_quota *b)
{
    return a->storage == b->storage && a->messages == b->messages;
}

static bool is_limit(const struct mailbox_quota *quota)
{
    return quota->storage > 0 || quota->messages > 0;
}

/* What stands in the file. false: there is none that can be used. */
static bool read_file(int directory, struct maildirsize *size_r, time_t *changed_r)
{
    struct buf text = BUF(MAILDIRSIZE_MAX);
    int fd = openat(directory, FILE_NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    char *room = buf_reserve(&text, MAILDIRSIZE_MAX);
    struct stat status;
    bool usable = false;

    *size_r = (struct maildirsize){0};
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        status.st_size < MAILDIRSIZE_MAX && pread_all(fd, room, (size_t)status.st_size, 0)) {
        buf_commit(&text, (size_t)status.st_size);
        *changed_r = status.st_mtime;
        usable = maildirsize_parse(buf_span(&text), size_r);
    }
    fd_close(&fd);
    buf_release(&text);
    return usable;
}

/* `fresh`: what the file says is not good enough. */
static bool find_size(const char *maildir, int directory, const struct mailbox_quota *wanted,
                      bool fresh, struct maildirsize *size_r, time_t *changed_r, struct error *err)
{
    struct mailbox_quota limit = *wanted;
    bool usable = read_file(directory, size_r, changed_r);

    if (!is_limit(&limit) || (limit.is_default && is_limit(&size_r->limit)))
        limit = size_r->limit;
    limit.is_tree = wanted->is_tree;
    if (!is_limit(&limit)) {
        *size_r = (struct maildirsize){0};
        return true;
    }
    if (usable && !fresh && same_limits(&limit, &size_r->limit))
        return true;
    *changed_r = clock_wall().tv_sec;
    return count_again(maildir, directory, &limit, size_r, err);
}

/* -1 and ERROR_NONE: there is no such Maildir yet. */
static int open_maildir(const char *maildir, struct error *err)
{
    int directory = open(maildir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    error_clear(err);
    if (directory < 0 && errno != ENOENT) {
        error_errno(err, "open %s", maildir);
        err->kind = ERROR_TEMPORARY;
    }
    return directory;
}

bool quota_read(const char *maildir, const struct mailbox_quota *wanted,
                struct quota_state *state_r, struct error *err)
{
    int directory = open_maildir(maildir, err);
    struct maildirsize size = {.limit = *wanted};
    time_t changed;
    bool done = directory >= 0 ? find_size(maildir, directory, wanted, false, &size, &changed, err)
                               : err->kind == ERROR_NONE;

    *state_r = (struct quota_state){size.limit, size.storage, size.messages};
    fd_close(&directory);
    return done;
}

/* --- checking ---------------------------------------------------------------------------------- */

/* The limit is far from UINT64_MAX: at most INT64_MAX. */
static uint64_t raise(uint64_t limit, uint64_t by, unsigned percent)
{
    uint64_t share = limit / 100 * percent + limit % 100 * percent / 100;

    if (!checked_add_u64(limit, by, &limit) || !checked_add_u64(limit, share, &limit))
        return UINT64_MAX;
    return limit;
}

static bool is_within(uint64_t now, uint64_t more, uint64_t limit, uint64_t by, unsigned percent)
{
    return limit == 0 || (checked_add_u64(now, more, &now) && now <= raise(limit, by, percent));
}

static bool has_room(const struct maildirsize *size, const struct quota_bonus *bonus,
                     uint64_t octets, uint64_t messages)
{
    static const struct quota_bonus none = {0};

    if (bonus == NULL)
        bonus = &none;
    if (bonus->only_last && size->storage > size->limit.storage)
        bonus = &none;
    return is_within(size->storage, octets, size->limit.storage, bonus->storage,
                     bonus->storage_percent) &&
           is_within(size->messages, messages, size->limit.messages, bonus->messages,
                     bonus->messages_percent);
}

static bool refuse(struct error *err)
{
    error_set(err, ERROR_PERMANENT, "Quota exceeded (mailbox for user is full)");
    err->number = EDQUOT;
    return false;
}

bool quota_check_at(const char *maildir, int directory, const struct mailbox_quota *wanted,
                    const struct quota_bonus *bonus, uint64_t octets, uint64_t messages,
                    struct error *err)
{
    struct maildirsize size;
    time_t changed = 0;

    if (!find_size(maildir, directory, wanted, false, &size, &changed, err))
        return false;
    if (has_room(&size, bonus, octets, messages))
        return true;
    if ((size.lines > 1 || clock_wall().tv_sec - changed > DOUBT_S) &&
        !find_size(maildir, directory, wanted, true, &size, &changed, err))
        return false;
    if (has_room(&size, bonus, octets, messages))
        return true;
    return refuse(err);
}

bool quota_check(const char *maildir, const struct mailbox_quota *wanted,
                 const struct quota_bonus *bonus, uint64_t octets, uint64_t messages,
                 struct error *err)
{
    int directory = open_maildir(maildir, err);
    bool done = false;

    if (directory >= 0)
        done = quota_check_at(maildir, directory, wanted, bonus, octets, messages, err);
    else if (err->kind == ERROR_NONE) /* not made yet */
        done = has_room(&(struct maildirsize){.limit = *wanted}, bonus, octets, messages) ||
               refuse(err);
    fd_close(&directory);
    return done;
}

void quota_add_at(const char *maildir, int directory, int64_t octets, int64_t messages)
{
    static const int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = openat(directory, FILE_NAME, flags);
    struct stat status;
    char line[64];
    int len = snprintf(line, sizeof(line), "%" PRId64 " %" PRId64 "\n", octets, messages);

    /* One write: others append at the same time. What the user put there instead of a file is left alone,
     * and nobody waits for it. */
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
        write(fd, line, (size_t)len) != len)
        log_warning("%s/" FILE_NAME " cannot be written: %s", maildir, strerror(errno));
    fd_close(&fd);
}

void quota_add(const char *maildir, int64_t octets, int64_t messages)
{
    struct error ignored;
    int directory = open_maildir(maildir, &ignored);

    if (directory >= 0)
        quota_add_at(maildir, directory, octets, messages);
    fd_close(&directory);
}

void quota_recount(const char *maildir, const struct mailbox_quota *wanted)
{
    struct error err = {0};
    int directory = open_maildir(maildir, &err);
    struct maildirsize size;
    time_t changed;

    if ((directory < 0 && err.kind != ERROR_NONE) ||
        (directory >= 0 && !find_size(maildir, directory, wanted, true, &size, &changed, &err)))
        log_warning("%s", err.text);
    fd_close(&directory);
}
