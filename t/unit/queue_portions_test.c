/* Queue files that are read in portions: the same recipients as by reading them whole, however large the
 * portions are and whatever is read between them. */
#include "t/unit/unit.h"

#include "lib/config/config.h"
#include "lib/queue/queue_portions.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define RECIPIENTS 5000 /* more than a window shows */

static char spool_path[] = "/tmp/buzon-queue-test.XXXXXX";
static int spool = -1;
static const struct config config = {.enable_long_queue_ids = true, .hash_queue_names = ""};

static struct queue_attribute attributes[] = {
    {"client_name", "mail.example.test"},
    {"empty",       ""                 }
};

/* A message for `count` recipients, of whom the second has an address of `long_address` octets. */
static int write_message(struct arena *arena, size_t count, size_t long_address)
{
    struct queue_writer *writer = queue_writer_create(spool, &config);
    struct queue_envelope envelope = {
        .arrival = {1795439895, 458089},
        .sender = "list@example.test",
        .dsn_envid = "QQ314159",
        .attributes = attributes,
        .attribute_count = ARRAY_LENGTH(attributes),
        .recipients = arena_array(arena, struct queue_recipient, count),
        .recipient_count = count,
    };
    struct error err = {0};
    char *text = arena_alloc(arena, long_address + 1);
    int fd = -1;

    memset(text, 'x', long_address);
    text[long_address] = '\0';
    for (size_t i = 0; i < count; i++) {
        envelope.recipients[i].address = arena_printf(arena, "user%zu@example.test", i);
        envelope.recipients[i].dsn_notify = i % 16;
        if (i % 3 == 0)
            envelope.recipients[i].original = arena_printf(arena, "Original%zu@example.test", i);
    }
    if (count > 1 && long_address > 0)
        envelope.recipients[1].address = text;
    queue_writer_begin(writer);
    assert_true(queue_writer_content(writer, SPAN_LITERAL("Subject: x\n\ntext\n"), &err));
    assert_true(queue_writer_commit(writer, &envelope, &fd, &err));
    queue_writer_free(&writer);
    return fd;
}

static void assert_same(const struct queue_recipient *a, const struct queue_recipient *b)
{
    assert_string_equal(a->address, b->address);
    assert_string_equal(a->original, b->original);
    assert_string_equal(a->dsn_orcpt, b->dsn_orcpt);
    assert_int_equal(a->dsn_notify, b->dsn_notify);
    assert_int_equal(a->status, b->status);
    assert_int_equal(a->status_offset, b->status_offset);
}

static const struct queue_recipient *next_pending(const struct queue_envelope *envelope, size_t *at)
{
    while (envelope->recipients[*at].status == RECIPIENT_DONE)
        (*at)++;
    return &envelope->recipients[(*at)++];
}

