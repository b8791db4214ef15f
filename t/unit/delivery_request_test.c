/*
 * What agents log and tell: the log line to the letter, delays, status codes in texts, the reasons of
 * deferred mail; and a request and its result over a socket.
 */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "lib/delivery/log_line.h"
#include "lib/delivery/reasons.h"
#include "lib/delivery/status.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- delays ------------------------------------------------------------------------------------------- */

static const struct delay_case {
    const char *name;
    int64_t delay_us;
    int decimals;
    const char *text;
} delay_cases[] = {
    {"delay: none",                            0,          2, "0"       },
    {"delay: below the resolution",            4999,       2, "0"       },
    {"delay: rounded up to the resolution",    5000,       2, "0.01"    },
    {"delay: two significant digits",          123456,     2, "0.12"    },
    {"delay: and no zero at the end",          500000,     2, "0.5"     },
    {"delay: one decimal from a second on",    1234567,    2, "1.2"     },
    {"delay: rounded up to a whole second",    9960000,    2, "10"      },
    {"delay: whole seconds from ten on",       12345678,   2, "12"      },
    {"delay: whole seconds are never rounded", 308400000,  2, "308"     },
    {"delay: an hour",                         3600000000, 2, "3600"    },
    {"delay: a clock that went back",          -5,         2, "0"       },
    {"delay: no decimals wanted",              1600000,    0, "2"       },
    {"delay: more decimals, two digits still", 1234,       6, "0.0012"  },
    {"delay: the smallest at full resolution", 1,          6, "0.000001"},
};

static void format_delay(void **state)
{
    const struct delay_case *c = *state;
    struct buf line = BUF(100);

    delivery_log_delay(&line, c->delay_us, c->decimals);
    assert_string_equal(buf_text(&line), c->text);
    buf_release(&line);
}

/* --- the line ------------------------------------------------------------------------------------------ */

#define NOW_S 1000000

static struct timeval at(int64_t ms)
{
    int64_t us = NOW_S * (int64_t)1000000 + ms * 1000;

    return (struct timeval){us / 1000000, us % 1000000};
}

