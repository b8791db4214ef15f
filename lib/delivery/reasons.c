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

/* The texts of a line, in this order; dsn_notify stands between the third and the fourth. */
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

static void put_lines(struct buf *content, const struct notice_recipient *recipients, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t member = 0; member < ARRAY_LENGTH(members); member++) {
            if (member > 0)
                buf_put_char(content, '\t');
            if (member == NOTIFY_AFTER)
                buf_put_printf(content, "%" PRIu64 "\t", recipients[i].dsn_notify);
            put_escaped(content, text_member(&recipients[i], member));
        }
        buf_put_char(content, '\n');
    }
}

void reasons_format(struct buf *content, const struct notice_recipient *recipients, size_t count)
{
    buf_put_text(content, FIRST_LINE "\n");
    put_lines(content, recipients, count);
}

/* Directories of hash levels are made when they are first needed. */
static int create(int queue_directory, const char *path)
{
    static const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
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

static bool write_lines(int fd, const struct buf *content, const char *path, struct error *err)
{
    if (fd == -1)
        error_errno(err, "create %s", path);
    else if (!write_all(fd, buf_span(content)))
        error_errno(err, "write %s", path);
    else
        return true;
    return false;
}

bool reasons_write(int queue_directory, const struct config *config, const char *queue_id,
                   const struct notice_recipient *recipients, size_t count, struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, config, "defer", queue_id);
    struct buf content = BUF(BUF_UNLIMITED); /* texts in it are bounded by their messages */
    int fd = create(queue_directory, path);
    bool done;

    reasons_format(&content, recipients, count);
    done = write_lines(fd, &content, path, err);
    fd_close(&fd);
    buf_release(&content);
    arena_free(&arena);
    return done;
}

bool reasons_add(int queue_directory, const struct config *config, const char *queue_id,
                 const struct notice_recipient *recipients, size_t count, struct error *err)
{
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, config, "defer", queue_id);
    struct buf content = BUF(BUF_UNLIMITED);
    int fd = openat(queue_directory, path, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
    bool done;

    put_lines(&content, recipients, count);
    done = write_lines(fd, &content, path, err);
    fd_close(&fd);
    buf_release(&content);
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
    return recipient_r->address[0] != '\0';
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
    while (content.len > 0 && span_find(content, '\n') < content.len &&
           parse_line(span_take_until(&content, '\n'), arena, &recipients[*count_r]))
        (*count_r)++;
    return recipients;
}

struct notice_recipient *reasons_read(int queue_directory, const struct config *config,
                                      const char *queue_id, struct arena *arena, size_t *count_r)
{
    const char *path = queue_path(arena, config, "defer", queue_id);
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
    struct arena *arena = arena_create();
    const char *path = queue_path(arena, config, "defer", queue_id);

    if (unlinkat(queue_directory, path, 0) != 0 && errno != ENOENT)
        log_warning("remove %s: %s", path, strerror(errno));
    arena_free(&arena);
}
