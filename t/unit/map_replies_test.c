/* Replies of the servers that tables ask: each case whole, and never from a part of itself. */
#include "lib/map/replies.h"

#include "t/unit/unit.h"

/* What a reply says, as one text: the parts joined by |. */
static void describe(struct buf *text, struct span part)
{
    if (text->len > 0)
        buf_put_char(text, '|');
    buf_put(text, part.data == NULL ? SPAN_LITERAL("(none)") : part);
}

static enum parse_result parse_tcp(struct span octets, size_t *used_r, struct buf *text)
{
    struct tcp_reply reply;
    enum parse_result result = tcp_reply_parse(&reply, octets, used_r);

    if (result == PARSE_DONE) {
        buf_put_printf(text, "%u", reply.status);
        describe(text, reply.text);
    }
    return result;
}

static enum parse_result parse_socketmap(struct span octets, size_t *used_r, struct buf *text)
{
    struct socketmap_reply reply = {.limit = 20};
    enum parse_result result = socketmap_reply_parse(&reply, octets, used_r);

    if (result == PARSE_DONE) {
        describe(text, reply.status);
        describe(text, reply.is_bare ? SPAN_LITERAL("(none)") : reply.text);
    }
    return result;
}

static enum parse_result parse_memcache(struct span octets, size_t *used_r, struct buf *text)
{
    struct memcache_reply reply = {.limit = 20};
    enum parse_result result = memcache_get_parse(&reply, octets, used_r);

    if (result == PARSE_DONE)
        describe(text, reply.found ? reply.value : reply.line);
    return result;
}

static void take_value(void *context, size_t index, struct span value)
{
    struct span *values = context;

    if (index < 3)
        values[index] = value;
}

static enum parse_result parse_redis(struct span octets, size_t *used_r, struct buf *text)
{
    struct span values[3] = {SPAN_EMPTY};
    struct redis_reply reply = {.value = take_value, .context = values};
    enum parse_result result = redis_reply_parse(&reply, octets, used_r);

    if (result != PARSE_DONE)
        return result;
    if (reply.failure.data != NULL)
        describe(text, reply.failure);
    for (size_t i = 0; reply.failure.data == NULL && i < reply.count && i < 3; i++)
        describe(text, values[i]);
    return result;
}

