/*
 * What cleanup makes of a message. Each case is a message that is really written to a queue file of
 * this test, under a configuration of its own, and read back; where Postfix 3.7 was asked the same,
 * it answered so. QID stands for the queue id.
 */
#include "t/unit/unit.h"

#include "cleanup/checks.h"
#include "cleanup/content.h"
#include "cleanup/envelope.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ARRIVAL 1795439895 /* Mon, 23 Nov 2026 13:18:15 UTC */

static char spool_path[] = "/tmp/buzon-cleanup-test.XXXXXX";
static int spool = -1;

/* --- a process of cleanup -------------------------------------------------------------------------- */

static struct cleanup cleanup;
static struct message message = {.cleanup = &cleanup};

static struct config *read_config(const char *lines)
{
    struct strlist overrides = STRLIST_EMPTY;
    struct error err = {0};
    struct config *config;

    strlist_split(&overrides,
                  "mydomain=test\nmyhostname=mail.test\nmyorigin=orig.test\n"
                  "mydestination=orig.test\ninet_interfaces=127.0.0.1\nalias_maps=\n"
                  "local_recipient_maps=\nenable_long_queue_ids=yes\ncompatibility_level=3.6\n",
                  "\n");
    strlist_split(&overrides, lines, "\n");
    config = config_read(spool_path, &overrides, NULL, &err);
    if (config == NULL)
        fail_msg("%s", err.text);
    strlist_release(&overrides);
    return config;
}

static void split(struct strlist *list, const char *text)
{
    struct error err = {0};

    assert_true(strlist_split_config(list, text, &err));
}

static struct config *start(const char *lines)
{
    struct config *config = read_config(lines);

    cleanup = (struct cleanup){
        .config = config,
        .route = route_create(config, false),
        .sender_bcc = maps_open(config, config->sender_bcc_maps, false),
        .recipient_bcc = maps_open(config, config->recipient_bcc_maps, false),
        .writer = queue_writer_create(spool, config),
        .qmgr_deaf_until_ms = INT64_MAX,
    };
    split(&cleanup.dropped_headers, config->message_drop_headers);
    message.arena = arena_create();
    message.scratch = arena_create();
    cleanup.checks = checks_open(config);
    content_prepare(&message);
    return config;
}

static void stop(struct config *config)
{
    hash_free(&message.seen, NULL);
    strlist_release(&message.bcc);
    content_release(&message);
    checks_free(&cleanup.checks);
    arena_free(&message.arena);
    arena_free(&message.scratch);
    queue_writer_free(&cleanup.writer);
    maps_free(&cleanup.sender_bcc);
    maps_free(&cleanup.recipient_bcc);
    route_free(&cleanup.route);
    strlist_release(&cleanup.dropped_headers);
    config_free(&config);
}

/* The envelope, and the content in blocks of that many octets. */
static struct intake_outcome hand_in(const struct intake_request *request,
                                     const struct queue_recipient *recipients, size_t count,
                                     struct span content, size_t block)
{
    struct intake_outcome outcome;

    message_begin(&message, request);
    envelope_set_sender(&message);
    envelope_add_recipients(&message, recipients, count);
    while (content.len > 0) {
        struct span piece = unit_copy(span_first(content, block));

        content_block(&message, piece);
        free((void *)(uintptr_t)piece.data);
        content = span_skip(content, block);
    }
    content_end(&message);
    message_commit(&message, &outcome);
    message_announce(&message);
    return outcome;
}

static int open_queue_file(const char *queue_id)
{
    return openat(spool, queue_path(message.arena, cleanup.config, "incoming", queue_id), O_RDONLY);
}

/* --- content ------------------------------------------------------------------------------------------ */

#define DATE       "Mon, 23 Nov 2026 13:18:15 +0000 (UTC)"
#define MESSAGE_ID "Message-Id: <QID@mail.test>\n"

