/*
 * lib/io/ipc: what one side sends the other gets, and nothing that a hostile peer sends does more
 * than close its connection.
 */
#include "t/unit/unit.h"

#include "lib/io/ipc.h"
#include "lib/io/socket.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

struct item {
    const char *address;
    uint64_t flags;
};

struct parcel {
    const char *label;
    struct span blob;
    uint64_t size;
    bool urgent;
    int first_file;
    int second_file;
    struct item *items;
    size_t item_count;
};

static const struct ipc_field item_fields[] = {
    IPC_TEXT(struct item, address, 16),
    IPC_NUMBER(struct item, flags, UINT64_MAX),
    IPC_END,
};

static const struct ipc_field parcel_fields[] = {
    IPC_TEXT(struct parcel, label, 8),
    IPC_OCTETS(struct parcel, blob, 4),
    IPC_NUMBER(struct parcel, size, 1000),
    IPC_BOOL(struct parcel, urgent),
    IPC_FD(struct parcel, first_file),
    IPC_FD(struct parcel, second_file),
    IPC_LIST(struct parcel, items, item_count, item_fields, 2),
    IPC_END,
};

static const struct ipc_message parcel_message = {"parcel", 3, parcel_fields};

/* Both ends of a connection: `far` is a bare socket, for octets that no honest peer sends. */
struct pair {
    struct connection *near;
    int far;
    struct arena *arena;
    struct error err;
};

static void open_pair(struct pair *pair)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    *pair =
        (struct pair){.near = connection_create(ends[0]), .far = ends[1], .arena = arena_create()};
    connection_timeout(pair->near, 60000);
}

static void close_pair(struct pair *pair)
{
    connection_free(&pair->near);
    if (pair->far >= 0)
        (void)close(pair->far);
    arena_free(&pair->arena);
}

static void put_raw(const struct pair *pair, struct span octets)
{
    assert_int_equal(write(pair->far, octets.data, octets.len), octets.len);
}

static struct connection *wrap_far(struct pair *pair)
{
    struct connection *far = connection_create(pair->far);

    pair->far = -1;
    return far;
}

static size_t count_open_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    size_t count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    (void)closedir(directory);
    return count;
}

static int make_file(const char *content)
{
    int fd = memfd_create("content", MFD_CLOEXEC);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, content, strlen(content), 0), strlen(content));
    return fd;
}

static void assert_file_is(int fd, const char *content)
{
    char found[16] = "";

    assert_true(fd >= 0);
    assert_int_not_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
    assert_true(pread(fd, found, sizeof(found) - 1, 0) >= 0);
    assert_string_equal(found, content);
    (void)close(fd);
}

/* --- honest peers ---------------------------------------------------------------------------- */

