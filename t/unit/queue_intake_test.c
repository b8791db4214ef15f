/* The conversation with cleanup: a client in this process, cleanup's half in a child. */
#include "t/unit/unit.h"

#include "lib/queue/intake.h"
#include "lib/queue/qmgr_client.h"
#include "lib/service/service.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- a cleanup that counts ------------------------------------------------------------------------ */

/* Answers what it has seen: "sender|original full name|recipients|octets|sum of the octets". */
static bool answer(struct connection *client, struct arena *arena,
                   const struct intake_request *request, struct error *err)
{
    struct intake_message message;
    struct intake_outcome outcome = {.committed = true, .queue_id = "ABCDEF", .status = "2.0.0"};
    struct intake_orders orders = {0};
    struct span block;
    size_t octets;
    unsigned sum = 0;

    if (!intake_receive_message(client, arena, &message, err))
        return false;
    if (message.aborted)
        return true;
    block = message.content;
    octets = block.len;
    for (size_t i = 0; i < block.len; i++)
        sum += (unsigned char)block.data[i];
    while (message.more) {
        if (!ipc_receive_block(client, &block, err))
            return false;
        message.more = block.len > 0;
        octets += block.len;
        for (size_t i = 0; i < block.len; i++)
            sum += (unsigned char)block.data[i];
    }
    if (message.ordered && !intake_receive_orders(client, arena, &orders, err))
        return false;
    if (orders.copies.count > 0)
        outcome.text =
            arena_printf(arena, "%d%d|%s|%s|%zu %s", orders.discard, orders.hold, orders.filter,
                         orders.redirect, orders.copies.count, orders.copies.items[0]);
    strlist_release(&orders.copies);
    if (outcome.text != NULL)
        return intake_send_outcome(client, &outcome, err);
    outcome.text = arena_printf(
        arena, "%s|%s|%s=%s|%zu|%s|%zu|%u", request->sender, request->full_name,
        request->attributes[0].name, request->attributes[0].value, message.recipient_count,
        message.recipients[message.recipient_count - 1].address, octets, sum);
    return intake_send_outcome(client, &outcome, err);
}

static bool serve(struct connection *client, struct arena *arena, struct error *err)
{
    struct intake_request request;
    const struct error full = {
        .kind = ERROR_TEMPORARY, .number = ENOSPC, .text = "insufficient space"};

    if (!intake_receive_open(client, arena, &request, err))
        return false;
    if (!intake_send_opened(client, strcmp(request.sender, "evil") == 0 ? "../X" : "ABCDEF",
                            request.size_hint > 1000000 ? &full : NULL, err))
        return false;
    return request.size_hint > 1000000 || answer(client, arena, &request, err);
}

static void serve_all(struct connection *client) NORETURN;
static void serve_all(struct connection *client)
{
    struct arena *arena = arena_create();
    struct error err = {0};

    while (serve(client, arena, &err))
        arena_reset(arena);
    _exit(err.kind == ERROR_NONE ? 0 : 1);
}

static struct connection *cleanup_start(void)
{
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    if (fork() == 0) {
        close(ends[0]);
        serve_all(connection_create(ends[1]));
    }
    close(ends[1]);
    return connection_create(ends[0]);
}

static void cleanup_stop(struct connection **cleanup, int expected)
{
    int status;

    connection_free(cleanup);
    assert_true(wait(&status) > 0);
    assert_int_equal(WEXITSTATUS(status), expected);
}

/* --- messages --------------------------------------------------------------------------------------- */

static struct queue_attribute attributes[] = {
    {"client_name", "mx.example.test"}
};
static const struct queue_recipient recipients[] = {
    {.address = "a@x", .original = "A@x", .dsn_orcpt = "", .dsn_notify = NOTIFY_NEVER},
    {.address = "b@x",                .original = "",                  .dsn_orcpt = "rfc822;b@x"   },
};

static struct intake *open_intake(struct connection **cleanup)
{
    const struct intake_request request = {
        .origin = INTAKE_LOCAL,
        .sender = "s@x",
        .full_name = "Sue",
        .attributes = attributes,
        .attribute_count = 1,
    };
    const char *queue_id;
    struct error err = {0};
    struct intake *intake = intake_open(cleanup, &request, &queue_id, &err);

