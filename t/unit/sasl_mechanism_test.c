/* SASL mechanisms from the server's side: what is asked next, what is taken. SCRAM has a test of its own. */
#include "t/unit/unit.h"

#include "lib/sasl/mechanism.h"

#define NONE NULL /* the client sent no initial response */

static const struct mechanism_case {
    const char *name;
    const char *mechanism;
    const char *responses[3]; /* NUL is written as '|' */
    enum sasl_step last;
    const char *challenge, *authzid, *user, *password;
} cases[] = {
    {"PLAIN with an initial response",
     "PLAIN",                                                 {"|ana|secret"},
     SASL_STEP_PASSWORD,                                                                                                                             NULL,
     "",                                                                                                                                                                  "ana",
     "secret"                                                                                                                                                                         },
    {"PLAIN without one is asked for it",
     "PLAIN",                                                 {NONE},
     SASL_STEP_CHALLENGE,                                                                                                                            "",
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"PLAIN with an identity to act as",
     "PLAIN",                                                 {"luis|ana|secret"},
     SASL_STEP_PASSWORD,                                                                                                                             NULL,
     "luis",                                                                                                                                                              "ana",
     "secret"                                                                                                                                                                         },
    {"PLAIN without a password",                  "PLAIN",    {"|ana|"},                                                        SASL_STEP_MALFORMED, NULL,        NULL,   NULL,   NULL},
    {"PLAIN without a user",                      "PLAIN",    {"||secret"},                                                     SASL_STEP_MALFORMED, NULL,        NULL,   NULL,   NULL},
    {"PLAIN with one part too many",
     "PLAIN",                                                 {"|ana|secret|x"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"PLAIN with one part too few",
     "PLAIN",                                                 {"ana|secret"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"an empty PLAIN response",                   "PLAIN",    {""},                                                             SASL_STEP_MALFORMED, NULL,        NULL,   NULL,   NULL},
    {"LOGIN asks for the user",
     "login",                                                 {NONE},
     SASL_STEP_CHALLENGE,                                                                                                                            "Username:",
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"LOGIN then asks for the password",
     "LOGIN",                                                 {NONE, "ana"},
     SASL_STEP_CHALLENGE,                                                                                                                            "Password:",
     NULL,                                                                                                                                                                "ana",
     NULL                                                                                                                                                                             },
    {"LOGIN has both in the end",
     "LOGIN",                                                 {NONE, "ana", "secret"},
     SASL_STEP_PASSWORD,                                                                                                                             NULL,
     "",                                                                                                                                                                  "ana",
     "secret"                                                                                                                                                                         },
    {"LOGIN takes the user as initial response",
     "LOGIN",                                                 {"ana", "secret"},
     SASL_STEP_PASSWORD,                                                                                                                             NULL,
     "",                                                                                                                                                                  "ana",
     "secret"                                                                                                                                                                         },
    {"LOGIN with an empty user",                  "LOGIN",    {NONE, ""},                                                       SASL_STEP_MALFORMED, NULL,        NULL,   NULL,   NULL},
    {"EXTERNAL as oneself",                       "EXTERNAL", {""},                                                             SASL_STEP_IDENTITY,  NULL,        "",     "cert", NULL},
    {"EXTERNAL as another",                       "EXTERNAL", {"luis"},                                                         SASL_STEP_IDENTITY,  NULL,        "luis", "cert", NULL},
    {"CRAM-MD5 wants no initial response",
     "CRAM-MD5",                                              {"ana"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"CRAM-MD5 has user and digest",
     "CRAM-MD5",                                              {NONE, "a na 00112233445566778899aabbccddeeff"},
     SASL_STEP_SECRET,                                                                                                                               NULL,
     "",                                                                                                                                                                  "a na",
     NULL                                                                                                                                                                             },
    {"CRAM-MD5 with too short a digest",
     "CRAM-MD5",                                              {NONE, "ana 0011"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"CRAM-MD5 with no user",
     "CRAM-MD5",                                              {NONE, " 00112233445566778899aabbccddeeff"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"OAUTHBEARER with a token",
     "OAUTHBEARER",                                           {"n,a=ana,\001host=x\001port=993\001auth=Bearer tok.en\001\001"},
     SASL_STEP_TOKEN,                                                                                                                                NULL,
     "",                                                                                                                                                                  "ana",
     "tok.en"                                                                                                                                                                         },
    {"OAUTHBEARER and a name with a comma",
     "OAUTHBEARER",                                           {"n,a=a=2Cb=3D,\001auth=Bearer x\001\001"},
     SASL_STEP_TOKEN,                                                                                                                                NULL,
     "",                                                                                                                                                                  "a,b=",
     "x"                                                                                                                                                                              },
    {"OAUTHBEARER and no saslname",
     "OAUTHBEARER",                                           {"n,a=a=b,\001auth=Bearer x\001\001"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"OAUTHBEARER whose token says who it is",
     "OAUTHBEARER",                                           {"n,,\001auth=bearer token\001\001"},
     SASL_STEP_TOKEN,                                                                                                                                NULL,
     "",                                                                                                                                                                  "",
     "token"                                                                                                                                                                          },
    {"OAUTHBEARER without a token",
     "OAUTHBEARER",                                           {"n,a=ana,\001auth=\001\001"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"OAUTHBEARER that does not end",
     "OAUTHBEARER",                                           {"n,a=ana,\001auth=Bearer x"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"OAUTHBEARER with something behind its end",
     "OAUTHBEARER",                                           {"n,,\001auth=Bearer x\001\001more"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"OAUTHBEARER with channel binding",
     "OAUTHBEARER",                                           {"p=tls-exporter,,\001auth=Bearer x\001\001"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"XOAUTH2 with a token",
     "XOAUTH2",                                               {"user=ana\001auth=Bearer token\001\001"},
     SASL_STEP_TOKEN,                                                                                                                                NULL,
     "",                                                                                                                                                                  "ana",
     "token"                                                                                                                                                                          },
    {"XOAUTH2 with a token of two words",
     "XOAUTH2",                                               {"user=ana\001auth=Bearer to ken\001\001"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"LOGIN with more behind the password's end",
     "LOGIN",                                                 {NONE, "ana", "secret|x"},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
    {"LOGIN with an empty password",
     "LOGIN",                                                 {NONE, "ana", ""},
     SASL_STEP_MALFORMED,                                                                                                                            NULL,
     NULL,                                                                                                                                                                NULL,
     NULL                                                                                                                                                                             },
};

static enum sasl_step respond(struct sasl_exchange *exchange, const char *response,
                              struct span *challenge)
{
    struct span octets = SPAN_EMPTY;
    enum sasl_step step;

    if (response == NULL)
        return sasl_advance(exchange, octets, challenge);
    octets = unit_copy(span_text(response));
    for (char *c = (char *)(uintptr_t)octets.data; c < octets.data + octets.len; c++)
        if (*c == '|')
            *c = '\0';
    step = sasl_advance(exchange, octets, challenge);
    free((void *)(uintptr_t)octets.data);
    return step;
}

static const struct sasl_channel channel = {.hostname = "mail.example", .certificate_name = "cert"};

static void run_case(void **state)
{
    const struct mechanism_case *c = *state;
    struct sasl_exchange exchange = {.mechanism = sasl_mechanism_find(c->mechanism),
                                     .arena = arena_create(),
                                     .channel = &channel};
    enum sasl_step step = SASL_STEP_MALFORMED;
    struct span challenge = SPAN_EMPTY;

    for (size_t i = 0; i < 3 && (i == 0 || c->responses[i] != NULL); i++)
        step = respond(&exchange, c->responses[i], &challenge);
    assert_int_equal(step, c->last);
    if (c->challenge != NULL)
        assert_true(span_equal_text(challenge, c->challenge));
    if (c->authzid != NULL)
        assert_string_equal(exchange.authzid, c->authzid);
    if (c->user != NULL)
        assert_string_equal(exchange.user, c->user);
    if (c->password != NULL)
        assert_true(span_equal_text(exchange.password, c->password));
    arena_free(&exchange.arena);
}

/* A refused token gets its last words; whatever the client says to them is the end. */
static void a_refused_token_has_last_words(void **state UNUSED)
{
    static const char *const names[] = {"OAUTHBEARER", "XOAUTH2"};

    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        struct sasl_exchange exchange = {.mechanism = sasl_mechanism_find(names[i]),
                                         .arena = arena_create(),
                                         .channel = &channel};
        struct span challenge;
        assert_int_equal(sasl_refuse(&exchange, &challenge), SASL_STEP_CHALLENGE);
        assert_true(span_starts_with(challenge, "{\"status\":"));
        assert_int_equal(respond(&exchange, "\001", &challenge), SASL_STEP_FAILED);
        arena_free(&exchange.arena);
    }
}

static void unknown_mechanisms_are_not_found(void **state UNUSED)
{
    assert_null(sasl_mechanism_find("X-UNKNOWN"));
    assert_null(sasl_mechanism_find(""));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(unknown_mechanisms_are_not_found);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(a_refused_token_has_last_words);
    return unit_run("SASL mechanisms", tests, used);
}