static void every_kind_of_value_makes_the_round_trip(void **state UNUSED)
{
    struct item items[] = {
        {"alice@test", 7         },
        {"",           UINT64_MAX}
    };
    struct parcel sent = {
        .label = "fragile",
        .blob = SPAN_LITERAL("\0a\xff"),
        .size = 1000,
        .urgent = true,
        .first_file = -1,
        .second_file = make_file("second"),
        .items = items,
        .item_count = 2,
    };
    struct parcel got;
    struct pair pair;
    struct connection *far;

    open_pair(&pair);
    far = wrap_far(&pair);
    assert_true(ipc_send(far, &parcel_message, &sent, &pair.err));
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_string_equal(got.label, "fragile");
    assert_true(span_equal(got.blob, sent.blob));
    assert_int_equal(got.size, 1000);
    assert_true(got.urgent);
    assert_int_equal(got.first_file, -1);
    assert_file_is(got.second_file, "second");
    assert_int_equal(got.item_count, 2);
    assert_string_equal(got.items[0].address, "alice@test");
    assert_int_equal(got.items[0].flags, 7);
    assert_string_equal(got.items[1].address, "");
    assert_true(got.items[1].flags == UINT64_MAX);
    assert_false(ipc_has_input(pair.near));
    (void)close(sent.second_file);
    connection_free(&far);
    assert_false(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_int_equal(pair.err.kind, ERROR_NONE);
    close_pair(&pair);
}

static void absent_values_are_zero(void **state UNUSED)
{
    struct parcel sent = {.first_file = -1, .second_file = -1};
    struct parcel got;
    struct pair pair;
    struct connection *far;

    memset(&got, 0xa5, sizeof(got));
    open_pair(&pair);
    far = wrap_far(&pair);
    assert_true(ipc_send(far, &parcel_message, &sent, &pair.err));
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_string_equal(got.label, "");
    assert_int_equal(got.blob.len, 0);
    assert_int_equal(got.size, 0);
    assert_false(got.urgent);
    assert_int_equal(got.first_file, -1);
    assert_int_equal(got.second_file, -1);
    assert_int_equal(got.item_count, 0);
    connection_free(&far);
    close_pair(&pair);
}

static void descriptors_stay_with_their_message(void **state UNUSED)
{
    struct parcel sent[] = {
        {.label = "a", .first_file = make_file("a1"), .second_file = make_file("a2")},
        {.label = "b", .first_file = -1,              .second_file = -1             },
        {.label = "c", .first_file = make_file("c1"), .second_file = -1             },
    };
    struct parcel got;
    struct pair pair;
    struct connection *far;

    open_pair(&pair);
    far = wrap_far(&pair);
    for (size_t i = 0; i < ARRAY_LENGTH(sent); i++)
        assert_true(ipc_send(far, &parcel_message, &sent[i], &pair.err));
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_file_is(got.first_file, "a1");
    assert_file_is(got.second_file, "a2");
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_string_equal(got.label, "b");
    assert_int_equal(got.first_file, -1);
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_file_is(got.first_file, "c1");
    for (size_t i = 0; i < ARRAY_LENGTH(sent); i++) {
        (void)close(sent[i].first_file);
        (void)close(sent[i].second_file);
    }
    connection_free(&far);
    close_pair(&pair);
}

static void dispatcher_sees_the_name(void **state UNUSED)
{
    struct parcel sent = {.label = "x", .first_file = -1, .second_file = -1};
    struct parcel got;
    struct pair pair;
    struct connection *far;
    struct span name;

    open_pair(&pair);
    far = wrap_far(&pair);
    assert_true(ipc_send(far, &parcel_message, &sent, &pair.err));
    assert_true(ipc_next(pair.near, &name, &pair.err));
    assert_true(span_equal_text(name, "parcel"));
    assert_true(ipc_has_input(pair.near));
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_string_equal(got.label, "x");
    connection_free(&far);
    close_pair(&pair);
}

static void value_past_its_bound_is_not_sent(void **state UNUSED)
{
    struct item items[3] = {
        {"", 0}
    };
    struct parcel bad[4] = {0};
    struct parcel good = {.label = "good", .first_file = -1, .second_file = -1};
    struct parcel got;
    struct pair pair;
    struct connection *far;

    bad[0].label = "longer than eight";
    bad[1].blob = SPAN_LITERAL("fives");
    bad[2].size = 1001;
    bad[3].items = items;
    bad[3].item_count = ARRAY_LENGTH(items);
    open_pair(&pair);
    far = wrap_far(&pair);
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        assert_false(ipc_send(far, &parcel_message, &bad[i], &pair.err));
        assert_int_equal(pair.err.kind, ERROR_PERMANENT);
    }
    assert_true(ipc_send(far, &parcel_message, &good, &pair.err));
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_string_equal(got.label, "good");
    connection_free(&far);
    close_pair(&pair);
}

