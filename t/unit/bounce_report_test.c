/* Notifications: who is told of what, and the text of reports. */
#include "t/unit/unit.h"

#include "bounce/report.h"
#include "bounce/rules.h"

static struct config config = {
    .myhostname = "mail.example.test",
    .myorigin = "example.test",
    .mail_name = "buzon",
    .double_bounce_sender = "double-bounce",
    .bounce_notice_recipient = "postmaster",
    .twobounce_notice_recipient = "two@example.test",
    .delay_notice_recipient = "late@example.test",
    .bounce_size_limit = 50000,
    .delay_warning_time = 7200,
    .maximal_queue_lifetime = 5 * 86400,
};

/* --- rules -------------------------------------------------------------------------------------------------- */

static const struct rules_case {
    const char *name;
    enum notice_kind kind;
    const char *sender, *classes;
    const char *reports; /* "audience sender recipient;" of each */
} rules_cases[] = {
    {"rules: a sender is told of failure",                  NOTICE_FAILURE, "a@b.test", "resource, software",
     "sender <> <a@b.test>;"                                                                                                             },
    {"rules: the postmaster gets a copy when he wants one", NOTICE_FAILURE, "a@b.test", "bounce",
     "sender <> <a@b.test>;postmaster <double-bounce@mail.example.test> <postmaster@example.test>;"                                      },
    {"rules: nobody is told that a bounce failed",          NOTICE_FAILURE, "",         "resource, software",     ""                     },
    {"rules: but a postmaster who wants double bounces",    NOTICE_FAILURE, "",         "2bounce, bounce",
     "postmaster <double-bounce@mail.example.test> <two@example.test>;"                                                                  },
    {"rules: of bounces alone he gets no double ones",      NOTICE_FAILURE, "",         "bounce",                 ""                     },
    {"rules: what the postmaster cannot get ends there",    NOTICE_FAILURE,
     "Double-Bounce@mail.example.test",                                                 "bounce, 2bounce, delay", ""                     },
    {"rules: a sender is told of delay",                    NOTICE_DELAY,   "a@b.test", "",                       "sender <> <a@b.test>;"},
    {"rules: and the postmaster who wants to know",         NOTICE_DELAY,   "a@b.test", "delay",
     "sender <> <a@b.test>;postmaster <double-bounce@mail.example.test> <late@example.test>;"                                            },
    {"rules: nobody is told that a bounce is late",         NOTICE_DELAY,   "",         "bounce",                 ""                     },
    {"rules: success is the sender's alone",                NOTICE_SUCCESS, "a@b.test", "bounce delay 2bounce",
     "sender <> <a@b.test>;"                                                                                                             },
};

static void apply_rules(void **state)
{
    const struct rules_case *c = *state;
    struct config ours = config;
    struct notice notice = {.kind = c->kind, .sender = c->sender, .queue_id = "4Zk1Qw2bYzz1"};
    struct report reports[REPORTS_MAX];
    struct arena *arena = arena_create();
    struct buf got = BUF(10000);
    size_t count;

    ours.notify_classes = c->classes;
    count = rules_apply(&ours, arena, &notice, reports);
    for (size_t i = 0; i < count; i++)
        buf_put_printf(&got, "%s <%s> <%s>;",
                       reports[i].audience == AUDIENCE_SENDER ? "sender" : "postmaster",
                       reports[i].sender, reports[i].recipient);
    assert_string_equal(buf_text(&got), c->reports);
    buf_release(&got);
    arena_free(&arena);
}

/* --- text ---------------------------------------------------------------------------------------------------- */

static struct notice_recipient recipients[] = {
    {.address = "a b@example.net",
     .original = "list@example.test",
     .dsn_orcpt = "rfc822;list@example.test",
     .status = "5.1.1",
     .remote_mta = "dns; mx.example.net",
     .text = "host mx.example.net[198.51.100.4] said: 550 5.1.1 no such user here, and there never "
             "was one (in reply to RCPT TO command)", .diagnostic = "smtp; 550 5.1.1 no such user",
     .action_address = ""             },
    {.address = "c@example.net",
     .original = "c@example.net",
     .dsn_orcpt = "",
     .status = "5.0.0",
     .remote_mta = "",
     .text = "bad\r\n\noctets \x01\xff here",
     .diagnostic = "",
     .action_address = "d@example.org"},
};

static const struct notice failure = {
    .kind = NOTICE_FAILURE,
    .queue_id = "4Zk1Qw2bYzz1",
    .sender = "s@example.test",
    .dsn_envid = "abc",
    .arrival_us = UINT64_C(1795439320) * 1000000,
    .content_size = 100,
    .recipients = recipients,
    .recipient_count = ARRAY_LENGTH(recipients),
};