static const struct line_case {
    const char *name;
    struct delivery_recipient recipient;
    struct delivery_result result;
    bool soft_bounce;
    const char *address_format;
    int connection_ms, session_ms; /* after now; 0: none */
    const char *line;
} line_cases[] = {
    {.name = "line: delivered over the network",
     .recipient = {.address = "bob@example.net"},
     .result = {.outcome = DELIVERY_SENT,
                .relay = "mx.example.net[198.51.100.4]:25",
                .status = "2.0.0",
                .text = "250 2.0.0 Ok"},
     .connection_ms = -380,
     .session_ms = -260,
     .line = "4Zk1Qw2bYzz1: to=<bob@example.net>, relay=mx.example.net[198.51.100.4]:25, "
             "delay=0.42, delays=0.03/0.01/0.12/0.26, dsn=2.0.0, status=sent (250 2.0.0 Ok)"},
    {.name = "line: delivered here, without a connection",
     .recipient = {.address = "root@example.test", .original = "list@example.test"},
     .result = {.outcome = DELIVERY_SENT,
                .relay = "local",
                .status = "2.0.0",
                .text = "delivered to maildir"},
     .line = "4Zk1Qw2bYzz1: to=<root@example.test>, orig_to=<list@example.test>, relay=local, "
             "delay=0.42, delays=0.03/0.02/0/0.37, dsn=2.0.0, status=sent (delivered to maildir)"                                  },
    {.name = "line: a connection that never was",
     .recipient = {.address = "x@y.test", .original = "X@Y.test"},
     .result = {.outcome = DELIVERY_DEFERRED, .status = "4.4.1", .text = "connect to y: refused"},
     .connection_ms = -370,
     .line = "4Zk1Qw2bYzz1: to=<x@y.test>, relay=none, delay=0.42, delays=0.03/0.02/0.37/0, "
             "dsn=4.4.1, status=deferred (connect to y: refused)"},
    {.name = "line: a connection that is used again",
     .recipient = {.address = "x@y.test"},
     .result = {.outcome = DELIVERY_BOUNCED,
                .relay = "y[192.0.2.1]:25",
                .status = "5.1.1",
                .text = "no",
                .connection_use = 2},
     .line = "4Zk1Qw2bYzz1: to=<x@y.test>, relay=y[192.0.2.1]:25, conn_use=2, delay=0.42, "
             "delays=0.03/0.02/0/0.37, dsn=5.1.1, status=bounced (no)"           },
    {.name = "line: addresses are quoted as on the wire",
     .recipient = {.address = "a b@y.test", .original = "c\"d@y.test"},
     .result = {.outcome = DELIVERY_SENT, .relay = "local", .status = "2.0.0", .text = "ok"},
     .line = "4Zk1Qw2bYzz1: to=<\"a b\"@y.test>, orig_to=<\"c\\\"d\"@y.test>, relay=local, "
             "delay=0.42, delays=0.03/0.02/0/0.37, dsn=2.0.0, status=sent (ok)"},
    {.name = "line: or not, when the administrator wants the internal form",
     .recipient = {.address = "a b@y.test"},
     .result = {.outcome = DELIVERY_SENT, .relay = "local", .status = "2.0.0", .text = "ok"},
     .address_format = "internal",
     .line = "4Zk1Qw2bYzz1: to=<a b@y.test>, relay=local, delay=0.42, delays=0.03/0.02/0/0.37, "
             "dsn=2.0.0, status=sent (ok)"                                },
    {.name = "line: a bounce under soft_bounce",
     .recipient = {.address = "x@y.test"},
     .result = {.outcome = DELIVERY_BOUNCED, .relay = "local", .status = "4.1.1", .text = "no"},
     .soft_bounce = true,
     .line = "4Zk1Qw2bYzz1: to=<x@y.test>, relay=local, delay=0.42, delays=0.03/0.02/0/0.37, "
             "dsn=4.1.1, status=SOFTBOUNCE (no)"              },
};

static void format_line(void **state)
{
    const struct line_case *c = *state;
    struct config config = {
        .delay_logging_resolution_limit = 2,
        .soft_bounce = c->soft_bounce,
        .info_log_address_format = c->address_format == NULL ? "external" : c->address_format,
    };
    struct delivery_request request = {
        .arena = arena_create(),
        .config = &config,
        .queue_id = "4Zk1Qw2bYzz1",
        .arrival_us = NOW_S * (uint64_t)1000000 - 420000,
        .active_us = NOW_S * (uint64_t)1000000 - 390000,
        .received = at(-370),
    };
    struct delivery_result result = c->result;
    struct buf line = BUF(10000);

    result.recipient = &c->recipient;
    if (c->connection_ms != 0)
        result.connection_started = at(c->connection_ms);
    if (c->session_ms != 0)
        result.session_started = at(c->session_ms);
    delivery_log_line(&line, &request, &result, at(0));
    assert_string_equal(buf_text(&line), c->line);
    buf_release(&line);
    arena_free(&request.arena);
}

/* --- status codes ---------------------------------------------------------------------------------------- */

static const struct status_case {
    const char *name, *input, *code, *text;
} status_cases[] = {
    {"status: before a text",            "5.1.2 no such host", "5.1.2",     "no such host"   },
    {"status: alone",                    "4.7.0",              "4.7.0",     ""               },
    {"status: three digits",             "5.123.456 x",        "5.123.456", "x"              },
    {"status: none",                     "mail for nobody",    "5.0.0",     "mail for nobody"},
    {"status: an empty text",            "",                   "5.0.0",     ""               },
    {"status: no class 3",               "3.1.1 x",            "5.0.0",     "3.1.1 x"        },
    {"status: an address is none",       "5.1.2.3 x",          "5.0.0",     "5.1.2.3 x"      },
    {"status: four digits are too many", "5.1234.1 x",         "5.0.0",     "5.1234.1 x"     },
    {"status: a number is missing",      "5..1 x",             "5.0.0",     "5..1 x"         },
    {"status: glued to a word",          "5.1.1x y",           "5.0.0",     "5.1.1x y"       },
};