/* clang-format off */
static const struct reply_case {
    const char *name;
    enum parse_result (*parse)(struct span octets, size_t *used_r, struct buf *text);
    const char *octets;
    enum parse_result result;
    const char *text;
} cases[] = {
    {"tcp: a value", parse_tcp, "200 a%20b\n", PARSE_DONE, "200|a%20b"},
    {"tcp: CR LF", parse_tcp, "500 no\r\n", PARSE_DONE, "500|no"},
    {"tcp: an empty text", parse_tcp, "400 \n", PARSE_DONE, "400|"},
    {"tcp: no blank", parse_tcp, "400\n", PARSE_MALFORMED, ""},
    {"tcp: no number", parse_tcp, "2x0 a\n", PARSE_MALFORMED, ""},
    {"socketmap: a value", parse_socketmap, "6:OK a b,", PARSE_DONE, "OK|a b"},
    {"socketmap: a value with a comma", parse_socketmap, "5:OK ,,,", PARSE_DONE, "OK|,,"},
    {"socketmap: nothing behind the word", parse_socketmap, "9:NOTFOUND ,", PARSE_DONE, "NOTFOUND|"},
    {"socketmap: no blank at all", parse_socketmap, "2:OK,", PARSE_DONE, "OK|(none)"},
    {"socketmap: the last octet of the limit", parse_socketmap, "20:OK 12345678901234567,", PARSE_DONE, "OK|12345678901234567"},
    {"socketmap: past the limit", parse_socketmap, "21:", PARSE_TOO_BIG, ""},
    {"socketmap: far past it", parse_socketmap, "9999999999:", PARSE_TOO_BIG, ""},
    {"socketmap: a number without end", parse_socketmap, "00000000000", PARSE_MALFORMED, ""},
    {"socketmap: no number", parse_socketmap, ":OK,", PARSE_MALFORMED, ""},
    {"socketmap: something before it", parse_socketmap, "x2:OK,", PARSE_MALFORMED, ""},
    {"socketmap: no comma", parse_socketmap, "2:OK;", PARSE_MALFORMED, ""},
    {"memcache: nothing", parse_memcache, "END\r\n", PARSE_DONE, "END"},
    {"memcache: a value", parse_memcache, "VALUE k 0 4\r\na\r\nb\r\nEND\r\n", PARSE_DONE, "a\r\nb"},
    {"memcache: an empty value", parse_memcache, "VALUE k 0 0\r\n\r\nEND\r\n", PARSE_DONE, ""},
    {"memcache: trouble", parse_memcache, "SERVER_ERROR busy\r\n", PARSE_DONE, "SERVER_ERROR busy"},
    {"memcache: past the limit", parse_memcache, "VALUE k 0 21\r\n", PARSE_TOO_BIG, ""},
    {"memcache: no length", parse_memcache, "VALUE k 0\r\n", PARSE_MALFORMED, ""},
    {"memcache: a negative length", parse_memcache, "VALUE k 0 -1\r\n", PARSE_MALFORMED, ""},
    {"memcache: more than it said", parse_memcache, "VALUE k 0 1\r\nabc\r\nEND\r\n", PARSE_MALFORMED, ""},
    {"memcache: two values", parse_memcache, "VALUE k 0 1\r\na\r\nVALUE l 0 1\r\n", PARSE_MALFORMED, ""},
    {"redis: a text", parse_redis, "$3\r\na\rb\r\n", PARSE_DONE, "a\rb"},
    {"redis: an empty text", parse_redis, "$0\r\n\r\n", PARSE_DONE, ""},
    {"redis: none", parse_redis, "$-1\r\n", PARSE_DONE, "(none)"},
    {"redis: a status", parse_redis, "+OK\r\n", PARSE_DONE, "OK"},
    {"redis: a number", parse_redis, ":-42\r\n", PARSE_DONE, "-42"},
    {"redis: an error", parse_redis, "-ERR no\r\n", PARSE_DONE, "ERR no"},
    {"redis: an array", parse_redis, "*3\r\n$1\r\na\r\n$-1\r\n:7\r\n", PARSE_DONE, "a|(none)|7"},
    {"redis: an empty array", parse_redis, "*0\r\n", PARSE_DONE, ""},
    {"redis: no array", parse_redis, "*-1\r\n", PARSE_DONE, ""},
    {"redis: an array with an error", parse_redis, "*2\r\n-ERR x\r\n:1\r\n", PARSE_DONE, "ERR x"},
    {"redis: an array too long", parse_redis, "*10001\r\n", PARSE_TOO_BIG, ""},
    {"redis: an array in an array", parse_redis, "*1\r\n*1\r\n", PARSE_MALFORMED, ""},
    {"redis: no end where it should be", parse_redis, "$1\r\nabc", PARSE_MALFORMED, ""},
    {"redis: a length that is none", parse_redis, "$x\r\n", PARSE_MALFORMED, ""},
    {"redis: a length past all", parse_redis, "$99999999999999999999\r\n", PARSE_MALFORMED, ""},
    {"redis: an empty line", parse_redis, "\r\n", PARSE_MALFORMED, ""},
    {"redis: another protocol", parse_redis, "HTTP/1.1\r\n", PARSE_MALFORMED, ""},
};
/* clang-format on */

static enum parse_result parse(const struct reply_case *c, size_t len, size_t *used_r,
                               struct buf *text)
{
    struct span copy = unit_copy(span_of(c->octets, len));
    enum parse_result result = c->parse(copy, used_r, text);

    mem_free(copy.data);
    return result;
}

static void run_case(void **state)
{
    const struct reply_case *c = *state;
    struct buf text = BUF(1000);
    size_t used = 0;

    assert_int_equal(parse(c, strlen(c->octets), &used, &text), c->result);
    assert_string_equal(text.len == 0 ? "" : buf_text(&text), c->text);
    if (c->result == PARSE_DONE)
        assert_true(used <= strlen(c->octets));
    for (size_t len = 0; c->result == PARSE_DONE && len < used; len++) {
        size_t unused;

        assert_int_equal(parse(c, len, &unused, &text), PARSE_INCOMPLETE);
    }
    buf_release(&text);
}

static void codes_text(void **state UNUSED)
{
    struct buf coded = BUF(100);
    struct buf plain = BUF(100);

    tcp_text_encode(SPAN_LITERAL("a b%c\n\xc3\xbc~"), &coded);
    assert_string_equal(buf_text(&coded), "a%20b%25c%0A%C3%BC~");
    assert_true(tcp_text_decode(buf_span(&coded), &plain));
    assert_string_equal(buf_text(&plain), "a b%c\n\xc3\xbc~");
    assert_false(tcp_text_decode(SPAN_LITERAL("a%2"), &plain));
    assert_false(tcp_text_decode(SPAN_LITERAL("%g0"), &plain));
    buf_release(&coded);
    buf_release(&plain);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 1];
    size_t count = 0;

    UNIT_ADD_ROWS(tests, count, cases, run_case);
    tests[count++] = (struct CMUnitTest){.name = "tcp: encoding", .test_func = codes_text};
    return unit_run("map_replies", tests, count);
}
