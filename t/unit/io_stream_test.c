/* lib/io/stream without TLS: lines, views, deadlines and the one write of a flush. */
#include "t/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/io/stream.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PATIENCE_MS 60000

/* `type` SOCK_SEQPACKET gives each write of the far end as one read: input in pieces. */
static struct stream *open_stream(int type, int *far_r)
{
    int ends[2];
    struct stream *stream;

    assert_int_equal(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), 0);
    *far_r = ends[1];
    stream = stream_create(ends[0]);
    stream_timeout(stream, PATIENCE_MS);
    return stream;
}

static void put(int far, struct span octets)
{
    assert_int_equal(send(far, octets.data, octets.len, 0), octets.len);
}

static struct span get(int far, char *data, size_t size)
{
    ssize_t got = recv(far, data, size, 0);

    assert_true(got >= 0);
    return span_of(data, (size_t)got);
}

static char *make_octets(size_t len)
{
    char *octets = malloc(len);

    for (size_t i = 0; i < len; i++)
        octets[i] = (char)(i % 251);
    return octets;
}

/* A thread that reads all until the end and says whether it was make_octets(len). */
struct reader {
    pthread_t thread;
    int fd;
    size_t len;
    bool is_same;
};

static void *read_all(void *context)
{
    struct reader *reader = context;
    char data[8192];
    ssize_t got;

    reader->is_same = true;
    while ((got = read(reader->fd, data, sizeof(data))) > 0) {
        for (size_t i = 0; i < (size_t)got; i++) {
            if (data[i] != (char)(reader->len++ % 251))
                reader->is_same = false;
        }
    }
    return NULL;
}

static void start_reader(struct reader *reader, int fd)
{
    *reader = (struct reader){.fd = fd};
    assert_int_equal(pthread_create(&reader->thread, NULL, read_all, reader), 0);
}

static void finish_reader(struct reader *reader, size_t len)
{
    assert_int_equal(pthread_join(reader->thread, NULL), 0);
    assert_int_equal(reader->len, len);
    assert_true(reader->is_same);
    (void)close(reader->fd);
}

/* --- lines ----------------------------------------------------------------------------------- */

#define LIMIT 10

static const struct line_case {
    const char *name;
    struct span input;
    const char *lines; /* each with '|' behind it, '!' before where the LF was bare */
    enum stream_status end;
    struct span rest; /* what stream_fill shows then */
} line_cases[] = {
    {"lines end in CRLF",                       {"ab\r\n\r\nc\r\n", 9}, "ab||c|",  STREAM_EOF,      {"", 0}              },
    {"a lone LF ends a line and is told",       {"ab\ncd\r\n", 7},      "!ab|cd|", STREAM_EOF,      {"", 0}              },
    {"a lone CR is part of the line",           {"a\rb\r\n", 5},        "a\rb|",   STREAM_EOF,      {"", 0}              },
    {"of two CRs the second belongs to the LF", {"a\r\r\n", 4},         "a\r|",    STREAM_EOF,      {"", 0}              },
    {"what no LF ends is no line",              {"ab\r\ncd", 6},        "ab|",     STREAM_EOF,      {"cd", 2}            },
    {"a line may be as long as the limit",
     {"0123456789\r\n", 12},
     "0123456789|",                                                                STREAM_EOF,
     {"", 0}                                                                                                             },
    {"so may one that ends in a lone LF",
     {"0123456789\n", 11},
     "!0123456789|",                                                               STREAM_EOF,
     {"", 0}                                                                                                             },
    {"one octet more is too long",
     {"0123456789x\r\n", 13},
     "",                                                                           STREAM_TOO_LONG,
     {"0123456789x\r\n", 13}                                                                                             },
    {"so it is before a lone LF",
     {"0123456789x\n", 12},
     "",                                                                           STREAM_TOO_LONG,
     {"0123456789x\n", 12}                                                                                               },
    {"and without any end",                     {"0123456789xyz", 13},  "",        STREAM_TOO_LONG, {"0123456789xyz", 13}},
    {"a line after others may be too long",
     {"a\r\n0123456789xyz", 16},
     "a|",                                                                         STREAM_TOO_LONG,
     {"0123456789xyz", 13}                                                                                               },
    {"no input is the end",                     {"", 0},                "",        STREAM_EOF,      {"", 0}              },
};