static void split_status(void **state)
{
    const struct status_case *c = *state;
    struct arena *arena = arena_create();
    struct delivery_status status = delivery_status_split(arena, c->input, "5.0.0");

    assert_string_equal(status.code, c->code);
    assert_string_equal(status.text, c->text);
    arena_free(&arena);
}

/* --- reasons ----------------------------------------------------------------------------------------------- */

static const struct reasons_case {
    const char *name, *content;
    size_t count;
    const char *address, *text; /* of the last one */
} reasons_cases[] = {
    {"reasons: of one recipient",                               "buzon reasons 1\na@b\t\t\t0\t4.4.1\tno route\t\t\n",                    1, "a@b",
     "no route"                                                                                                                                            },
    {"reasons: of two",                                         "buzon reasons 1\na@b\t\t\t0\t4.4.1\tx\t\t\nc@d\t\t\t7\t4.0.0\ty\t\t\n", 2,
     "c@d",                                                                                                                                        "y"     },
    {"reasons: escaped octets",                                 "buzon reasons 1\na\\011b@c\t\t\t0\t4.4.1\tx\\134\\012y\t\t\n",          1,
     "a\tb@c",                                                                                                                                     "x\\\ny"},
    {"reasons: an escaped NUL",                                 "buzon reasons 1\na\\000b\t\t\t0\t4.4.1\tx\t\t\n",                       1, "a?b", "x"     },
    {"reasons: a line that was not finished",                   "buzon reasons 1\na@b\t\t\t0\t4.4.1\tx\t\t\nc@d\t\t",
     1,                                                                                                                                     "a@b", "x"     },
    {"reasons: a line that makes no sense hides nobody",
     "buzon reasons 1\na@b\t\t\tx\t4.4.1\tx\t\t\nc@d\t\t\t7\t4.0.0\ty\t\t\n",                                                            1, "c@d", "y"     },
    {"reasons: nor does half a line that another is joined to",
     "buzon reasons 1\na@b\t\t\t0\t4.4.c@d\t\t\t7\t4.0.0\ty\t\t\ne@f\t\t\t0\t4.4.1\tz\t\t\n",                                            1,
     "e@f",                                                                                                                                        "z"     },
    {"reasons: half an escape",                                 "buzon reasons 1\na\\01\t\t\t0\t4.4.1\tx\t\t\n",                         0, NULL,  NULL    },
    {"reasons: an escape that is none",                         "buzon reasons 1\na\\999\t\t\t0\t4.4.1\tx\t\t\n",                        0, NULL,
     NULL                                                                                                                                                  },
    {"reasons: no number",                                      "buzon reasons 1\na@b\t\t\tx\t4.4.1\tx\t\t\n",                           0, NULL,  NULL    },
    {"reasons: another format",                                 "something else\na@b\t\t\t0\t4.4.1\tx\t\t\n",                            0, NULL,  NULL    },
    {"reasons: nothing",                                        "",                                                                      0, NULL,  NULL    },
};

static void parse_reasons(void **state)
{
    const struct reasons_case *c = *state;
    struct arena *arena = arena_create();
    struct span copy = unit_copy(span_text(c->content));
    size_t count;
    struct notice_recipient *recipients = reasons_parse(copy, arena, &count);

    assert_int_equal(count, c->count);
    if (count > 0) {
        assert_string_equal(recipients[count - 1].address, c->address);
        assert_string_equal(recipients[count - 1].text, c->text);
    }
    free((void *)(uintptr_t)copy.data);
    arena_free(&arena);
}

