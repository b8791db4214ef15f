/* MAIL and RCPT with the parameters that a server understands. */
#include "t/unit/unit.h"

#include "smtp/command.h"

#define ALL (FEATURE_SIZE | FEATURE_8BITMIME | FEATURE_DSN)

static const struct settings settings = {.quote_addresses = true};

static const struct mail_case {
    const char *name;
    unsigned features;
    struct delivery_request request;
    const char *command;
} mails[] = {
    {"a plain server",
     0,   {.sender = "a@b.test",
      .content_size = 9,
      .flags = QUEUE_EIGHT_BIT,
      .dsn_ret = 'F',
      .dsn_envid = "x"},
     "MAIL FROM:<a@b.test>"                                                        },
    {"the null sender",
     ALL, {.sender = "", .content_size = 9, .dsn_envid = ""},
     "MAIL FROM:<> SIZE=9"                                                         },
    {"everything",
     ALL, {.sender = "a b@c.test",
      .content_size = 9,
      .flags = QUEUE_BODY_8BITMIME,
      .dsn_ret = 'H',
      .dsn_envid = "a+b=c d"},
     "MAIL FROM:<\"a b\"@c.test> SIZE=9 BODY=8BITMIME RET=HDRS ENVID=a+2Bb+3Dc+20d"},
};

static const struct rcpt_case {
    const char *name;
    unsigned features;
    struct delivery_recipient recipient;
    const char *command;
} rcpts[] = {
    {"a plain server",
     0,                                           {"b@x.test", "o@x.test", "rfc822;p@x.test", NOTIFY_NEVER, 0},
     "RCPT TO:<b@x.test>"                                                                                                                      },
    {"nothing is known",                     ALL, {"b@x.test", "", "", NOTIFY_DEFAULT, 0},                                 "RCPT TO:<b@x.test>"},
    {"what the sender called the recipient",
     ALL,                                         {"b@x.test", "o p@x.test", "", NOTIFY_DEFAULT, 0},
     "RCPT TO:<b@x.test> ORCPT=rfc822;\"o+20p\"@x.test"                                                                                        },
    {"what the sender's host said",
     ALL,                                         {"b@x.test", "o@x.test", "x400;a=b+c", NOTIFY_NEVER, 0},
     "RCPT TO:<b@x.test> ORCPT=x400;a+3Db+2Bc NOTIFY=NEVER"                                                                                    },
    {"several notifications",
     ALL,                                         {"b@x.test", "", "", NOTIFY_SUCCESS | NOTIFY_FAILURE | NOTIFY_DELAY, 0},
     "RCPT TO:<b@x.test> NOTIFY=SUCCESS,FAILURE,DELAY"                                                                                         },
};

static void run_mail(void **state)
{
    const struct mail_case *c = *state;
    struct arena *arena = arena_create();

    assert_string_equal(command_mail(arena, &settings, c->features, &c->request), c->command);
    arena_free(&arena);
}

static void run_rcpt(void **state)
{
    const struct rcpt_case *c = *state;
    struct arena *arena = arena_create();

    assert_string_equal(command_rcpt(arena, &settings, c->features, &c->recipient), c->command);
    arena_free(&arena);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(mails) + ARRAY_LENGTH(rcpts)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, mails, run_mail);
    UNIT_ADD_ROWS(tests, used, rcpts, run_rcpt);
    return unit_run("smtp command", tests, used);
}