static void read_lines(const struct line_case *c, struct stream *stream)
{
    struct buf found = BUF(64);
    struct span line;
    struct span rest;
    bool bare;
    enum stream_status status;

    while ((status = stream_read_line(stream, LIMIT, &line, &bare)) == STREAM_OK) {
        if (bare)
            buf_put_char(&found, '!');
        buf_put(&found, line);
        buf_put_char(&found, '|');
    }
    assert_string_equal(buf_text(&found), c->lines);
    buf_release(&found);
    assert_int_equal(status, c->end);
    while (stream_fill_more(stream, 64, &rest) == STREAM_OK)
        continue;
    assert_true(span_equal(rest, c->rest));
    assert_int_equal(stream_octets_in(stream), c->input.len);
}

/* Once with all input in one read, once octet by octet. */
static void run_lines(void **state)
{
    const struct line_case *c = *state;

    for (int whole = 0; whole < 2; whole++) {
        int far;
        struct stream *stream = open_stream(SOCK_SEQPACKET, &far);

        for (size_t i = 0; whole == 0 && i < c->input.len; i++)
            put(far, span_of(c->input.data + i, 1));
        if (whole == 1 && c->input.len > 0)
            put(far, c->input);
        (void)close(far);
        read_lines(c, stream);
        stream_free(&stream);
    }
}

static void long_lines_pass(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);
    char *octets = malloc(150000);
    struct span line;

    memset(octets, 'x', 150000);
    put(far, span_of(octets, 75000));
    while (stream_fill_more(stream, 75000, &line) == STREAM_OK) /* a socket does not hold it all */
        continue;
    put(far, span_of(octets, 75000));
    put(far, SPAN_LITERAL("\r\nnext\r\n"));
    assert_int_equal(stream_read_line(stream, 200000, &line, NULL), STREAM_OK);
    assert_true(span_equal(line, span_of(octets, 150000)));
    assert_int_equal(stream_read_line(stream, 200000, &line, NULL), STREAM_OK);
    assert_true(span_equal_text(line, "next"));
    free(octets);
    (void)close(far);
    stream_free(&stream);
}

/* --- views and exact reads ------------------------------------------------------------------- */

static void fill_shows_and_consume_moves(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_SEQPACKET, &far);
    struct span shown;

    put(far, SPAN_LITERAL("abc"));
    put(far, SPAN_LITERAL("def"));
    assert_false(stream_has_input(stream));
    assert_int_equal(stream_fill(stream, &shown), STREAM_OK);
    assert_true(span_equal_text(shown, "abc"));
    assert_true(stream_has_input(stream));
    stream_consume(stream, 1);
    assert_int_equal(stream_fill(stream, &shown), STREAM_OK);
    assert_true(span_equal_text(shown, "bc"));
    assert_int_equal(stream_fill_more(stream, 100, &shown), STREAM_OK);
    assert_true(span_equal_text(shown, "bcdef"));
    assert_int_equal(stream_fill_more(stream, 5, &shown), STREAM_TOO_LONG);
    assert_true(span_equal_text(shown, "bcdef"));
    stream_discard_input(stream);
    assert_false(stream_has_input(stream));
    (void)close(far);
    assert_int_equal(stream_fill(stream, &shown), STREAM_EOF);
    stream_free(&stream);
}

