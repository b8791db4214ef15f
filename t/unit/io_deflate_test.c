/* lib/io/deflate: what one side compresses the other reads, in whatever pieces it arrives. */
#include "t/unit/unit.h"

#include "lib/base/buf.h"
#include "lib/io/deflate.h"
#include "lib/io/stream.h"

#include <sys/socket.h>

#define LONG_LEN 300000

/* What comes out of `from` for these octets. */
static void compress_to(struct deflate *from, struct span octets, struct buf *out)
{
    struct span piece;

    deflate_write(from, octets, true);
    while ((piece = deflate_next(from)).len > 0)
        buf_put(out, piece);
}

/* Fed `step` octets at a time, read with `room`. */
static void expect(struct deflate *to, struct span compressed, size_t step, size_t room,
                   struct span text)
{
    struct buf out = BUF(BUF_UNLIMITED);
    char *data = malloc(room);
    size_t got, size;

    for (;;) {
        enum deflate_result result = deflate_read(to, data, room, &got);
        if (result == DEFLATE_DONE) {
            buf_put(&out, span_of(data, got));
            continue;
        }
        assert_int_equal(result, DEFLATE_EMPTY);
        if (compressed.len == 0)
            break;
        {
            char *received = deflate_room(to, &size);
            struct span part = span_first(compressed, step < size ? step : size);
            memcpy(received, part.data, part.len);
            deflate_received(to, part.len);
            compressed = span_skip(compressed, part.len);
        }
    }
    assert_int_equal(out.len, text.len);
    assert_true(span_equal(buf_span(&out), text));
    buf_release(&out);
    free(data);
}

static const struct piece_case {
    const char *name;
    size_t step, room;
} piece_cases[] = {
    {"all at once",              100000, 1000000},
    {"octet by octet",           1,      1      },
    {"read in small pieces",     100000, 7      },
    {"received in small pieces", 3,      1000   },
};

static void pieces(void **state)
{
    const struct piece_case *c = *state;
    struct deflate *from = deflate_create(), *to = deflate_create();
    struct buf compressed = BUF(BUF_UNLIMITED);
    char *text = malloc(LONG_LEN);

    for (size_t i = 0; i < LONG_LEN; i++)
        text[i] = (char)(i * i % 251);
    compress_to(from, SPAN_LITERAL("a001 NOOP\r\n"), &compressed);
    compress_to(from, SPAN_EMPTY, &compressed);
    expect(to, buf_span(&compressed), c->step, c->room, SPAN_LITERAL("a001 NOOP\r\n"));
    buf_clear(&compressed);
    compress_to(from, span_of(text, LONG_LEN), &compressed);
    assert_true(compressed.len < LONG_LEN / 2);
    expect(to, buf_span(&compressed), c->step, c->room, span_of(text, LONG_LEN));
    free(text);
    buf_release(&compressed);
    deflate_free(&from);
    deflate_free(&to);
}

static void nothing_is_no_octets(void **state UNUSED)
{
    struct deflate *from = deflate_create();
    struct buf compressed = BUF(BUF_UNLIMITED);

    compress_to(from, SPAN_EMPTY, &compressed);
    assert_int_equal(compressed.len, 0);
    compress_to(from, SPAN_LITERAL("x"), &compressed);
    buf_clear(&compressed);
    compress_to(from, SPAN_EMPTY, &compressed);
    assert_int_equal(compressed.len, 0);
    buf_release(&compressed);
    deflate_free(&from);
}

static void what_is_no_deflate_is_broken(void **state UNUSED)
{
    struct deflate *to = deflate_create();
    char data[100];
    size_t got;

    deflate_start_with(to, SPAN_LITERAL("a001 NOOP, in plain text\r\n"));
    assert_true(deflate_has_input(to));
    assert_int_equal(deflate_read(to, data, sizeof(data), &got), DEFLATE_BROKEN);
    deflate_free(&to);
}