static void silence_ends_by_the_timeout(void **state UNUSED)
{
    struct parcel got;
    struct pair pair;

    open_pair(&pair);
    connection_timeout(pair.near, 30);
    assert_false(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_int_equal(pair.err.kind, ERROR_TEMPORARY);
    assert_int_equal(pair.err.number, ETIMEDOUT);
    close_pair(&pair);
}

/* --- blocks ---------------------------------------------------------------------------------- */

/* Event-driven at both ends, so that one process can be both. */
static void blocks_between_messages(void **state UNUSED)
{
    struct parcel parcel = {.label = "end", .first_file = -1, .second_file = -1};
    char *content = malloc(IPC_BLOCK_MAX);
    struct pair pair;
    struct connection *far;
    struct span block;

    open_pair(&pair);
    far = wrap_far(&pair);
    ipc_event_driven(far);
    ipc_event_driven(pair.near);
    for (size_t i = 0; i < 8; i++) {
        memset(content, 'a' + (int)i, IPC_BLOCK_MAX);
        assert_true(ipc_send_block(far, span_of(content, IPC_BLOCK_MAX - i), &pair.err));
    }
    assert_true(ipc_send_block(far, SPAN_EMPTY, &pair.err));
    assert_true(ipc_send(far, &parcel_message, &parcel, &pair.err));
    for (size_t i = 0; i < 9; i++) {
        while (!ipc_complete(pair.near)) {
            assert_true(ipc_write_ready(far, &pair.err));
            assert_true(ipc_read_ready(pair.near, &pair.err));
        }
        assert_true(ipc_receive_block(pair.near, &block, &pair.err));
        assert_int_equal(block.len, i == 8 ? 0 : IPC_BLOCK_MAX - i);
        for (size_t at = 0; at < block.len; at++)
            assert_true(block.data[at] == (char)('a' + i));
    }
    while (!ipc_complete(pair.near)) {
        assert_true(ipc_write_ready(far, &pair.err));
        assert_true(ipc_read_ready(pair.near, &pair.err));
    }
    assert_false(ipc_wants_write(far));
    assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &parcel, &pair.err));
    assert_string_equal(parcel.label, "end");
    connection_free(&far);
    free(content);
    close_pair(&pair);
}

static void waiting_peers_exchange_blocks(void **state UNUSED)
{
    struct pair pair;
    struct connection *far;
    struct span block;

    open_pair(&pair);
    far = wrap_far(&pair);
    assert_true(ipc_send_block(far, SPAN_LITERAL("From: alice\n"), &pair.err));
    assert_true(ipc_send_block(far, SPAN_LITERAL("\nbody\n"), &pair.err));
    assert_true(ipc_send_block(far, SPAN_EMPTY, &pair.err));
    assert_true(ipc_receive_block(pair.near, &block, &pair.err));
    assert_true(span_equal_text(block, "From: alice\n"));
    assert_true(ipc_receive_block(pair.near, &block, &pair.err));
    assert_true(span_equal_text(block, "\nbody\n"));
    assert_true(ipc_receive_block(pair.near, &block, &pair.err));
    assert_int_equal(block.len, 0);
    connection_free(&far);
    close_pair(&pair);
}

static void block_too_long_is_refused(void **state UNUSED)
{
    struct pair pair;
    struct span block;

    open_pair(&pair);
    put_raw(&pair, SPAN_LITERAL("\x00\x04\x00\x01"));
    assert_false(ipc_receive_block(pair.near, &block, &pair.err));
    assert_int_equal(pair.err.kind, ERROR_MALFORMED);
    close_pair(&pair);
}

/* --- event-driven ---------------------------------------------------------------------------- */

