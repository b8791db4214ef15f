/* Files with the reasons for delay. */
#include "lib/base/base.h"

#include "lib/delivery/reasons.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define FIRST_LINE "buzon reasons 1"
#define FILE_MAX   ((size_t)64 * 1024 * 1024) /* octets that are read */

/* The texts of a line, in this order; dsn_notify stands between the third and the fourth, the action and its address
 * behind the last. */
static const size_t members[] = {
    offsetof(struct notice_recipient, address),    offsetof(struct notice_recipient, original),
    offsetof(struct notice_recipient, dsn_orcpt),  offsetof(struct notice_recipient, status),
    offsetof(struct notice_recipient, text),       offsetof(struct notice_recipient, remote_mta),
    offsetof(struct notice_recipient, diagnostic),
};

#define NOTIFY_AFTER 3 /* texts */

/* --- writing ------------------------------------------------------------------------------------------- */

static void put_escaped(struct buf *content, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < ' ' || c == 0x7f || c == '\\')
            buf_put_printf(content, "\\%03o", c);
        else
            buf_put_char(content, *text);
    }
}

static const char *text_member(const struct notice_recipient *recipient, size_t member)
{
    const char *text;

    memcpy(&text, (const char *)recipient + members[member], sizeof(text));
    return text;
}

static void put_line(struct buf *content, const struct notice_recipient *recipient)
{
    for (size_t member = 0; member < ARRAY_LENGTH(members); member++) {
        if (member > 0)
            buf_put_char(content, '\t');
        if (member == NOTIFY_AFTER)
            buf_put_printf(content, "%" PRIu64 "\t", recipient->dsn_notify);
        put_escaped(content, text_member(recipient, member));
    }
    if (recipient->action != DELIVERY_ACTION_DELIVERED ||
        (recipient->action_address != NULL && recipient->action_address[0] != '\0')) {
        buf_put_printf(content, "\t%" PRIu64 "\t", recipient->action);
        put_escaped(content, recipient->action_address);
    }
    buf_put_char(content, '\n');
}

static void put_lines(struct buf *content, const struct notice_recipient *recipients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        put_line(content, &recipients[i]);
}

void reasons_format(struct buf *content, const struct notice_recipient *recipients, size_t count)
{
    buf_put_text(content, FIRST_LINE "\n");
    put_lines(content, recipients, count);
}

/* Directories of hash levels are made when they are first needed. */
static int create(int queue_directory, const char *path, int truncate)
{
    const int flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | truncate;
    int fd = openat(queue_directory, path, flags, 0600);
    char directory[PATH_MAX];

    if (fd != -1 || errno != ENOENT)
        return fd;
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        snprintf(directory, sizeof(directory), "%.*s", (int)(slash - path), path);
        if (mkdirat(queue_directory, directory, 0700) != 0 && errno != EEXIST)
            return -1;
    }
    return openat(queue_directory, path, flags, 0600);
}

/* What a crash has left of a line is made one. */
static void put_start(struct buf *content, int fd)
{
    struct stat status;
    char last = '\n';

    if (fstat(fd, &status) == 0 && status.st_size == 0)
        buf_put_text(content, FIRST_LINE "\n");
    else if (pread_all(fd, &last, 1, status.st_size - 1) && last != '\n')
        buf_put_char(content, '\n');
}

/* All lines or none: the next one would be joined to half of one. */
static bool write_lines(int queue_directory, const char *path, int truncate,
                        const struct notice_recipient *recipients, size_t count, struct error *err)
{
    struct buf content = BUF(BUF_UNLIMITED); /* texts in it are bounded by their messages */
    int fd = create(queue_directory, path, truncate);
    bool done = false;

    if (fd == -1) {
        error_errno(err, "create %s", path);
        return false;
    }
    put_start(&content, fd);
    put_lines(&content, recipients, count);
    done = file_append(fd, buf_span(&content));
    if (!done)
        error_errno(err, "write %s", path);
    fd_close(&fd);
    buf_release(&content);
    return done;
}

bool reasons_write(int queue_directory, const struct config *config, const char *kind,
                   const char *queue_id, const struct notice_recipient *recipients, size_t count,
                   struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, config, kind, queue_id);
    bool done = write_lines(queue_directory, path, O_TRUNC, recipients, count, err);

    arena_free(&arena);
    return done;
}