/* Whatever queue_file_read finds is found in portions of `limit`, in the same order. */
static void assert_portions(struct queue_reader *reader, int fd, size_t limit)
{
    struct arena *arena = arena_create();
    struct queue_recipient *portion = arena_array(arena, struct queue_recipient, limit);
    struct queue_envelope whole, envelope;
    struct queue_position position;
    struct error err = {0};
    size_t count = limit;
    size_t at = 0;

    assert_true(queue_file_read(fd, arena, &whole, &err));
    assert_true(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
    assert_string_equal(envelope.sender, whole.sender);
    assert_string_equal(envelope.dsn_envid, whole.dsn_envid);
    assert_string_equal(queue_attribute_value(&envelope, "client_name"), "mail.example.test");
    assert_int_equal(envelope.recipient_count, whole.recipient_count);
    assert_int_equal(envelope.content_size, whole.content_size);
    while (position.pending > 0) {
        assert_int_equal(count, limit);
        assert_true(queue_reader_next(reader, fd, &position, arena, limit, portion, &count, &err));
        for (size_t i = 0; i < count; i++)
            assert_same(&portion[i], next_pending(&whole, &at));
    }
    while (at < whole.recipient_count)
        assert_int_equal(whole.recipients[at++].status, RECIPIENT_DONE);
    arena_free(&arena);
}

static const struct portions_case {
    const char *name;
    size_t recipients, limit, long_address;
} portions[] = {
    {"one recipient",                       1,          10,   0     },
    {"as many as a portion takes",          10,         10,   0     },
    {"one more",                            11,         10,   0     },
    {"one at a time",                       300,        1,    0     },
    {"many in small portions",              RECIPIENTS, 7,    0     },
    {"many in large portions",              RECIPIENTS, 4999, 0     },
    {"many in one portion",                 RECIPIENTS, 9999, 0     },
    {"an address larger than what is read", RECIPIENTS, 100,  200000},
    {"the same, and hardly another one",    2,          1,    200000},
    {"an address that just fills it",       3,          3,    65520 },
};

static void in_portions(void **state)
{
    const struct portions_case *c = *state;
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    int fd = write_message(arena, c->recipients, c->long_address);

    assert_portions(reader, fd, c->limit);
    close(fd);
    arena_free(&arena);
    queue_reader_free(&reader);
}

static void mark(int fd, const struct queue_position *position, size_t place,
                 enum recipient_status status)
{
    const struct queue_recipient recipient = {.status_offset =
                                                  queue_position_status_offset(position, place)};
    struct error err = {0};

    assert_true(queue_file_mark(fd, &recipient, status, &err));
}

static void who_is_done_is_skipped(void **state UNUSED)
{
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct queue_position position;
    struct error err = {0};
    int fd = write_message(arena, RECIPIENTS, 0);

    assert_true(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
    for (size_t i = 0; i < RECIPIENTS; i++) {
        if (i % 5 != 2)
            mark(fd, &position, i, i % 7 == 0 ? RECIPIENT_WARNED : RECIPIENT_DONE);
    }
    assert_portions(reader, fd, 13);
    assert_true(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
    for (size_t i = 0; i < RECIPIENTS; i++)
        mark(fd, &position, i, RECIPIENT_DONE);
    assert_true(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
    assert_int_equal(position.pending, 0);
    close(fd);
    arena_free(&arena);
    queue_reader_free(&reader);
}

/* Files take turns; and those who are delivered meanwhile are marked. */
static void files_take_turns(void **state UNUSED)
{
    enum { FILES = 3 };
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    struct queue_position positions[FILES];
    size_t found[FILES] = {0};
    int fds[FILES];
    struct error err = {0};

    for (size_t i = 0; i < FILES; i++) {
        struct queue_envelope envelope;
        fds[i] = write_message(arena, 1000 * (i + 1), 0);
        assert_true(queue_reader_open(reader, fds[i], arena, &envelope, &positions[i], &err));
    }
    for (size_t turn = 0; positions[FILES - 1].pending > 0; turn++) {
        size_t i = turn % FILES;
        struct queue_recipient portion[10];
        size_t count;

        assert_true(queue_reader_next(reader, fds[i], &positions[i], arena, ARRAY_LENGTH(portion),
                                      portion, &count, &err));
        for (size_t n = 0; n < count; n++) {
            assert_string_equal(portion[n].address,
                                arena_printf(arena, "user%zu@example.test", found[i]));
            mark(fds[i], &positions[i], found[i]++, RECIPIENT_DONE);
        }
    }
    for (size_t i = 0; i < FILES; i++) {
        assert_int_equal(found[i], 1000 * (i + 1));
        close(fds[i]);
    }
    arena_free(&arena);
    queue_reader_free(&reader);
}

/* Others are opened between two portions, again and again; each message keeps its own recipients. */
static void files_come_in_between(void **state UNUSED)
{
    enum { FILES = 40, EACH = 30 };
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    struct queue_position positions[FILES];
    size_t found[FILES] = {0};
    int fds[FILES];
    struct error err = {0};
    size_t opened = 0;

    srandom(3);
    for (size_t left = FILES * EACH; left > 0;) {
        size_t i = (size_t)random() % FILES;
        struct queue_recipient portion[3];
        size_t count;

        if (i >= opened && opened < FILES) {
            struct queue_envelope envelope;
            i = opened++;
            fds[i] = write_message(arena, EACH, i + 20); /* the second address tells them apart */
            assert_true(queue_reader_open(reader, fds[i], arena, &envelope, &positions[i], &err));
        }
        assert_true(queue_reader_next(reader, fds[i], &positions[i], arena, ARRAY_LENGTH(portion),
                                      portion, &count, &err));
        for (size_t n = 0; n < count; n++, found[i]++, left--) {
            if (found[i] == 1)
                assert_int_equal(strlen(portion[n].address), i + 20);
            else
                assert_string_equal(portion[n].address,
                                    arena_printf(arena, "user%zu@example.test", found[i]));
        }
    }
    for (size_t i = 0; i < FILES; i++)
        close(fds[i]);
    arena_free(&arena);
    queue_reader_free(&reader);
}

/* --- damage ------------------------------------------------------------------------------------------- */

static void every_octet_counts(void **state UNUSED)
{
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct queue_position position;
    struct error err = {0};
    int fd = write_message(arena, 4, 0);

    assert_true(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
    for (off_t at = 0; at < (off_t)position.end; at++) {
        struct queue_position damaged;
        unsigned char octet, other;

        if (at == (off_t)envelope.content_offset)
            at += (off_t)envelope.content_size;
        assert_true(pread_all(fd, &octet, 1, at));
        other = octet ^ 1;
        assert_true(pwrite_all(fd, &other, 1, at));
        assert_false(queue_reader_open(reader, fd, arena, &envelope, &damaged, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
        assert_true(pwrite_all(fd, &octet, 1, at));
    }
    close(fd);
    arena_free(&arena);
    queue_reader_free(&reader);
}

static void every_length_counts(void **state UNUSED)
{
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct queue_position position;
    struct error err = {0};
    int fd = write_message(arena, 300, 0); /* more than the first read takes */

    assert_true(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
    for (off_t size = (off_t)(position.end + position.count); size > 0; size -= 7) {
        assert_int_equal(ftruncate(fd, size - 1), 0);
        assert_false(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
    }
    close(fd);
    arena_free(&arena);
    queue_reader_free(&reader);
}

/* What is damaged after the file was opened is noticed when it is read, and nothing worse happens. */
static void damaged_meanwhile(void **state UNUSED)
{
    struct queue_reader *reader = queue_reader_create();
    struct arena *arena = arena_create();
    struct queue_recipient portion[100];
    struct queue_envelope envelope;
    struct queue_position position;
    struct error err = {0};
    int fd = write_message(arena, RECIPIENTS, 0);
    size_t count;

    assert_true(queue_reader_open(reader, fd, arena, &envelope, &position, &err));
    assert_true(queue_reader_next(reader, fd, &position, arena, 100, portion, &count, &err));
    assert_int_equal(ftruncate(fd, (off_t)(position.offset + 10)), 0);
    while (position.pending > 0 &&
           queue_reader_next(reader, fd, &position, arena, 100, portion, &count, &err))
        continue;
    assert_int_equal(err.kind, ERROR_MALFORMED);
    close(fd);
    arena_free(&arena);
    queue_reader_free(&reader);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(portions) + 6] = {
        cmocka_unit_test(who_is_done_is_skipped), cmocka_unit_test(files_take_turns),
        cmocka_unit_test(every_octet_counts),     cmocka_unit_test(every_length_counts),
        cmocka_unit_test(damaged_meanwhile),      cmocka_unit_test(files_come_in_between),
    };
    size_t count = 6;
    char command[64];
    int failed;

    if (mkdtemp(spool_path) == NULL || (spool = open(spool_path, O_RDONLY | O_DIRECTORY)) < 0)
        return 1;
    UNIT_ADD_ROWS(tests, count, portions, in_portions);
    failed = unit_run("queue_portions", tests, count);
    snprintf(command, sizeof(command), "rm -rf %s", spool_path);
    return system(command) != 0 || failed != 0;
}