static const struct content_case {
    const char *name;
    const char *config;
    enum intake_origin origin;
    bool rewrite_local;
    const char *sender;
    const char *full_name;
    const char *content;
    const char *expected;
} contents[] = {
    {"a stranger's message stays as it is",           "",                                                           INTAKE_NETWORK, false, "s@x",              "",
     "From: bob\nTo : alice\n folded\nX: y\n\nbody\n.\n",                                                                                                                                                                                                    "From: bob\nTo: alice\n folded\nX: y\n\nbody\n.\n"                           },
    {"Bcc, Return-Path and Content-Length go",        "",                                                           INTAKE_NETWORK, false, "s@x",              "",
     "Bcc: x\n y\nFrom: bob\nRETURN-PATH: <a>\nContent-Length: 5\nResent-Bcc: z\nTo: a\n\nBcc: body\n",
     "From: bob\nTo: a\n\nBcc: body\n"                                                                                                                                                                                                                                                                                                     },
    {"what goes is configured",                       "message_drop_headers=X-Secret",                              INTAKE_NETWORK, false, "s@x",              "",
     "Bcc: x\nx-secret: 1\n\n",                                                                                                                                                                                                                              "Bcc: x\n\n"                                                                  },
    {"a local message is completed",                  "",                                                           INTAKE_LOCAL,   false, "bob",              "",                "Subject: s\n\nbody\n",
     "Subject: s\n" MESSAGE_ID "Date: " DATE "\nFrom: bob@orig.test\n\nbody\n"                                                                                                                                                                                                                                                             },
    {"a client of ours is served like a local one",   "",                                                           INTAKE_NETWORK, true,  "bob",              "",
     "Subject: s\n\nbody\n",                                                                                                                                                                                                                                 "Subject: s\n" MESSAGE_ID "Date: " DATE "\nFrom: bob@orig.test\n\nbody\n"     },
    {"forwarded mail is not",                         "",                                                           INTAKE_FORWARD, false, "bob",              "",                "Subject: s\n\nb\n",
     "Subject: s\n\nb\n"                                                                                                                                                                                                                                                                                                                   },
    {"always_add_missing_headers",                    "always_add_missing_headers=yes",                             INTAKE_NETWORK, false, "bob",
     "",                                                                                                                                                                          "Date:\n\nb\n",                                                            "Date:\n" MESSAGE_ID "From: bob@orig.test\n\nb\n"                             },
    {"short queue ids need a date in the message id", "enable_long_queue_ids=no",                                   INTAKE_LOCAL,
     false,                                                                                                                                "bob",              "",                "Date:\nFrom: x@y\n\nb\n",
     "Date:\nFrom: x@y\nMessage-Id: <20261123131815.QID@mail.test>\n\nb\n"                                                                                                                                                                                                                                                                 },
    {"the sender's name",                             "",                                                           INTAKE_LOCAL,   false, "bob",              "Bob Smith",
     "Date:\nMessage-Id: <1>\n\nb\n",                                                                                                                                                                                                                        "Date:\nMessage-Id: <1>\nFrom: Bob Smith <bob@orig.test>\n\nb\n"              },
    {"a name that must be quoted",                    "",                                                           INTAKE_LOCAL,   false, "bob",              "Bob \"x\" Smith",
     "Date:\nMessage-Id: <1>\n\nb\n",                                                                                                                                                                                                                        "Date:\nMessage-Id: <1>\nFrom: \"Bob \\\"x\\\" Smith\" <bob@orig.test>\n\nb\n"},
    {"header_from_format",                            "header_from_format=obsolete",                                INTAKE_LOCAL,   false, "bob",              "Bob (x)\n",
     "Date:\nMessage-Id: <1>\n\nb\n",                                                                                                                                                                                                                        "Date:\nMessage-Id: <1>\nFrom: bob@orig.test (Bob \\(x\\) )\n\nb\n"           },
    {"the null sender",                               "",                                                           INTAKE_LOCAL,   false, "",                 "",                "Date:\nMessage-Id: <1>\n\nb\n",
     "Date:\nMessage-Id: <1>\nFrom: MAILER-DAEMON\n\nb\n"                                                                                                                                                                                                                                                                                  },
    {"a resent message gets resent fields",           "",                                                           INTAKE_LOCAL,   false, "bob",              "",
     "Resent-To: r\nTo: alice\n\nb\n",                                                                                                                                                                                                                       "Resent-To: r@orig.test\nTo: alice@orig.test\nResent-Message-Id: <QID@mail.test>\n"
     "Resent-Date: " DATE "\nResent-From: bob@orig.test\n\nb\n"                                                                                                                                                                                                                                      },
    {"undisclosed_recipients_header",                 "undisclosed_recipients_header=To: undisclosed-recipients:;",
     INTAKE_LOCAL,                                                                                                                  false, "bob",              "",                "Date:\nMessage-Id: <1>\nFrom: x@y\nBcc: z\n\nb\n",
     "Date:\nMessage-Id: <1>\nFrom: x@y\nTo: undisclosed-recipients:;\n\nb\n"                                                                                                                                                                                                                                                              },
    {"addresses are completed in place",              "",                                                           INTAKE_LOCAL,   false, "bob",              "",
     "Date:\nMessage-Id: <1>\nFrom: Bob <bob>\nTo: alice, \"Al B\" <b@c>, x (com ment), g: m1, m2;\n"
     "Cc: d\n , <e>\nX-To: alice\nReply-To: \"q s\"\n\nb\n",                                                                                                                                                                                                 "Date:\nMessage-Id: <1>\nFrom: Bob <bob@orig.test>\n"
     "To: alice@orig.test, \"Al B\" <b@c>, x@orig.test (com ment),\n\tg: m1@orig.test, m2@orig.test;\n"
     "Cc: d@orig.test, <e@orig.test>\nX-To: alice\nReply-To: \"q s\"@orig.test\n\nb\n"                                                                                                                                                                                      },
    {"remote_header_rewrite_domain",                  "remote_header_rewrite_domain=domain.invalid",                INTAKE_NETWORK,
     false,                                                                                                                                "bob@x",            "",                "Date:\nMessage-Id: <1>\nFrom: bob\nTo: a@b\n\nb\n",
     "Date:\nMessage-Id: <1>\nFrom: bob@domain.invalid\nTo: a@b\n\nb\n"                                                                                                                                                                                                                                                                    },
    {"canonical maps tell senders from recipients",
     "sender_canonical_maps=inline:{s@orig.test=sender@x}\n"
     "recipient_canonical_maps=inline:{s@orig.test=rcpt@x}",                                                        INTAKE_LOCAL,   false, "bob",              "",
     "Date:\nMessage-Id: <1>\nFrom: s\nSender: s\nErrors-To: s\nResent-Reply-To: s\nTo: s\n"
     "Apparently-To: s\nMail-Reply-To: s\nResent-From: s\nResent-Date:\nResent-Message-Id: 2\n\nb\n",
     "Date:\nMessage-Id: <1>\nFrom: sender@x\nSender: sender@x\nErrors-To: sender@x\n"
     "Resent-Reply-To: rcpt@x\nTo: rcpt@x\nApparently-To: rcpt@x\nMail-Reply-To: s\n"
     "Resent-From: sender@x\nResent-Date:\nResent-Message-Id: 2\n\nb\n"                                                                                                                                                                                                                                                                    },
    {"masquerading",
     "masquerade_domains=!keep.host.com host.com other.com\nmasquerade_exceptions=root",                            INTAKE_LOCAL,   false, "bob@a.b.host.com", "",
     "Date:\nMessage-Id: <1>\nTo: a@x.host.com, root@x.host.com, b@y.keep.host.com, c@host.com,"
     " d@xhost.com\n\nb\n",                                                                                                                                                                                                                                  "Date:\nMessage-Id: <1>\nTo: a@host.com, root@x.host.com, b@y.keep.host.com, c@host.com,\n"
     "\td@xhost.com\nFrom: bob@host.com\n\nb\n"                                                                                                                                                                                                                                                                  },
    {"a first line that is no field",                 "",                                                           INTAKE_LOCAL,   false, "bob@x",            "",                "hello\n\nbody\n",
     MESSAGE_ID "Date: " DATE "\nFrom: bob@x\n\nhello\n\nbody\n"                                                                                                                                                                                                                                                                           },
    {"a header that ends without an empty line",      "",                                                           INTAKE_NETWORK, false, "s@x",              "",
     "A: b\nno field\nC: d\n",                                                                                                                                                                                                                               "A: b\n\nno field\nC: d\n"                                                    },
    {"no body at all",                                "",                                                           INTAKE_LOCAL,   false, "bob@x",            "",                "Date:\nMessage-Id: <1>\nSubject: x",
     "Date:\nMessage-Id: <1>\nSubject: x\nFrom: bob@x\n"                                                                                                                                                                                                                                                                                   },
    {"nothing at all",                                "",                                                           INTAKE_NETWORK, false, "s@x",              "",                "",                                                                        ""                                                                            },
    {"an empty header",                               "",                                                           INTAKE_NETWORK, false, "s@x",              "",                "\nbody\n",                                                                "\nbody\n"                                                                    },
    {"stray carriage returns",                        "",                                                           INTAKE_NETWORK, false, "s@x",              "",                "A: b\rc\n\n\r.\r\nx\n",
     "A: b c\n\n . \nx\n"                                                                                                                                                                                                                                                                                                                  },
    {"stray carriage returns that shall stay",        "cleanup_replace_stray_cr_lf=no",                             INTAKE_NETWORK,
     false,                                                                                                                                "s@x",              "",                "A: b\rc\n\n\r.\r\nx\n",                                                   "A: b\rc\n\n\r.\r\nx\n"                                                       },
    {"a field past header_size_limit is cut",         "header_size_limit=20",                                       INTAKE_NETWORK, false, "s@x",
     "",                                                                                                                                                                          "A: 1\nB: 23456789012345678901234567890\n more\n\tand more\nC: 2\n\nb\n",
     "A: 1\nB: 23456789012345678\nC: 2\n\nb\n"                                                                                                                                                                                                                                                                                             },
    {"a field past header_size_limit in its fold",    "header_size_limit=20",                                       INTAKE_NETWORK, false,
     "s@x",                                                                                                                                                    "",                "B: 2345678901\n 4567890123456\nBcc: 2345678901234567890\nC: 2\n\nb\n",
     "B: 2345678901\n 45678\nC: 2\n\nb\n"                                                                                                                                                                                                                                                                                                  },
    {"a long line without a colon is no field",       "header_size_limit=20",                                       INTAKE_NETWORK, false,
     "s@x",                                                                                                                                                    "",                "A: 1\nBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\n\nb\n",
     "A: 1\n\nBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB\n\nb\n"                                                                                                                                                                                                                                                           },
};