/* The rest of what another process had read is the start of a line, however short it is. */
static void input_that_was_unread_is_gone_on_with(void **state UNUSED)
{
    static const char before[] = "\nabcdefgh";

    for (size_t len = 1; len < sizeof(before); len++) {
        int far;
        struct stream *stream = open_stream(SOCK_STREAM, &far);
        struct span line;

        stream_unread(stream, span_of(before, len));
        put(far, SPAN_LITERAL(" NOOP\r\n"));
        assert_int_equal(stream_read_line(stream, 100, &line, NULL), STREAM_OK);
        assert_int_equal(line.len, 0);
        assert_int_equal(stream_read_line(stream, 100, &line, NULL), STREAM_OK);
        assert_int_equal(line.len, len - 1 + strlen(" NOOP"));
        assert_true(span_ends_with_nocase(line, " NOOP"));
        (void)close(far);
        stream_free(&stream);
    }
}

static void exact_reads_cross_buffers(void **state UNUSED)
{
    enum { LEN = 300000 };
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);
    struct stream *writer = stream_create(far);
    char *sent = make_octets(LEN);
    char *got = malloc(LEN);
    struct span shown;
    pid_t child = fork(); /* so that both sides can block */

    if (child == 0) {
        stream_write(writer, span_of(sent, LEN));
        _exit(stream_flush(writer) == STREAM_OK ? 0 : 1);
    }
    stream_free(&writer);
    assert_int_equal(stream_fill(stream, &shown), STREAM_OK);
    assert_int_equal(stream_read_exact(stream, got, LEN), STREAM_OK);
    assert_memory_equal(got, sent, LEN);
    assert_int_equal(stream_read_exact(stream, got, 1), STREAM_EOF);
    free(sent);
    free(got);
    stream_free(&stream);
}

static void pipes_are_streams_too(void **state UNUSED)
{
    int ends[2];
    struct stream *reader;
    struct stream *writer;
    struct span line;

    assert_int_equal(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    reader = stream_create(ends[0]);
    writer = stream_create(ends[1]);
    stream_timeout(reader, 30);
    stream_timeout(writer, 30);
    assert_int_equal(stream_read_line(reader, LIMIT, &line, NULL), STREAM_TIMEOUT);
    stream_printf(writer, "%s %d\r\n", "line", 1);
    assert_int_equal(stream_flush(writer), STREAM_OK);
    assert_int_equal(stream_read_line(reader, LIMIT, &line, NULL), STREAM_OK);
    assert_true(span_equal_text(line, "line 1"));
    for (int i = 0; i < 20; i++)
        stream_write(writer, SPAN_LITERAL("0123456789abcdef"));
    while (stream_flush(writer) == STREAM_OK) {
        char *octets = make_octets(50000);
        stream_write(writer, span_of(octets, 50000));
        free(octets);
    }
    assert_int_equal(stream_flush(writer), STREAM_TIMEOUT);
    stream_free(&writer);
    stream_free(&reader);
}

/* --- time ------------------------------------------------------------------------------------ */

static void silence_is_a_timeout(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);
    int64_t start = clock_monotonic_ms();
    struct span line;

    stream_timeout(stream, 40);
    assert_int_equal(stream_read_line(stream, LIMIT, &line, NULL), STREAM_TIMEOUT);
    assert_true(clock_monotonic_ms() - start >= 40);
    put(far, SPAN_LITERAL("late\r\n"));
    assert_int_equal(stream_read_line(stream, LIMIT, &line, NULL), STREAM_OK);
    assert_int_equal(stream_wait(stream, 10), STREAM_TIMEOUT);
    (void)close(far);
    assert_int_equal(stream_wait(stream, PATIENCE_MS), STREAM_OK);
    stream_free(&stream);
}