    assert_non_null(intake);
    assert_string_equal(queue_id, "ABCDEF");
    assert_true(intake_recipients(intake, recipients, 2, &err));
    return intake;
}

static const struct message_case {
    const char *name;
    size_t pieces;
    size_t size; /* of each piece */
    const char *seen;
} messages[] = {
    {"no content",                      0,   0,       "s@x|Sue|client_name=mx.example.test|2|b@x|0|0"     },
    {"one small piece",                 1,   100,     "s@x|Sue|client_name=mx.example.test|2|b@x|100|9700"},
    {"what fills the first message",    32,  1024,
     "s@x|Sue|client_name=mx.example.test|2|b@x|32768|3178496"                                            },
    {"small pieces that make it large", 500, 1000,
     "s@x|Sue|client_name=mx.example.test|2|b@x|500000|48500000"                                          },
    {"one piece larger than any block", 1,   1000000,
     "s@x|Sue|client_name=mx.example.test|2|b@x|1000000|97000000"                                         },
    {"pieces of about a block",         3,   20000,
     "s@x|Sue|client_name=mx.example.test|2|b@x|60000|5820000"                                            },
};

/* Each twice over one connection. */
static void message(void **state)
{
    const struct message_case *c = *state;
    struct connection *cleanup = cleanup_start();
    struct arena *arena = arena_create();
    char *piece = malloc(c->size + 1);
    struct error err = {0};

    memset(piece, 'a', c->size + 1);
    for (int round = 0; round < 2; round++) {
        struct intake *intake = open_intake(&cleanup);
        struct intake_outcome outcome;

        for (size_t i = 0; i < c->pieces; i++)
            assert_true(intake_content(intake, span_of(piece, c->size), &err));
        assert_true(intake_finish(intake, arena, &outcome, &err));
        assert_true(outcome.committed);
        assert_string_equal(outcome.text, c->seen);
        intake_free(&intake);
    }
    free(piece);
    arena_free(&arena);
    cleanup_stop(&cleanup, 0);
}

/* Orders come behind the content, however much of it there is. */
static void orders(void **state UNUSED)
{
    const size_t sizes[] = {10, 100000};
    struct connection *cleanup = cleanup_start();
    struct arena *arena = arena_create();
    char *piece = calloc(1, 100000);
    struct error err = {0};

    for (size_t i = 0; i < ARRAY_LENGTH(sizes); i++) {
        struct intake *intake = open_intake(&cleanup);
        struct intake_orders wanted = {.hold = true, .filter = "smtp:x", .redirect = "a@b.test"};
        struct intake_outcome outcome;

        strlist_add(&wanted.copies, "c@d.test");
        assert_true(intake_content(intake, span_of(piece, sizes[i]), &err));
        intake_order(intake, &wanted);
        assert_true(intake_finish(intake, arena, &outcome, &err));
        assert_string_equal(outcome.text, "01|smtp:x|a@b.test|1 c@d.test");
        intake_free(&intake);
        strlist_release(&wanted.copies);
    }
    free(piece);
    arena_free(&arena);
    cleanup_stop(&cleanup, 0);
}

/* What is no transport or no address closes the conversation. */
static void bad_orders(void **state UNUSED)
{
    const struct intake_orders bad[] = {
        {.filter = "smtp"}, {.filter = "smtp:\n"}, {.redirect = "a"}, {.redirect = "a@b\x01"}};

    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        struct connection *cleanup = cleanup_start();
        struct arena *arena = arena_create();
        struct intake *intake = open_intake(&cleanup);
        struct intake_outcome outcome;
        struct error err = {0};

        intake_order(intake, &bad[i]);
        assert_false(intake_finish(intake, arena, &outcome, &err));
        intake_free(&intake);
        arena_free(&arena);
        cleanup_stop(&cleanup, 1);
    }
}