static void assert_content(const char *queue_id, const char *expected)
{
    struct arena *arena = arena_create();
    struct queue_envelope envelope;
    struct error err = {0};
    int fd = open_queue_file(queue_id);
    const char *place;
    char *content;

    assert_true(queue_file_read(fd, arena, &envelope, &err));
    content = arena_alloc(arena, (size_t)envelope.content_size + 1);
    assert_true(
        pread_all(fd, content, (size_t)envelope.content_size, (off_t)envelope.content_offset));
    place = strstr(expected, "QID");
    if (place != NULL)
        expected =
            arena_printf(arena, "%.*s%s%s", (int)(place - expected), expected, queue_id, place + 3);
    assert_string_equal(content, expected);
    close(fd);
    arena_free(&arena);
}

/* In one block, and octet by octet. */
static void content(void **state)
{
    const struct content_case *c = *state;
    const struct intake_request request = {
        .origin = c->origin,
        .rewrite_local = c->rewrite_local || c->origin == INTAKE_LOCAL,
        .sender = c->sender,
        .full_name = c->full_name,
        .arrival = {.tv_sec = ARRIVAL},
    };
    const struct queue_recipient recipient = {.address = "r@x"};
    struct config *config = start(c->config);

    for (size_t block = 1; block < 100000; block += 99998) {
        struct intake_outcome outcome =
            hand_in(&request, &recipient, 1, span_text(c->content), block);

        assert_true(outcome.committed);
        assert_content(outcome.queue_id, c->expected);
        arena_reset(message.arena);
    }
    stop(config);
}