/* The first fill the socket; the rest must wait, each with a duplicate of its descriptor. */
static void unsent_descriptors_wait_with_their_message(void **state UNUSED)
{
    char *filler = calloc(1, IPC_BLOCK_MAX);
    struct pair pair;
    struct connection *far;
    struct parcel got;
    struct span block;
    char text[32];

    open_pair(&pair);
    far = wrap_far(&pair);
    ipc_event_driven(far);
    for (int i = 0; i < 4; i++)
        assert_true(ipc_send_block(far, span_of(filler, IPC_BLOCK_MAX), &pair.err));
    assert_true(ipc_wants_write(far));
    for (int i = 0; i < 6; i++) {
        struct parcel sent = {.first_file = -1, .second_file = -1};

        (void)snprintf(text, sizeof(text), "file %d", i);
        if (i % 2 == 0)
            sent.second_file = make_file(text);
        assert_true(ipc_send(far, &parcel_message, &sent, &pair.err));
        (void)close(sent.second_file);
    }
    ipc_event_driven(pair.near);
    for (int i = 0; i < 10; i++) {
        while (!ipc_complete(pair.near)) {
            assert_true(ipc_write_ready(far, &pair.err));
            assert_true(ipc_read_ready(pair.near, &pair.err));
        }
        if (i < 4) {
            assert_true(ipc_receive_block(pair.near, &block, &pair.err));
            continue;
        }
        assert_true(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
        (void)snprintf(text, sizeof(text), "file %d", i - 4);
        if (i % 2 == 0)
            assert_file_is(got.second_file, text);
        else
            assert_int_equal(got.second_file, -1);
    }
    connection_free(&far);
    free(filler);
    close_pair(&pair);
}

static void nothing_to_read_is_no_error(void **state UNUSED)
{
    struct pair pair;

    open_pair(&pair);
    ipc_event_driven(pair.near);
    assert_true(ipc_read_ready(pair.near, &pair.err));
    assert_false(ipc_complete(pair.near));
    (void)close(pair.far);
    pair.far = -1;
    assert_false(ipc_read_ready(pair.near, &pair.err));
    assert_int_equal(pair.err.kind, ERROR_NONE);
    close_pair(&pair);
}

static void peer_that_never_reads_is_given_up(void **state UNUSED)
{
    char *filler = calloc(1, IPC_BLOCK_MAX);
    struct pair pair;
    size_t sent = 0;

    open_pair(&pair);
    ipc_event_driven(pair.near);
    while (ipc_send_block(pair.near, span_of(filler, IPC_BLOCK_MAX), &pair.err))
        assert_true(++sent < 1000);
    assert_int_equal(pair.err.kind, ERROR_TEMPORARY);
    free(filler);
    close_pair(&pair);
}

/* --- hostile peers --------------------------------------------------------------------------- */

/* Attributes of a "parcel" of version 1; lengths of less than 256 octets. */
#define PARCEL     "\6parcel\0\1"
#define SIZE(len)  "\4size\0\0\0" len
#define LABEL(len) "\5label\0\0\0" len
#define ITEMS(len) "\5items\0\0\0" len
#define URGENT     "\6urgent\0\0\0\1"
#define FILE_COMES                                                                                 \
    "\xa"                                                                                          \
    "first_file\0\0\0\1\1"

#define OCTETS(text) (text), sizeof(text) - 1
#define FINE         ERROR_NONE
#define BAD          ERROR_MALFORMED

static const struct hostile_case {
    const char *name;
    const char *content; /* of one frame */
    size_t len;
    enum error_kind kind; /* FINE: accepted */
} hostile_cases[] = {
    {"an empty frame has no name",                 OCTETS(""),                                             BAD },
    {"a name of no octets is none",                OCTETS("\0\0\1"),                                       BAD },
    {"a name longer than its frame is none",       OCTETS("\7parcel"),                                     BAD },
    {"a name without a version is cut off",        OCTETS("\6parcel"),                                     BAD },
    {"another message is refused",                 OCTETS("\6letter\0\1"),                                 BAD },
    {"a longer name with the same start differs",  OCTETS("\7parcels\0\1"),                                BAD },
    {"a message without attributes is whole",      OCTETS(PARCEL),                                         FINE},
    {"a version newer than ours is refused",       OCTETS("\6parcel\0\4"),                                 BAD },
    {"the version that we know is accepted",       OCTETS("\6parcel\0\3"),                                 FINE},
    {"an unknown attribute is ignored",            OCTETS(PARCEL "\3new\0\0\0\1x"),                        FINE},
    {"an attribute without a value is cut off",    OCTETS(PARCEL "\4size"),                                BAD },
    {"a value longer than its frame is cut off",   OCTETS(PARCEL SIZE("\2") "\1"),                         BAD },
    {"a value of 4 GiB is cut off",                OCTETS(PARCEL "\4size\xff\xff\xff\xff\1"),              BAD },
    {"a number at its bound is accepted",          OCTETS(PARCEL SIZE("\2") "\x3\xe8"),                    FINE},
    {"a number past its bound is refused",         OCTETS(PARCEL SIZE("\2") "\x3\xe9"),                    BAD },
    {"a number of no octets is none",              OCTETS(PARCEL SIZE("\0")),                              BAD },
    {"a number with a leading zero is none",       OCTETS(PARCEL SIZE("\2") "\0\1"),                       BAD },
    {"a number of nine octets is none",            OCTETS(PARCEL SIZE("\x9") "\1\0\0\0\0\0\0\0\0"),        BAD },
    {"a bool is one or absent",                    OCTETS(PARCEL URGENT "\2"),                             BAD },
    {"an attribute may not come twice",            OCTETS(PARCEL SIZE("\1") "\1" SIZE("\1") "\1"),         BAD },
    {"a text at its bound is accepted",            OCTETS(PARCEL LABEL("\x8") "12345678"),                 FINE},
    {"a text past its bound is refused",           OCTETS(PARCEL LABEL("\x9") "123456789"),                BAD },
    {"a text with a NUL is refused",               OCTETS(PARCEL LABEL("\3") "a\0b"),                      BAD },
    {"a list at its bound is accepted",            OCTETS(PARCEL ITEMS("\x8") "\0\0\0\0\0\0\0\0"),         FINE},
    {"a list past its bound is refused",           OCTETS(PARCEL ITEMS("\xc") "\0\0\0\0\0\0\0\0\0\0\0\0"),
     BAD                                                                                                       },
    {"a list with a torn element is refused",      OCTETS(PARCEL ITEMS("\5") "\0\0\0\4x"),                 BAD },
    {"an attribute torn in an element is refused", OCTETS(PARCEL ITEMS("\5") "\0\0\0\1\5"),                BAD },
    {"a descriptor that did not come is missed",   OCTETS(PARCEL FILE_COMES),                              BAD },
};

static void run_hostile(void **state)
{
    const struct hostile_case *c = *state;
    char head[] = {0, 0, 0, (char)c->len};
    struct parcel got;
    struct pair pair;

    open_pair(&pair);
    put_raw(&pair, span_of(head, sizeof(head)));
    put_raw(&pair, span_of(c->content, c->len));
    assert_int_equal(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err),
                     c->kind == FINE);
    assert_int_equal(pair.err.kind, c->kind);
    assert_int_equal(got.first_file, -1);
    close_pair(&pair);
}