/* Two streams: plain, then compressed, with what the peer sent early. */
static void streams_go_over_to_it(void **state UNUSED)
{
    int ends[2];
    struct stream *a, *b;
    struct span line;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    a = stream_create(ends[0]);
    b = stream_create(ends[1]);
    stream_timeout(a, 60000);
    stream_timeout(b, 60000);
    stream_write_text(a, "plain\r\n");
    assert_int_equal(stream_start_deflate(a), STREAM_OK);
    stream_write_text(a, "compressed\r\n");
    assert_int_equal(stream_flush(a), STREAM_OK);
    assert_int_equal(stream_read_line(b, 100, &line, NULL), STREAM_OK);
    assert_true(span_equal_text(line, "plain"));
    assert_int_equal(stream_start_deflate(b), STREAM_OK);
    assert_true(stream_is_compressed(b));
    assert_int_equal(stream_read_line(b, 100, &line, NULL), STREAM_OK);
    assert_true(span_equal_text(line, "compressed"));
    stream_write_text(b, "and back\r\n");
    assert_int_equal(stream_flush(b), STREAM_OK);
    assert_int_equal(stream_read_line(a, 100, &line, NULL), STREAM_OK);
    assert_true(span_equal_text(line, "and back"));
    stream_free(&a);
    assert_int_equal(stream_read_line(b, 100, &line, NULL), STREAM_EOF);
    stream_free(&b);
}

/* --- going on elsewhere -------------------------------------------------------------------------- */

/* One side is saved and goes on as another; what each says may refer to what it said before. */
static void another_goes_on(void **state UNUSED)
{
    struct span text = SPAN_LITERAL("a1 SEARCH SUBJECT \"all the same again and again\"\r\n");
    struct deflate *client = deflate_create(), *server = deflate_create();
    struct buf octets = BUF(BUF_UNLIMITED), saved = BUF(BUF_UNLIMITED);

    for (size_t i = 0; i < 5; i++) {
        buf_clear(&octets);
        compress_to(client, text, &octets);
        if (i > 0)
            assert_true(octets.len < text.len / 2);
        expect(server, buf_span(&octets), 100, 1000, text);
        buf_clear(&saved);
        assert_true(deflate_save(server, &saved));
        deflate_free(&server);
        server = deflate_restore(buf_span(&saved));
        assert_non_null(server);
        buf_clear(&octets);
        compress_to(server, text, &octets);
        expect(client, buf_span(&octets), 100, 1000, text);
    }
    deflate_free(&client);
    deflate_free(&server);
    buf_release(&octets);
    buf_release(&saved);
}

static void it_is_not_left_in_the_middle(void **state UNUSED)
{
    struct deflate *client = deflate_create(), *server = deflate_create();
    struct buf octets = BUF(BUF_UNLIMITED), saved = BUF(BUF_UNLIMITED);
    struct span text = SPAN_LITERAL("a1 NOOP\r\n");
    char data[100];
    size_t got, size;

    compress_to(client, text, &octets);
    for (size_t len = 1; len < octets.len; len++) {
        char *room = deflate_room(server, &size);
        room[0] = octets.data[len - 1];
        deflate_received(server, 1);
        assert_false(deflate_save(server, &saved));
        (void)!deflate_read(server, data, sizeof(data), &got);
        assert_false(deflate_save(server, &saved));
    }
    deflate_write(server, text, false);
    assert_false(deflate_save(server, &saved));
    deflate_free(&client);
    deflate_free(&server);
    buf_release(&octets);
    buf_release(&saved);
}

static void nonsense_is_not_restored(void **state UNUSED)
{
    struct deflate *server = deflate_create();
    struct buf saved = BUF(BUF_UNLIMITED);

    assert_true(deflate_save(server, &saved));
    assert_null(deflate_restore(SPAN_EMPTY));
    assert_null(deflate_restore(SPAN_LITERAL("no deflate at all")));
    for (size_t len = 0; len < saved.len; len++)
        assert_null(deflate_restore(span_of(saved.data, len)));
    deflate_free(&server);
    buf_release(&saved);
}

int main(void)
{
    struct CMUnitTest tests[20];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, piece_cases, pieces);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(nothing_is_no_octets);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(what_is_no_deflate_is_broken);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(streams_go_over_to_it);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(another_goes_on);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(it_is_not_left_in_the_middle);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(nonsense_is_not_restored);
    return unit_run("io_deflate", tests, used);
}