/* --- envelope ----------------------------------------------------------------------------------------- */

#define ALIASES                                                                                    \
    "virtual_alias_maps=inline:{{multi@v.test=a@x.test,b@x.test,a@x.test} {one@v.test=a@x.test} "  \
    "{self@v.test=self@v.test,c@x.test} {two@v.test=a@x.test}}\nrecipient_delimiter=+"
#define COPIES                                                                                     \
    "\nsender_bcc_maps=inline:{bob@orig.test=bccs@x.test}\nalways_bcc=always\n"                    \
    "recipient_bcc_maps=inline:{{one@v.test=bccr@x.test} {a@x.test=bcca@x.test}}"

static const struct envelope_case {
    const char *name;
    const char *config;
    enum intake_origin origin;
    const char *sender;
    const char *recipients; /* separated by spaces */
    const char *expected;   /* sender, then address, original, ORCPT, NOTIFY of each recipient */
} envelopes[] = {
    {"addresses are completed",                                    "",                                       INTAKE_NETWORK,  "bob", "alice c@x",
     "bob@orig.test alice@orig.test,alice,rfc822;alice,0 c@x,c@x,rfc822;c@x,0"                                                                                 },
    {"of local mail the completed address is the first one known", "",                                       INTAKE_LOCAL,    "bob", "alice",
     "bob@orig.test alice@orig.test,alice,rfc822;alice@orig.test,0"                                                                                            },
    {"each address once, without case",                            "",                                       INTAKE_NETWORK,  "",    "a@x A@X a@x",
     " a@x,a@x,rfc822;a@x,0"                                                                                                                                   },
    {"the filter remembers duplicate_filter_limit addresses",      "duplicate_filter_limit=1",
     INTAKE_NETWORK,                                                                                                          "",    "a@x b@x a@x b@x",
     " a@x,a@x,rfc822;a@x,0 b@x,b@x,rfc822;b@x,0 b@x,b@x,rfc822;b@x,0"                                                                                         },
    {"the null recipient",                                         "",                                       INTAKE_NETWORK,  "s@x", "\"\"",
     "s@x MAILER-DAEMON@orig.test,,rfc822;,0"                                                                                                                  },
    {"virtual aliases, who is who by the original recipient",      ALIASES,                                  INTAKE_NETWORK,  "s@x",
     "multi@v.test one@v.test self@v.test two+ext@v.test",                                                                                                      "s@x a@x.test,multi@v.test,rfc822;multi@v.test,0 b@x.test,multi@v.test,rfc822;multi@v.test,0"
     " a@x.test,one@v.test,rfc822;one@v.test,0 self@v.test,self@v.test,rfc822;self@v.test,0"
     " c@x.test,self@v.test,rfc822;self@v.test,0 a+ext@x.test,two+ext@v.test,rfc822;two+ext@v.test,0"},
    {"virtual aliases without the original recipient",             ALIASES "\nenable_original_recipient=no",
     INTAKE_NETWORK,                                                                                                          "s@x", "multi@v.test one@v.test",
     "s@x a@x.test,multi@v.test,rfc822;multi@v.test,0 b@x.test,multi@v.test,rfc822;multi@v.test,0"                                                             },
    {"blind copies",                                               ALIASES COPIES,                           INTAKE_NETWORK,  "bob", "one@v.test multi@v.test",
     "bob@orig.test bccs@x.test,bccs@x.test,,1 a@x.test,one@v.test,rfc822;one@v.test,0"
     " bccr@x.test,bccr@x.test,,1 a@x.test,multi@v.test,rfc822;multi@v.test,0"
     " b@x.test,multi@v.test,rfc822;multi@v.test,0 always@orig.test,always@orig.test,,1"                                                                       },
    {"no blind copies of notices",                                 ALIASES COPIES,                           INTAKE_INTERNAL, "bob", "one@v.test",
     "bob@orig.test a@x.test,one@v.test,rfc822;one@v.test,0"                                                                                                   },
    {"nor of what is forwarded",                                   ALIASES COPIES,                           INTAKE_FORWARD,  "bob", "one@v.test",
     "bob@orig.test a@x.test,one@v.test,rfc822;one@v.test,0"                                                                                                   },
    {"canonical recipients before aliases",
     ALIASES "\nrecipient_canonical_maps=inline:{c@x=one@v.test}",                                           INTAKE_NETWORK,  "s@x", "c@x",
     "s@x a@x.test,c@x,rfc822;c@x,0"                                                                                                                           },
};