static void reasons_come_back(void **state UNUSED)
{
    const struct notice_recipient written[] = {
        {.address = "a\tb@c",
         .original = "o",
         .dsn_orcpt = "rfc822;o",
         .dsn_notify = 5,
         .status = "4.4.1",
         .text = "x\\y\nz \xc3\xa4",
         .remote_mta = "dns; c",
         .diagnostic = "smtp; 4"},
        {.address = "d@e",   .status = "4.0.0", .text = "" },
    };
    struct arena *arena = arena_create();
    struct buf content = BUF(10000);
    size_t count;
    const struct notice_recipient *read;

    reasons_format(&content, written, ARRAY_LENGTH(written));
    read = reasons_parse(buf_span(&content), arena, &count);
    assert_int_equal(count, 2);
    assert_string_equal(read[0].address, written[0].address);
    assert_string_equal(read[0].original, written[0].original);
    assert_string_equal(read[0].dsn_orcpt, written[0].dsn_orcpt);
    assert_int_equal(read[0].dsn_notify, 5);
    assert_string_equal(read[0].status, written[0].status);
    assert_string_equal(read[0].text, written[0].text);
    assert_string_equal(read[0].remote_mta, written[0].remote_mta);
    assert_string_equal(read[0].diagnostic, written[0].diagnostic);
    assert_string_equal(read[1].address, "d@e");
    assert_string_equal(read[1].original, "");
    buf_release(&content);
    arena_free(&arena);
}

/* There is no room for one line, and for the next one there is; and a crash left half of one. */
static void reasons_are_whole_lines(void **state UNUSED)
{
    const struct config config = {.hash_queue_names = ""};
    const struct notice_recipient who[] = {
        {.address = "first@x", .status = "4.4.1",         .text = "y"},
        {                     .address = "no-room@x",   .status = "4.4.1",               .text = "y"           },
        {  .address = "third@x",         .status = "2.0.0", .text = "y",            .action = DELIVERY_ACTION_RELAYED},
        { .address = "fourth@x",         .status = "2.0.0",           .text = "y",            .action_address = "z@x"},
    };
    char path[] = "/tmp/buzon-reasons.XXXXXX";
    int directory = open(mkdtemp(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct arena *arena = arena_create();
    struct error err = {0};
    struct rlimit room, small;
    const struct notice_recipient *read;
    size_t count;
    int file;

    assert_true(reasons_write(directory, &config, "trace", "A1", &who[0], 1, &err));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &room), 0);
    small = room;
    small.rlim_cur = 40;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_false(reasons_add(directory, &config, "trace", "A1", &who[1], 1, &err));
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &room), 0);
    assert_true(reasons_add(directory, &config, "trace", "A1", &who[2], 1, &err));
    file = openat(directory, "trace/A1", O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(write_all(file, span_text("half@x\t\t")));
    fd_close(&file);
    assert_true(reasons_add(directory, &config, "trace", "A1", &who[3], 1, &err));
    read = reasons_read(directory, &config, "trace", "A1", arena, &count);
    assert_int_equal(count, 3);
    assert_string_equal(read[0].address, "first@x");
    assert_string_equal(read[1].address, "third@x");
    assert_int_equal(read[1].action, DELIVERY_ACTION_RELAYED);
    assert_string_equal(read[2].address, "fourth@x");
    assert_string_equal(read[2].action_address, "z@x");
    reasons_remove(directory, &config, "A1");
    assert_int_equal(unlinkat(directory, "trace", AT_REMOVEDIR), 0);
    fd_close(&directory);
    assert_int_equal(rmdir(path), 0);
    arena_free(&arena);
}

/* --- who is told ------------------------------------------------------------------------------------------ */

static const struct wanted_case {
    const char *name;
    enum notice_kind kind;
    uint64_t notify;
    bool wanted;
} wanted_cases[] = {
    {"notify: failures by default",      NOTICE_FAILURE, NOTIFY_DEFAULT,                  true },
    {"notify: delays by default",        NOTICE_DELAY,   NOTIFY_DEFAULT,                  true },
    {"notify: no success by default",    NOTICE_SUCCESS, NOTIFY_DEFAULT,                  false},
    {"notify: never a failure",          NOTICE_FAILURE, NOTIFY_NEVER,                    false},
    {"notify: never a delay",            NOTICE_DELAY,   NOTIFY_NEVER,                    false},
    {"notify: a failure is not a delay", NOTICE_DELAY,   NOTIFY_FAILURE,                  false},
    {"notify: a success is no failure",  NOTICE_FAILURE, NOTIFY_SUCCESS,                  false},
    {"notify: success on request",       NOTICE_SUCCESS, NOTIFY_SUCCESS | NOTIFY_FAILURE, true },
};