static void given_up(void **state UNUSED)
{
    struct connection *cleanup = cleanup_start();
    struct intake *intake = open_intake(&cleanup);
    struct error err = {0};

    assert_true(intake_content(intake, SPAN_LITERAL("never sent\n"), &err));
    intake_free(&intake);
    assert_non_null(cleanup); /* and serves the next message */
    intake = open_intake(&cleanup);
    for (int i = 0; i < 1000; i++)
        assert_true(intake_content(
            intake, SPAN_LITERAL("a line of some forty octets, more or less\n"), &err));
    intake_free(&intake);
    assert_null(cleanup);
    cleanup_stop(&cleanup, 0); /* a client that hangs up is no error */
}

static void refusals(void **state UNUSED)
{
    struct connection *cleanup = cleanup_start();
    struct intake_request request = {.sender = "s", .size_hint = 2000000};
    const char *queue_id;
    struct error err = {0};

    assert_null(intake_open(&cleanup, &request, &queue_id, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(err.number, ENOSPC);
    assert_string_equal(err.text, "insufficient space");
    assert_non_null(cleanup);
    request = (struct intake_request){.sender = "evil"};
    assert_null(intake_open(&cleanup, &request, &queue_id, &err));
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_null(cleanup);
    cleanup_stop(&cleanup, 0);
}

/* A cleanup that left meanwhile is noticed, and replaced by one that listens. */
static void kept_too_long(void **state UNUSED)
{
    char spool[] = "/tmp/buzon-intake-test.XXXXXX";
    struct config config = {.queue_directory = spool, .ipc_timeout = 60};
    struct error err = {0};
    struct connection *cleanup;
    struct intake *intake;
    int listener;
    int ends[2];

    assert_non_null(mkdtemp(spool));
    assert_int_equal(chdir(spool), 0);
    assert_int_equal(mkdir("public", 0700), 0);
    listener = socket_listen_unix("public/cleanup", 0600, 1, &err);
    assert_true(listener >= 0);
    fd_set_nonblocking(listener, false);
    assert_true(service_tool_open(&config, &err));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    cleanup = connection_create(ends[0]);
    close(ends[1]);
    if (fork() == 0)
        serve_all(connection_create(accept(listener, NULL, NULL)));
    close(listener);
    intake = open_intake(&cleanup);
    intake_free(&intake);
    assert_non_null(cleanup);
    cleanup_stop(&cleanup, 0);
    assert_int_equal(unlink("public/cleanup") | rmdir("public") | rmdir(spool), 0);
}

/* --- qmgr -------------------------------------------------------------------------------------------- */

static void qmgr_is_told(void **state UNUSED)
{
    const struct qmgr_request arrived = {.verb = QMGR_ARRIVED, .queue_id = "ABCDEF", .file = 0};
    const struct qmgr_request bad = {.verb = QMGR_FLUSH_MESSAGE, .queue_id = "../x", .file = -1};
    struct arena *arena = arena_create();
    struct connection *sender;
    struct connection *qmgr;
    struct qmgr_request got;
    struct error err = {0};
    int ends[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    sender = connection_create(ends[0]);
    qmgr = connection_create(ends[1]);
    assert_true(qmgr_request_send(sender, &arrived, &err));
    assert_true(qmgr_request_receive(qmgr, arena, &got, &err));
    assert_int_equal(got.verb, QMGR_ARRIVED);
    assert_string_equal(got.queue_id, "ABCDEF");
    assert_true(got.file >= 0);
    close(got.file);
    assert_true(qmgr_request_send(sender, &bad, &err));
    assert_false(qmgr_request_receive(qmgr, arena, &got, &err));
    assert_int_equal(err.kind, ERROR_MALFORMED);
    connection_free(&sender);
    connection_free(&qmgr);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(messages) + 6] = {
        cmocka_unit_test(orders),   cmocka_unit_test(bad_orders),    cmocka_unit_test(given_up),
        cmocka_unit_test(refusals), cmocka_unit_test(kept_too_long), cmocka_unit_test(qmgr_is_told),
    };
    size_t count = 6;

    UNIT_ADD_ROWS(tests, count, messages, message);
    return unit_run("queue_intake", tests, count);
}