static size_t make_recipients(struct strlist *addresses, const char *text,
                              struct queue_recipient recipients[8])
{
    strlist_split(addresses, text, " ");
    for (size_t i = 0; i < addresses->count; i++) {
        if (strcmp(addresses->items[i], "\"\"") == 0)
            addresses->items[i][0] = '\0';
        recipients[i] = (struct queue_recipient){.address = addresses->items[i]};
    }
    return addresses->count;
}

static void envelope(void **state)
{
    const struct envelope_case *c = *state;
    const struct intake_request request = {.origin = c->origin, .sender = c->sender};
    struct queue_recipient recipients[8] = {{0}};
    struct strlist addresses = STRLIST_EMPTY;
    size_t count = make_recipients(&addresses, c->recipients, recipients);
    struct config *config = start(c->config);
    struct intake_outcome outcome =
        hand_in(&request, recipients, count, SPAN_LITERAL("A: b\n\n"), 100);
    struct queue_envelope read;
    struct error err = {0};
    int fd = open_queue_file(outcome.queue_id);
    struct buf seen = BUF(4096);

    assert_true(outcome.committed);
    assert_true(queue_file_read(fd, message.arena, &read, &err));
    buf_put_text(&seen, read.sender);
    for (size_t i = 0; i < read.recipient_count; i++)
        buf_put_printf(&seen, " %s,%s,%s,%u", read.recipients[i].address,
                       read.recipients[i].original, read.recipients[i].dsn_orcpt,
                       (unsigned)read.recipients[i].dsn_notify);
    assert_string_equal(buf_text(&seen), c->expected);
    close(fd);
    buf_release(&seen);
    strlist_release(&addresses);
    stop(config);
}