/* What a peer says last, before it closes. */
static const struct last_words {
    const char *name;
    const char *octets;
    size_t len;
    enum error_kind kind;
} last_words[] = {
    {"a peer that closes between messages is no error", OCTETS(""),                 ERROR_NONE     },
    {"one that closes in a length is an error",         OCTETS("\0\0"),             ERROR_TEMPORARY},
    {"a frame of 16 MiB must come whole",               OCTETS("\0\xff\xff\xfb"),   ERROR_TEMPORARY},
    {"one octet more is refused at once",               OCTETS("\0\xff\xff\xfd"),   ERROR_MALFORMED},
    {"so is a frame of 4 GiB",                          OCTETS("\xff\xff\xff\xff"), ERROR_MALFORMED},
};

static void run_last_words(void **state)
{
    const struct last_words *c = *state;
    struct parcel got;
    struct pair pair;

    open_pair(&pair);
    put_raw(&pair, span_of(c->octets, c->len));
    (void)close(pair.far);
    pair.far = -1;
    assert_false(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_int_equal(pair.err.kind, c->kind);
    close_pair(&pair);
}

/* BUZON_IPC_STRICT is looked at once, hence in a process of its own, before any other test. */
static void strict_receiver_refuses_unknown_attributes(void **state UNUSED)
{
    struct parcel got;
    struct pair pair;
    pid_t child = fork();
    int status;

    if (child == 0) {
        (void)setenv("BUZON_IPC_STRICT", "1", 1);
        open_pair(&pair);
        put_raw(&pair, span_of("\0\0\0\x12" PARCEL "\3new\0\0\0\1x", 22));
        _exit(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err) ? 1 : 0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* Descriptors beside octets that do not announce them, before and after what does. */
static void stray_descriptors_are_closed(void **state UNUSED)
{
    static const struct span plain = {"\0\0\0\x9" PARCEL, 13};
    size_t before = count_open_descriptors();
    int file = make_file("stray");
    struct parcel got;
    struct pair pair;
    struct span block;

    open_pair(&pair);
    assert_true(socket_send_fd(pair.far, file, plain, &pair.err));
    assert_false(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    assert_int_equal(pair.err.kind, ERROR_MALFORMED);
    close_pair(&pair);

    open_pair(&pair);
    assert_true(socket_send_fd(pair.far, file, SPAN_LITERAL("\0\0\0\1x"), &pair.err));
    assert_false(ipc_receive_block(pair.near, &block, &pair.err));
    assert_int_equal(pair.err.kind, ERROR_MALFORMED);
    close_pair(&pair);

    open_pair(&pair);
    for (int i = 0; i < 40; i++)
        assert_true(socket_send_fd(pair.far, file, SPAN_LITERAL("\0"), &pair.err));
    assert_false(ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err));
    close_pair(&pair);

    (void)close(file);
    assert_int_equal(count_open_descriptors(), before);
}

/* Cut anywhere, a good message is incomplete and never malformed, and its descriptor is closed. */
static void every_prefix_is_incomplete(void **state UNUSED)
{
    static const char octets[] = "\0\0\0\x29" PARCEL FILE_COMES SIZE("\1") "\1\1x\0\0\0\0";
    struct span whole = span_of(octets, sizeof(octets) - 1);
    size_t before = count_open_descriptors();
    int file = make_file("content");

    for (size_t len = 1; len <= whole.len; len++) {
        struct parcel got;
        struct pair pair;
        bool done;

        open_pair(&pair);
        assert_true(socket_send_fd(pair.far, file, span_first(whole, len), &pair.err));
        (void)close(pair.far);
        pair.far = -1;
        done = ipc_receive(pair.near, &parcel_message, pair.arena, &got, &pair.err);
        assert_int_equal(done, len == whole.len);
        if (done)
            assert_file_is(got.first_file, "content");
        else
            assert_int_equal(pair.err.kind, ERROR_TEMPORARY);
        close_pair(&pair);
    }
    (void)close(file);
    assert_int_equal(count_open_descriptors(), before);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(hostile_cases) + ARRAY_LENGTH(last_words) + 16] = {
        cmocka_unit_test(strict_receiver_refuses_unknown_attributes),
        cmocka_unit_test(every_kind_of_value_makes_the_round_trip),
        cmocka_unit_test(absent_values_are_zero),
        cmocka_unit_test(descriptors_stay_with_their_message),
        cmocka_unit_test(dispatcher_sees_the_name),
        cmocka_unit_test(value_past_its_bound_is_not_sent),
        cmocka_unit_test(silence_ends_by_the_timeout),
        cmocka_unit_test(blocks_between_messages),
        cmocka_unit_test(waiting_peers_exchange_blocks),
        cmocka_unit_test(block_too_long_is_refused),
        cmocka_unit_test(unsent_descriptors_wait_with_their_message),
        cmocka_unit_test(nothing_to_read_is_no_error),
        cmocka_unit_test(peer_that_never_reads_is_given_up),
        cmocka_unit_test(stray_descriptors_are_closed),
        cmocka_unit_test(every_prefix_is_incomplete),
    };
    size_t used = 16;

    (void)unsetenv("BUZON_IPC_STRICT");
    UNIT_ADD_ROWS(tests, used, hostile_cases, run_hostile);
    UNIT_ADD_ROWS(tests, used, last_words, run_last_words);
    return unit_run("io_ipc", tests, used);
}