static void deadline_ends_every_wait(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);
    int64_t deadline;
    struct span shown;

    put(far, SPAN_LITERAL("a"));
    assert_int_equal(stream_fill(stream, &shown), STREAM_OK);
    deadline = clock_monotonic_ms() + 60;
    stream_deadline(stream, deadline);
    assert_int_equal(stream_fill_more(stream, 9, &shown), STREAM_TIMEOUT);
    assert_true(clock_monotonic_ms() >= deadline);
    put(far, SPAN_LITERAL("b"));
    assert_int_equal(stream_fill_more(stream, 9, &shown), STREAM_TIMEOUT); /* it has passed */
    assert_int_equal(stream_wait(stream, PATIENCE_MS), STREAM_OK);         /* "a" is here */
    stream_consume(stream, 1);
    assert_int_equal(stream_wait(stream, PATIENCE_MS), STREAM_TIMEOUT);
    stream_write_text(stream, "x");
    assert_int_equal(stream_flush(stream), STREAM_TIMEOUT);
    stream_deadline(stream, 0);
    assert_int_equal(stream_fill(stream, &shown), STREAM_OK);
    assert_true(span_equal_text(shown, "b"));
    (void)close(far);
    stream_free(&stream);
}

/* A peer that sends an octet now and then: each comes within the timeout, the deadline holds. */
static void *trickle(void *context)
{
    int far = *(int *)context;

    while (send(far, "x", 1, MSG_NOSIGNAL) == 1)
        (void)poll(NULL, 0, 5);
    return NULL;
}

static void trickle_meets_the_deadline(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);
    pthread_t thread;
    int64_t deadline = clock_monotonic_ms() + 100;
    struct span line;

    assert_int_equal(pthread_create(&thread, NULL, trickle, &far), 0);
    stream_deadline(stream, deadline);
    assert_int_equal(stream_read_line(stream, 100000, &line, NULL), STREAM_TIMEOUT);
    assert_true(clock_monotonic_ms() >= deadline);
    stream_free(&stream); /* which ends the thread */
    assert_int_equal(pthread_join(thread, NULL), 0);
    (void)close(far);
}

static void nonblocking_descriptors_block_here(void **state UNUSED)
{
    int ends[2];
    struct stream *stream;
    struct span shown;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    stream = stream_create(ends[0]);
    assert_int_equal(fcntl(ends[0], F_GETFL) & O_NONBLOCK, 0);
    stream_timeout(stream, 20);
    assert_int_equal(stream_fill(stream, &shown), STREAM_TIMEOUT);
    (void)close(ends[1]);
    stream_free(&stream);
}

/* --- writing --------------------------------------------------------------------------------- */

static void flush_is_one_write(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_SEQPACKET, &far);
    char data[32768];
    char *big = make_octets(20000);

    stream_write_text(stream, "250-one\r\n");
    stream_printf(stream, "250 %s\r\n", "two");
    assert_int_equal(stream_output_pending(stream), 18);
    assert_int_equal(stream_flush(stream), STREAM_OK);
    assert_int_equal(stream_output_pending(stream), 0);
    assert_true(span_equal_text(get(far, data, sizeof(data)), "250-one\r\n250 two\r\n"));
    stream_write_text(stream, "head");
    stream_write(stream, span_of(big, 20000)); /* both at once, no copy */
    assert_int_equal(get(far, data, sizeof(data)).len, 20004);
    assert_int_equal(stream_flush(stream), STREAM_OK);
    assert_int_equal(stream_octets_out(stream), 20022);
    free(big);
    (void)close(far);
    stream_free(&stream);
}

static void long_formatted_text_passes(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_SEQPACKET, &far);
    char data[8192];
    struct span got;

    stream_printf(stream, "<%5000d>", 7);
    assert_int_equal(stream_flush(stream), STREAM_OK);
    got = get(far, data, sizeof(data));
    assert_int_equal(got.len, 5002);
    assert_true(span_ends_with_nocase(got, " 7>"));
    (void)close(far);
    stream_free(&stream);
}