static const char *look_up(void *context UNUSED, const char *name)
{
    if (strcmp(name, "myhostname") == 0)
        return config.myhostname;
    if (strcmp(name, "delay_warning_time") == 0)
        return "2h";
    return strcmp(name, "maximal_queue_lifetime") == 0 ? "5d" : NULL;
}

/* What a report is, with "[message]" where the message goes. */
static char *text_of(const struct notice *notice, enum report_audience audience)
{
    struct arena *arena = arena_create();
    struct buf text = BUF(100000);
    struct buf explanation = BUF(10000);
    const struct bounce_templates templates = bounce_templates_builtin();
    const struct bounce_template *words = &templates.items[notice->kind];
    struct report report = {
        .config = &config,
        .notice = notice,
        .words = words,
        .audience = audience,
        .sender = "",
        .recipient = "s@example.test",
        .queue_id = "4Zk1Qw2bYzz2",
        .now = 1795439324,
    };

    assert_true(bounce_template_expand(words, look_up, NULL, &explanation, NULL));
    report.explanation = buf_text(&explanation);
    report_start(&text, arena, &report);
    buf_put_text(&text, "[message]\n");
    report_end(&text, &report);
    buf_release(&explanation);
    arena_free(&arena);
    return buf_take(&text);
}

static const char whole_failure[] =
    "Received: by mail.example.test (buzon)\n"
    "\tid 4Zk1Qw2bYzz2; Mon, 23 Nov 2026 13:08:44 +0000 (UTC)\n"
    "Date: Mon, 23 Nov 2026 13:08:44 +0000 (UTC)\n"
    "From: Mail Delivery System <MAILER-DAEMON>\n"
    "Subject: Undelivered Mail Returned to Sender\n"
    "To: s@example.test\n"
    "Auto-Submitted: auto-replied\n"
    "MIME-Version: 1.0\n"
    "Content-Type: multipart/report; report-type=delivery-status;\n"
    "\tboundary=\"4Zk1Qw2bYzz1.1795439324/mail.example.test\"\n"
    "Content-Transfer-Encoding: 8bit\n"
    "\n"
    "This is a MIME-encapsulated message.\n"
    "\n"
    "--4Zk1Qw2bYzz1.1795439324/mail.example.test\n"
    "Content-Description: Notification\n"
    "Content-Type: text/plain; charset=utf-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "\n"
    "This is the mail system at host mail.example.test.\n"
    "\n"
    "Your message did not reach the recipients below; the reason stands behind\n"
    "each of them. Nothing more will be tried for them. What you sent is attached\n"
    "to this report, or, when it is large, only its header.\n"
    "\n"
    "If the reason does not tell you what to do, ask your postmaster, and pass on\n"
    "this report; the attached message is not needed for that.\n"
    "\n"
    "                   The mail system\n"
    "\n"
    "<\"a b\"@example.net> (expanded from <list@example.test>): host\n"
    "    mx.example.net[198.51.100.4] said: 550 5.1.1 no such user here, and there\n"
    "    never was one (in reply to RCPT TO command)\n"
    "\n"
    "<d@example.org> (expanded from <c@example.net>): bad octets ?? here\n"
    "\n"
    "--4Zk1Qw2bYzz1.1795439324/mail.example.test\n"
    "Content-Description: Delivery report\n"
    "Content-Type: message/delivery-status\n"
    "\n"
    "Reporting-MTA: dns; mail.example.test\n"
    "Original-Envelope-Id: abc\n"
    "X-buzon-Queue-ID: 4Zk1Qw2bYzz1\n"
    "X-buzon-Sender: rfc822; s@example.test\n"
    "Arrival-Date: Mon, 23 Nov 2026 13:08:40 +0000 (UTC)\n"
    "\n"
    "Final-Recipient: rfc822; \"a b\"@example.net\n"
    "Original-Recipient: rfc822;list@example.test\n"
    "Action: failed\n"
    "Status: 5.1.1\n"
    "Remote-MTA: dns; mx.example.net\n"
    "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
    "\n"
    "Final-Recipient: rfc822; d@example.org\n"
    "Original-Recipient: rfc822; c@example.net\n"
    "Action: failed\n"
    "Status: 5.0.0\n"
    "Diagnostic-Code: X-buzon; bad octets ?? here\n"
    "\n"
    "--4Zk1Qw2bYzz1.1795439324/mail.example.test\n"
    "Content-Description: Undelivered Message\n"
    "Content-Type: message/rfc822\n"
    "Content-Transfer-Encoding: 8bit\n"
    "\n"
    "Return-Path: <s@example.test>\n"
    "[message]\n"
    "\n"
    "--4Zk1Qw2bYzz1.1795439324/mail.example.test--\n";

static void a_failure_to_the_letter(void **state UNUSED)
{
    char *text = text_of(&failure, AUDIENCE_SENDER);

    assert_string_equal(text, whole_failure);
    mem_free(text);
}