/* --- refusals ----------------------------------------------------------------------------------------- */

static const struct refusal_case {
    const char *name;
    const char *config;
    enum intake_origin origin;
    const char *recipient; /* NULL: none */
    const char *content;
    const char *status; /* NULL: taken, and `text` is why qmgr shall return it; NULL: not at all */
    const char *text;
} refusals[] = {
    {"one hop less than too many",                  "hopcount_limit=3",                INTAKE_NETWORK, "r@x",
     "Received: 1\nreceived: 2\n\nReceived: body\n",                                                                                      NULL,    NULL                             },
    {"too many hops",                               "hopcount_limit=3",                INTAKE_NETWORK, "r@x",
     "Received: 1\nreceived: 2\nX: y\nRECEIVED: 3\n\nb\n",                                                                                "5.4.0", "Error: too many hops"           },
    {"just as large as may be",                     "message_size_limit=20",           INTAKE_NETWORK, "r@x",
     "A: b\n\n1234567890123\n",                                                                                                           NULL,    NULL                             },
    {"one octet too large",                         "message_size_limit=20",           INTAKE_NETWORK, "r@x",
     "A: b\n\n12345678901234\n",                                                                                                          "5.3.4", "Error: message file too big"    },
    {"no limit",                                    "message_size_limit=0",            INTAKE_NETWORK, "r@x", "A: b\n\n12345678901234\n", NULL,
     NULL                                                                                                                                                                           },
    {"no recipients",                               "",                                INTAKE_NETWORK, NULL,  "A: b\n\n",                 "5.1.0",
     "Error: no recipients specified"                                                                                                                                               },
    {"aliases that cannot be asked",                "virtual_alias_maps=fail:aliases", INTAKE_NETWORK, "r@x",
     "A: b\n\n",                                                                                                                          "4.3.0", "Error: temporary lookup failure"},
    {"aliases that cannot be asked, local mail",    "virtual_alias_maps=fail:aliases", INTAKE_LOCAL,
     "r@x",                                                                                                   "A: b\n\n",                 "4.3.0", "Error: temporary lookup failure"},
    {"canonical maps that cannot be asked",         "canonical_maps=fail:canonical",   INTAKE_NETWORK, "r@x",
     "A: b\n\n",                                                                                                                          "4.3.0", "Error: temporary lookup failure"},
    {"canonical maps that fail for a header alone",
     "canonical_maps=fail:canonical\ncanonical_classes=header_recipient",              INTAKE_LOCAL,   "r@x",
     "To: a@b\n\n",                                                                                                                       "4.3.0", "Error: temporary lookup failure"},
    {"bcc maps that cannot be asked",               "recipient_bcc_maps=fail:bcc",     INTAKE_NETWORK, "r@x",
     "A: b\n\n",                                                                                                                          "4.3.0", "Error: temporary lookup failure"},
    {"too many hops of local mail: returned",       "hopcount_limit=1",                INTAKE_LOCAL,   "r@x",
     "Received: 1\n\nb\n",                                                                                                                NULL,    "5.4.0 too many hops"            },
    {"local mail that is too large: returned",      "message_size_limit=20",           INTAKE_LOCAL,   "r@x",
     "Date:\nFrom: a@b\nMessage-Id: <1>\n\n1234567890123\n",                                                                              NULL,    "5.3.4 message file too big"     },
    {"local mail to nobody cannot be returned",     "",                                INTAKE_LOCAL,   NULL,  "A: b\n\n",                 "5.1.0",
     "Error: no recipients specified"                                                                                                                                               },
};