static void failure_sticks(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);

    (void)close(far);
    stream_write_text(stream, "into the void");
    assert_int_equal(stream_flush(stream), STREAM_FAILED); /* no SIGPIPE: we are still here */
    assert_int_equal(errno, EPIPE);
    stream_write_text(stream, "again");
    errno = 0;
    assert_int_equal(stream_flush(stream), STREAM_FAILED);
    assert_int_equal(errno, EPIPE);
    stream_free(&stream);
}

static void peer_that_does_not_read_is_a_timeout(void **state UNUSED)
{
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);
    char *octets = make_octets(4000000);

    stream_timeout(stream, 30);
    stream_write(stream, span_of(octets, 4000000));
    assert_int_equal(stream_flush(stream), STREAM_TIMEOUT);
    free(octets);
    (void)close(far);
    stream_free(&stream);
}

static const struct file_case {
    const char *name;
    size_t len;
} file_cases[] = {
    {"an empty file",                               0      },
    {"a small file goes with what is buffered",     100    },
    {"a file of just a buffer",                     65536  },
    {"a file larger than the buffer and the pipes", 1000000},
};

static void run_file(void **state)
{
    const struct file_case *c = *state;
    int file = memfd_create("content", MFD_CLOEXEC);
    char *octets = make_octets(c->len + 300);
    struct reader reader;
    int far;
    struct stream *stream = open_stream(SOCK_STREAM, &far);

    assert_int_equal(pwrite(file, octets, c->len + 200, 0), c->len + 200);
    start_reader(&reader, far);
    stream_write(stream, span_of(octets, 100));
    assert_int_equal(stream_write_file(stream, file, 100, c->len), STREAM_OK);
    stream_write(stream, span_of(octets + 100 + c->len, 200));
    assert_int_equal(stream_flush(stream), STREAM_OK);
    assert_int_equal(stream_octets_out(stream), c->len + 300);
    stream_free(&stream);
    finish_reader(&reader, c->len + 300);
    free(octets);
    (void)close(file);
}

static void short_file_is_a_failure(void **state UNUSED)
{
    int file = memfd_create("content", MFD_CLOEXEC);
    char *octets = make_octets(100000);

    assert_int_equal(pwrite(file, octets, 100000, 0), 100000);
    for (size_t promised = 100001; promised < 1000000; promised *= 3) {
        struct reader reader;
        int far;
        struct stream *stream = open_stream(SOCK_STREAM, &far);

        start_reader(&reader, far);
        assert_int_equal(stream_write_file(stream, file, 0, promised), STREAM_FAILED);
        assert_int_equal(errno, EIO);
        assert_int_equal(stream_flush(stream), STREAM_FAILED);
        stream_free(&stream);
        assert_int_equal(pthread_join(reader.thread, NULL), 0);
        (void)close(far);
    }
    free(octets);
    (void)close(file);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(line_cases) + ARRAY_LENGTH(file_cases) + 14] = {
        cmocka_unit_test(long_lines_pass),
        cmocka_unit_test(fill_shows_and_consume_moves),
        cmocka_unit_test(input_that_was_unread_is_gone_on_with),
        cmocka_unit_test(exact_reads_cross_buffers),
        cmocka_unit_test(pipes_are_streams_too),
        cmocka_unit_test(silence_is_a_timeout),
        cmocka_unit_test(deadline_ends_every_wait),
        cmocka_unit_test(trickle_meets_the_deadline),
        cmocka_unit_test(nonblocking_descriptors_block_here),
        cmocka_unit_test(flush_is_one_write),
        cmocka_unit_test(long_formatted_text_passes),
        cmocka_unit_test(failure_sticks),
        cmocka_unit_test(peer_that_does_not_read_is_a_timeout),
        cmocka_unit_test(short_file_is_a_failure),
    };
    size_t used = 13;

    (void)signal(SIGPIPE, SIG_DFL);
    UNIT_ADD_ROWS(tests, used, line_cases, run_lines);
    UNIT_ADD_ROWS(tests, used, file_cases, run_file);
    return unit_run("io_stream", tests, used);
}