static void ask_wanted(void **state)
{
    const struct wanted_case *c = *state;

    assert_int_equal(notice_wanted(c->kind, c->notify), c->wanted);
}

/* --- the conversation ------------------------------------------------------------------------------------ */

static void a_request_and_its_result(void **state UNUSED)
{
    struct config config = {.info_log_address_format = "external", .soft_bounce = true};
    struct delivery_recipient recipients[] = {
        {.address = "a@b", .original = "c@d", .id = 7}
    };
    struct queue_attribute attributes[] = {
        {"client_name", "x.test"}
    };
    struct delivery_request sent = {.queue_id = "4Zk1Qw2bYzz1",
                                    .nexthop = "[b]:25",
                                    .sender = "",
                                    .content_size = 5,
                                    .queue_file = open("/dev/null", O_RDONLY | O_CLOEXEC),
                                    .attributes = attributes,
                                    .attribute_count = 1,
                                    .recipients = recipients,
                                    .recipient_count = 1};
    struct delivery_request got;
    struct delivery_result result = {.outcome = DELIVERY_BOUNCED, .status = "5.1.1"};
    struct delivery_report report;
    struct arena *arena = arena_create();
    struct error err = {0};
    struct connection *qmgr, *agent;
    int sockets[2];
    char *long_text = calloc(1, DELIVERY_TEXT_MAX + 10);

    memset(long_text, 'x', DELIVERY_TEXT_MAX + 9);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    qmgr = connection_create(sockets[0]);
    agent = connection_create(sockets[1]);
    assert_true(delivery_request_send(qmgr, &sent, &err));
    assert_true(delivery_request_receive(agent, &config, &got, &err));
    assert_string_equal(got.nexthop, "[b]:25");
    assert_string_equal(got.attributes[0].value, "x.test");
    assert_string_equal(got.recipients[0].original, "c@d");
    assert_true(got.queue_file >= 0);
    result.recipient = &got.recipients[0];
    result.text = long_text;
    assert_true(delivery_result_send(agent, &got, &result, &err));
    delivery_request_release(&got);
    assert_true(delivery_report_receive(qmgr, arena, &report, &err));
    assert_int_equal(report.recipient_id, 7);
    assert_int_equal(report.outcome, DELIVERY_DEFERRED);
    assert_string_equal(report.status, "4.1.1");
    assert_int_equal(strlen(report.text), DELIVERY_TEXT_MAX);
    assert_string_equal(report.relay, "none");
    /* A request that nobody waits for any more: qmgr was killed behind it. */
    assert_true(delivery_request_send(qmgr, &sent, &err));
    connection_free(&qmgr);
    assert_false(delivery_request_receive(agent, &config, &got, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    connection_free(&agent);
    fd_close(&sent.queue_file);
    free(long_text);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(delay_cases) + ARRAY_LENGTH(line_cases) +
                            ARRAY_LENGTH(status_cases) + ARRAY_LENGTH(reasons_cases) +
                            ARRAY_LENGTH(wanted_cases) + 3];
    const struct CMUnitTest others[] = {
        cmocka_unit_test(reasons_come_back),
        cmocka_unit_test(reasons_are_whole_lines),
        cmocka_unit_test(a_request_and_its_result),
    };
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, delay_cases, format_delay);
    UNIT_ADD_ROWS(tests, used, line_cases, format_line);
    UNIT_ADD_ROWS(tests, used, status_cases, split_status);
    UNIT_ADD_ROWS(tests, used, reasons_cases, parse_reasons);
    UNIT_ADD_ROWS(tests, used, wanted_cases, ask_wanted);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        tests[used++] = others[i];
    return unit_run("delivery_request", tests, used);
}
