/* Queue files: what was written is read again, and nothing that was damaged is believed. */
#include "t/unit/unit.h"

#include "lib/config/config.h"
#include "lib/queue/content_flags.h"
#include "lib/queue/queue_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char spool_path[] = "/tmp/buzon-queue-test.XXXXXX";
static int spool = -1;

/* --- writing and reading --------------------------------------------------------------------------- */

static const struct config config = {
    .enable_long_queue_ids = true, .hash_queue_names = "incoming", .hash_queue_depth = 1};

static struct queue_writer *writer_create(void)
{
    return queue_writer_create(spool, &config);
}

static struct queue_attribute attributes[] = {
    {"client_name",    "mail.example.test"},
    {"client_address", "192.0.2.1"        },
    {"empty",          ""                 },
};

static struct queue_recipient recipients[] = {
    {.address = "ana@example.test", .original = "Ana@example.test", .dsn_orcpt = "rfc822;Ana@x"},
    { .address = "a b@example.test",               .original = "",                .dsn_orcpt = "",  .dsn_notify = NOTIFY_NEVER},
    { .address = "",             .original = NULL,              .dsn_orcpt = NULL,            .dsn_notify = 14},
};

static struct queue_envelope envelope_make(void)
{
    return (struct queue_envelope){
        .arrival = {1795439895, 458089},
        .sender = "",
        .dsn_envid = "QQ314159",
        .dsn_ret = 'H',
        .flags = QUEUE_BODY_8BITMIME,
        .attributes = attributes,
        .attribute_count = ARRAY_LENGTH(attributes),
        .recipients = recipients,
        .recipient_count = ARRAY_LENGTH(recipients),
    };
}

/* A committed message of `lines` lines; its descriptor. */
static int write_message(struct queue_writer *writer, size_t lines, char id[QUEUE_ID_MAX])
{
    static const char line[] = "0123456789 a line of a message that is neither short nor long\n";
    struct queue_envelope envelope = envelope_make();
    struct error err = {0};
    int fd = -1;

    queue_writer_begin(writer);
    snprintf(id, QUEUE_ID_MAX, "%s", queue_writer_id(writer));
    for (size_t i = 0; i < lines; i++)
        assert_true(queue_writer_content(writer, span_of(line, sizeof(line) - 1), &err));
    assert_true(queue_writer_commit(writer, &envelope, &fd, &err));
    assert_int_equal(envelope.content_size, lines * (sizeof(line) - 1));
    return fd;
}

static void assert_envelope(const struct queue_envelope *envelope)
{
    assert_int_equal(envelope->arrival.tv_sec, 1795439895);
    assert_int_equal(envelope->arrival.tv_usec, 458089);
    assert_string_equal(envelope->sender, "");
    assert_string_equal(envelope->dsn_envid, "QQ314159");
    assert_int_equal(envelope->dsn_ret, 'H');
    assert_int_equal(envelope->flags, QUEUE_BODY_8BITMIME);
    assert_int_equal(envelope->attribute_count, ARRAY_LENGTH(attributes));
    assert_string_equal(queue_attribute_value(envelope, "client_address"), "192.0.2.1");
    assert_string_equal(queue_attribute_value(envelope, "empty"), "");
    assert_null(queue_attribute_value(envelope, "client"));
    assert_int_equal(envelope->recipient_count, ARRAY_LENGTH(recipients));
    for (size_t i = 0; i < ARRAY_LENGTH(recipients); i++) {
        assert_string_equal(envelope->recipients[i].address, recipients[i].address);
        assert_int_equal(envelope->recipients[i].dsn_notify, recipients[i].dsn_notify);
        assert_int_equal(envelope->recipients[i].status, RECIPIENT_PENDING);
    }
    assert_string_equal(envelope->recipients[0].dsn_orcpt, "rfc822;Ana@x");
    assert_string_equal(envelope->recipients[2].original, "");
}

static const struct size_case {
    const char *name;
    size_t lines;
} sizes[] = {
    {"a message without content",                   0    },
    {"a message that one write takes",              10   },
    {"a message that just fills the buffer",        2112 },
    {"a message that is written in several pieces", 10000},
};