static const struct text_case {
    const char *name;
    enum notice_kind kind;
    enum report_audience audience;
    char dsn_ret;
    uint64_t size, flags, action;
    const char *has, *lacks;
} text_cases[] = {
    {"text: RET=HDRS returns the header",        NOTICE_FAILURE, AUDIENCE_SENDER,     'H', 100,   0,              0,
     "Content-Type: text/rfc822-headers\n",                                                                                                                        "message/rfc822"         },
    {"text: so does a large message",            NOTICE_FAILURE, AUDIENCE_SENDER,     'F', 50001, 0,              0,
     "Content-Description: Undelivered Message Headers\n",                                                                                                         "message/rfc822"         },
    {"text: one at the limit is returned whole", NOTICE_FAILURE, AUDIENCE_SENDER,     0,   50000, 0,              0,
     "Content-Type: message/rfc822\n",                                                                                                                             "rfc822-headers"         },
    {"text: the postmaster gets the header",     NOTICE_FAILURE, AUDIENCE_POSTMASTER, 0,   100,   0,              0,
     "Content-Type: text/rfc822-headers\n",                                                                                                                        "message/rfc822"         },
    {"text: and no explanation",                 NOTICE_FAILURE, AUDIENCE_POSTMASTER, 0,   100,   0,              0,
     "Subject: Postmaster Copy: Undelivered Mail\n",                                                                                                               "This is the mail system"},
    {"text: a copy is not a reply",              NOTICE_FAILURE, AUDIENCE_POSTMASTER, 0,   100,   0,              0,
     "Auto-Submitted: auto-generated\n",                                                                                                                           "auto-replied"           },
    {"text: a delay says until when",            NOTICE_DELAY,   AUDIENCE_SENDER,     0,   100,   0,              0,
     "Action: delayed\nStatus: 5.1.1\nRemote-MTA: dns; mx.example.net\n"
     "Diagnostic-Code: smtp; 550 5.1.1 no such user\n"
     "Will-Retry-Until: Sat, 28 Nov 2026 13:08:40 +0000 (UTC)\n",                                                                                                  "failed"                 },
    {"text: and how long it has lasted",         NOTICE_DELAY,   AUDIENCE_SENDER,     0,   100,   0,              0,
     "more than 2 hour(s). Delivery will be tried again until it is 5 day(s) old.\n",                                                                              "Undelivered Mail"       },
    {"text: a delivery",                         NOTICE_SUCCESS, AUDIENCE_SENDER,     0,   100,   0,              DELIVERY_ACTION_DELIVERED,
     "Action: delivered\n",                                                                                                                                        "Undelivered"            },
    {"text: a relayed message",                  NOTICE_SUCCESS, AUDIENCE_SENDER,     0,   100,   0,              DELIVERY_ACTION_RELAYED,
     "Action: relayed\n",                                                                                                                                          "Undelivered"            },
    {"text: an expanded alias",                  NOTICE_SUCCESS, AUDIENCE_SENDER,     0,   100,   0,
     DELIVERY_ACTION_EXPANDED,                                                                                                               "Action: expanded\n", "Undelivered"            },
    {"text: of an SMTPUTF8 message",             NOTICE_FAILURE, AUDIENCE_SENDER,     0,   100,   QUEUE_SMTPUTF8, 0,
     "Content-Type: message/global\n",                                                                                                                             "message/rfc822"         },
    {"text: with its own fields",                NOTICE_FAILURE, AUDIENCE_SENDER,     0,   100,   QUEUE_SMTPUTF8, 0,
     "Content-Type: message/global-delivery-status\n",                                                                                                             "Final-Recipient: rfc822"},
};

static void check_text(void **state)
{
    const struct text_case *c = *state;
    struct notice notice = failure;
    char *text;

    notice.kind = c->kind;
    notice.dsn_ret = (unsigned char)c->dsn_ret;
    notice.content_size = c->size;
    notice.flags = c->flags;
    recipients[0].action = c->action;
    text = text_of(&notice, c->audience);
    if (strstr(text, c->has) == NULL)
        fail_msg("lacks \"%s\":\n%s", c->has, text);
    if (strstr(text, c->lacks) != NULL)
        fail_msg("has \"%s\":\n%s", c->lacks, text);
    mem_free(text);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(rules_cases) + ARRAY_LENGTH(text_cases) + 1];
    const struct CMUnitTest letter = cmocka_unit_test(a_failure_to_the_letter);
    size_t used = 0;

    setenv("TZ", "UTC", 1);
    UNIT_ADD_ROWS(tests, used, rules_cases, apply_rules);
    UNIT_ADD_ROWS(tests, used, text_cases, check_text);
    tests[used++] = letter;
    return unit_run("bounce_report", tests, used);
}