static void assert_returned(const char *queue_id, const char *reason)
{
    struct queue_envelope read;
    struct error err = {0};
    int fd = open_queue_file(queue_id);
    const char *found;

    assert_true(queue_file_read(fd, message.arena, &read, &err));
    found = queue_attribute_value(&read, QUEUE_ATTRIBUTE_REFUSED);
    if (reason == NULL)
        assert_null(found);
    else
        assert_string_equal(found, reason);
    close(fd);
}

static void refusal(void **state)
{
    const struct refusal_case *c = *state;
    const struct intake_request request = {
        .origin = c->origin, .rewrite_local = c->origin == INTAKE_LOCAL, .sender = "s@x"};
    const struct queue_recipient recipient = {.address = c->recipient};
    struct config *config = start(c->config);

    for (size_t block = 1; block < 1000; block += 998) {
        struct intake_outcome outcome = hand_in(&request, &recipient, c->recipient == NULL ? 0 : 1,
                                                span_text(c->content), block);

        assert_int_equal(outcome.committed, c->status == NULL);
        if (outcome.committed) {
            assert_returned(outcome.queue_id, c->text);
        } else {
            assert_string_equal(outcome.status, c->status);
            assert_string_equal(outcome.text, c->text);
            assert_int_equal(open_queue_file(outcome.queue_id), -1);
        }
        arena_reset(message.arena);
    }
    stop(config);
}

int main(void)
{
    struct CMUnitTest
        tests[ARRAY_LENGTH(contents) + ARRAY_LENGTH(envelopes) + ARRAY_LENGTH(refusals)] = {{0}};
    size_t count = 0;
    char command[64];
    char path[64];
    int failed;

    setenv("TZ", "UTC0", 1);
    if (mkdtemp(spool_path) == NULL || (spool = open(spool_path, O_RDONLY | O_DIRECTORY)) < 0)
        return 1;
    snprintf(path, sizeof(path), "%s/main.cf", spool_path);
    close(open(path, O_CREAT | O_WRONLY, 0600));
    UNIT_ADD_ROWS(tests, count, contents, content);
    UNIT_ADD_ROWS(tests, count, envelopes, envelope);
    UNIT_ADD_ROWS(tests, count, refusals, refusal);
    failed = unit_run("cleanup_message", tests, count);
    snprintf(command, sizeof(command), "rm -rf %s", spool_path);
    return system(command) != 0 || failed != 0;
}