static void round_trip(void **state)
{
    const struct size_case *c = *state;
    struct queue_writer *writer = writer_create();
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct error err = {0};
    char id[QUEUE_ID_MAX];
    int fd = write_message(writer, c->lines, id);
    struct stat status;

    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_true(queue_file_read(fd, arena, &envelope, &err));
    assert_envelope(&envelope);
    assert_int_equal(envelope.content_size, c->lines * 62);
    assert_true(queue_file_content_is_whole(fd, &envelope, &err));
    close(fd);
    arena_free(&arena);
    queue_writer_free(&writer);
}

/* Blocks of any size, one after the other; once one that was large overtook a small one before it. */
static void blocks_in_order(void **state UNUSED)
{
    static const size_t sizes_of_blocks[] = {6,     200, 70000,  6,      65536,
                                             65537, 1,   131000, 300000, 100000};
    struct queue_writer *writer = writer_create();
    struct arena *arena = arena_create();
    struct error err = {0};

    for (size_t first = 0; first < ARRAY_LENGTH(sizes_of_blocks); first++) {
        struct queue_envelope envelope = envelope_make();
        struct buf sent = BUF(1 << 20);
        char *stored;
        int fd = -1;

        queue_writer_begin(writer);
        for (size_t i = first; i < ARRAY_LENGTH(sizes_of_blocks); i++) {
            size_t start = sent.len;

            for (size_t n = 0; n < sizes_of_blocks[i]; n++)
                buf_put_char(&sent, (char)('a' + (n + i) % 23));
            assert_true(queue_writer_content(writer, span_skip(buf_span(&sent), start), &err));
        }
        assert_true(queue_writer_commit(writer, &envelope, &fd, &err));
        assert_true(queue_file_content_is_whole(fd, &envelope, &err));
        stored = arena_alloc(arena, sent.len);
        assert_int_equal(pread(fd, stored, sent.len, (off_t)envelope.content_offset), sent.len);
        assert_memory_equal(stored, sent.data, sent.len);
        close(fd);
        buf_release(&sent);
    }
    arena_free(&arena);
    queue_writer_free(&writer);
}

static void large_blocks(void **state UNUSED)
{
    struct queue_writer *writer = writer_create();
    struct queue_envelope envelope = envelope_make();
    struct arena *arena = arena_create();
    size_t size = 300000;
    char *block = malloc(size);
    struct error err = {0};
    char octets[6];
    int fd = -1;

    memset(block, 'x', size);
    queue_writer_begin(writer);
    assert_true(queue_writer_content(writer, SPAN_LITERAL("A: b\n"), &err));
    assert_true(queue_writer_content(writer, span_of(block, size), &err));
    assert_true(queue_writer_content(writer, SPAN_LITERAL("\nend\n"), &err));
    assert_true(queue_writer_commit(writer, &envelope, &fd, &err));
    assert_true(queue_file_read(fd, arena, &envelope, &err));
    assert_int_equal(envelope.content_size, size + 10);
    assert_true(queue_file_content_is_whole(fd, &envelope, &err));
    assert_true(pread_all(fd, octets, 6, (off_t)(envelope.content_offset + size + 4)));
    assert_memory_equal(octets, "x\nend\n", 6);
    close(fd);
    free(block);
    arena_free(&arena);
    queue_writer_free(&writer);
}

static void marks(void **state UNUSED)
{
    struct queue_writer *writer = writer_create();
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct error err = {0};
    char id[QUEUE_ID_MAX];
    int fd = write_message(writer, 3, id);

    assert_true(queue_file_read(fd, arena, &envelope, &err));
    assert_true(queue_file_mark(fd, &envelope.recipients[1], RECIPIENT_DONE, &err));
    assert_true(queue_file_mark(fd, &envelope.recipients[2], RECIPIENT_WARNED, &err));
    assert_true(queue_file_read(fd, arena, &envelope, &err));
    assert_int_equal(envelope.recipients[0].status, RECIPIENT_PENDING);
    assert_int_equal(envelope.recipients[1].status, RECIPIENT_DONE);
    assert_int_equal(envelope.recipients[2].status, RECIPIENT_WARNED);
    close(fd);
    arena_free(&arena);
    queue_writer_free(&writer);
}