bool reasons_add(int queue_directory, const struct config *config, const char *kind,
                 const char *queue_id, const struct notice_recipient *recipients, size_t count,
                 struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, config, kind, queue_id);
    bool done = write_lines(queue_directory, path, 0, recipients, count, err);

    arena_free(&arena);
    return done;
}

/* --- reading -------------------------------------------------------------------------------------------- */

static int octal_digit(int c)
{
    return c >= '0' && c <= '7' ? c - '0' : -1;
}

/* Unescaped text; a NUL that somebody wrote becomes '?'. NULL: malformed. */
static const char *take_escaped(struct arena *arena, struct span field)
{
    char *text = arena_text(arena, field);
    size_t len = 0;

    for (size_t i = 0; i < field.len; i++) {
        int c = (unsigned char)field.data[i];
        if (c == '\\') {
            if (field.len - i < 4)
                return NULL;
            c = 0;
            for (size_t digit = 1; digit <= 3; digit++) {
                int value = octal_digit(field.data[i + digit]);
                if (value < 0)
                    return NULL;
                c = c * 8 + value;
            }
            i += 3;
        }
        text[len++] = c == '\0' ? '?' : (char)c;
    }
    text[len] = '\0';
    return text;
}

static bool parse_line(struct span line, struct arena *arena, struct notice_recipient *recipient_r)
{
    for (size_t member = 0; member < ARRAY_LENGTH(members); member++) {
        const char *text;
        if (member == NOTIFY_AFTER &&
            !span_to_u64(span_take_until(&line, '\t'), UINT8_MAX, &recipient_r->dsn_notify))
            return false;
        text = take_escaped(arena, span_take_until(&line, '\t'));
        if (text == NULL)
            return false;
        memcpy((char *)recipient_r + members[member], &text, sizeof(text));
    }
    recipient_r->action_address = "";
    if (line.len > 0) {
        if (!span_to_u64(span_take_until(&line, '\t'), DELIVERY_ACTION_LAST, &recipient_r->action))
            return false;
        recipient_r->action_address = take_escaped(arena, span_take_until(&line, '\t'));
    }
    return recipient_r->address[0] != '\0' && line.len == 0 && recipient_r->action_address != NULL;
}

static size_t count_lines(struct span content)
{
    size_t count = 0;

    for (size_t i = 0; i < content.len; i++)
        count += content.data[i] == '\n';
    return count;
}

struct notice_recipient *reasons_parse(struct span content, struct arena *arena, size_t *count_r)
{
    struct notice_recipient *recipients =
        arena_array(arena, struct notice_recipient, count_lines(content) + 1);

    *count_r = 0;
    if (!span_equal_text(span_take_until(&content, '\n'), FIRST_LINE))
        return recipients;
    while (span_find(content, '\n') < content.len) {
        struct notice_recipient recipient = {0};

        if (parse_line(span_take_until(&content, '\n'), arena, &recipient))
            recipients[(*count_r)++] = recipient;
    }
    return recipients;
}

struct notice_recipient *reasons_read(int queue_directory, const struct config *config,
                                      const char *kind, const char *queue_id, struct arena *arena,
                                      size_t *count_r)
{
    const char *path = queue_path(arena, config, kind, queue_id);
    struct buf content = BUF(FILE_MAX);
    struct notice_recipient *recipients;
    struct error err = {0};

    if (!file_read(queue_directory, path, &content, &err)) {
        if (err.number != ENOENT)
            log_warning("%s: %s", queue_id, err.text);
        buf_clear(&content);
    }
    recipients = reasons_parse(buf_span(&content), arena, count_r);
    buf_release(&content);
    return recipients;
}

void reasons_remove(int queue_directory, const struct config *config, const char *queue_id)
{
    static const char *const kinds[] = {REASONS_OF_DELAY, REASONS_OF_SUCCESS};
    struct arena *arena = arena_create();

    for (size_t i = 0; i < ARRAY_LENGTH(kinds); i++) {
        const char *path = queue_path(arena, config, kinds[i], queue_id);

        if (unlinkat(queue_directory, path, 0) != 0 && errno != ENOENT)
            log_warning("remove %s: %s", path, strerror(errno));
    }
    arena_free(&arena);
}