static void abandoned(void **state UNUSED)
{
    struct queue_writer *writer = writer_create();
    size_t size = 200000;
    char *block = calloc(1, size);
    struct error err = {0};
    struct arena *arena = arena_create();
    const char *path;

    queue_writer_begin(writer);
    path = queue_path(arena, &config, "incoming", queue_writer_id(writer));
    assert_int_equal(faccessat(spool, path, F_OK, 0), -1);
    assert_true(queue_writer_content(writer, span_of(block, size), &err));
    assert_int_equal(faccessat(spool, path, F_OK, 0), 0);
    queue_writer_abandon(writer);
    assert_int_equal(faccessat(spool, path, F_OK, 0), -1);
    free(block);
    arena_free(&arena);
    queue_writer_free(&writer);
}

/* A file of that name, of whatever message, is never written over. */
static void name_is_taken(void **state UNUSED)
{
    struct queue_writer *writer = writer_create();
    struct queue_envelope envelope = envelope_make();
    struct error err = {0};
    struct arena *arena = arena_create();
    const char *path;
    int fd;

    queue_writer_begin(writer);
    path = queue_path(arena, &config, "incoming", queue_writer_id(writer));
    fd = queue_open_directory(spool, &config, "incoming", queue_writer_id(writer), &err);
    assert_true(fd >= 0);
    close(fd);
    fd = openat(spool, path, O_CREAT | O_WRONLY, 0600);
    assert_true(write(fd, "mine", 4) == 4);
    close(fd);
    assert_false(queue_writer_commit(writer, &envelope, &fd, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(faccessat(spool, path, F_OK, 0), 0);
    arena_free(&arena);
    queue_writer_free(&writer);
}

/* --- damage ------------------------------------------------------------------------------------------- */

static size_t file_size(int fd)
{
    struct stat status;

    assert_int_equal(fstat(fd, &status), 0);
    return (size_t)status.st_size;
}

/* Any octet that changes is noticed, wherever it is; only the marks may change. */
static void every_octet_counts(void **state UNUSED)
{
    struct queue_writer *writer = writer_create();
    struct arena *arena = arena_create();
    struct error err = {0};
    char id[QUEUE_ID_MAX];
    int fd = write_message(writer, 2, id);
    size_t marks_start = file_size(fd) - ARRAY_LENGTH(recipients);

    for (size_t at = 0; at < marks_start; at++) {
        struct queue_envelope envelope;
        unsigned char octet;
        unsigned char other;

        assert_true(pread_all(fd, &octet, 1, (off_t)at));
        other = octet ^ 1;
        assert_true(pwrite_all(fd, &other, 1, (off_t)at));
        assert_false(queue_file_read(fd, arena, &envelope, &err) &&
                     queue_file_content_is_whole(fd, &envelope, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
        assert_true(pwrite_all(fd, &octet, 1, (off_t)at));
        arena_reset(arena);
    }
    close(fd);
    arena_free(&arena);
    queue_writer_free(&writer);
}

static void every_length_counts(void **state UNUSED)
{
    struct queue_writer *writer = writer_create();
    struct arena *arena = arena_create();
    struct error err = {0};
    char id[QUEUE_ID_MAX];
    int fd = write_message(writer, 200, id); /* more than the first read takes */

    for (size_t size = file_size(fd); size > 0; size -= size > 600 ? 100 : 1) {
        struct queue_envelope envelope;

        assert_int_equal(ftruncate(fd, (off_t)size - 1), 0);
        assert_false(queue_file_read(fd, arena, &envelope, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
        arena_reset(arena);
    }
    close(fd);
    arena_free(&arena);
    queue_writer_free(&writer);
}

/* --- content flags -------------------------------------------------------------------------------------- */

#define TEN(text) text text text text text text text text text text

static const struct flags_case {
    const char *name;
    const char *content;
    unsigned flags;
} flags[] = {
    {"nothing special",              "a: b\n\nc.\n",                                            0                   },
    {"a dot at the very start",      ".\n",                                                     QUEUE_NEEDS_STUFFING},
    {"a dot at the start of a line", "a\n.b\n",                                                 QUEUE_NEEDS_STUFFING},
    {"a dot elsewhere",              "a.\nb .c\n",                                              0                   },
    {"an octet over 127",            "0123456789\xc3\xa9\n",                                    QUEUE_EIGHT_BIT     },
    {"an octet over 127 in a word",
     "\x80"
     "12345678901234567\n",                                                                     QUEUE_EIGHT_BIT     },
    {"998 octets of a line",         TEN(TEN("123456789")) TEN("123456789") "12345678\n",       0                   },
    {"999 octets of a line",         TEN(TEN("123456789")) TEN("123456789") "123456789\n",      QUEUE_LONG_LINE     },
    {"everything",                   ".\xff" TEN(TEN("123456789")) TEN("123456789") "12345678",
     QUEUE_LONG_LINE | QUEUE_EIGHT_BIT | QUEUE_NEEDS_STUFFING                                                       },
};

/* In one block, and cut in two at each place. */
static void content_flags(void **state)
{
    const struct flags_case *c = *state;
    size_t len = strlen(c->content);

    for (size_t cut = 0; cut <= len; cut++) {
        struct span first = unit_copy(span_of(c->content, cut));
        struct span second = unit_copy(span_of(c->content + cut, len - cut));
        struct content_flags content = {0};

        content_flags_add(&content, first);
        content_flags_add(&content, second);
        assert_int_equal(content.flags, c->flags);
        free((void *)(uintptr_t)first.data);
        free((void *)(uintptr_t)second.data);
    }
}

static bool hold_message(struct queue_writer *writer, char id[QUEUE_ID_MAX])
{
    struct queue_envelope envelope = envelope_make();
    struct error err = {0};

    queue_writer_begin(writer);
    snprintf(id, QUEUE_ID_MAX, "%s", queue_writer_id(writer));
    assert_true(queue_writer_content(writer, span_text("held\n"), &err));
    return queue_writer_hold(writer, &envelope, &err);
}

static mode_t mode_in(const char *queue, const char *id)
{
    char path[64];
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", queue, id);
    return fstatat(spool, path, &status, 0) == 0 ? status.st_mode & 07777 : 0;
}

/* It was 0600 there for a moment, and for good when cleanup was killed in that. */
static void held_message_is_never_unfinished(void **state UNUSED)
{
    struct queue_writer *writer = writer_create();
    char id[QUEUE_ID_MAX];
    int file = openat(spool, "hold", O_CREAT | O_WRONLY, 0600);

    assert_true(file >= 0);
    close(file);
    assert_false(hold_message(writer, id)); /* it cannot be moved */
    assert_int_equal(mode_in("incoming", id), 0);
    assert_int_equal(unlinkat(spool, "hold", 0), 0);
    assert_true(hold_message(writer, id));
    assert_int_equal(mode_in("incoming", id), 0);
    assert_int_equal(mode_in("hold", id), 0700);
    queue_writer_free(&writer);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(sizes) + ARRAY_LENGTH(flags) + 8] = {
        cmocka_unit_test(blocks_in_order),
        cmocka_unit_test(large_blocks),
        cmocka_unit_test(marks),
        cmocka_unit_test(abandoned),
        cmocka_unit_test(name_is_taken),
        cmocka_unit_test(every_octet_counts),
        cmocka_unit_test(every_length_counts),
        cmocka_unit_test(held_message_is_never_unfinished),
    };
    size_t count = 8;
    char command[64];
    int failed;

    if (mkdtemp(spool_path) == NULL || (spool = open(spool_path, O_RDONLY | O_DIRECTORY)) < 0 ||
        mkdirat(spool, "incoming", 0700) != 0)
        return 1;
    UNIT_ADD_ROWS(tests, count, sizes, round_trip);
    UNIT_ADD_ROWS(tests, count, flags, content_flags);
    failed = unit_run("queue_file", tests, count);
    snprintf(command, sizeof(command), "rm -rf %s", spool_path);
    return system(command) != 0 || failed != 0;
}
