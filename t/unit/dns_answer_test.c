/* What lib/dns takes from a name server's reply, and what it leaves alone. */
#include "t/unit/unit.h"

#include "lib/dns/answer.h"

#include "t/unit/dns_message.h"

/* A record as a row writes it; `data` is an address's octets, else `name` is a target. */
struct row_record {
    const char *owner;
    int type;
    unsigned preference;
    const char *name;
    const char *data;
    size_t len;
};

#define RECORDS_MAX 4

static const struct answer_case {
    const char *name;
    int type;
    struct row_record records[RECORDS_MAX];
    size_t count;
    size_t malformed;
    const char *alias;
    const char *host; /* of the first record */
} cases[] = {
    {"one address",                                                        ns_t_a,  {{"a.test", ns_t_a, 0, NULL, "\x7f\0\0\1", 4}},                                               1, 0, NULL, NULL       },
    {"two IPv6 addresses",
     ns_t_aaaa,                                                                     {{"a.test", ns_t_aaaa, 0, NULL, "1234567890abcdef", 16},
      {"a.test", ns_t_aaaa, 0, NULL, "1234567890abcdeg", 16}},
     2,                                                                                                                                                                              0,
     NULL,                                                                                                                                                                                    NULL       },
    {"an MX record with an address in it",
     ns_t_mx,                                                                       {{"a.test", ns_t_mx, 10, "192.0.2.1", NULL, 0}},
     1,                                                                                                                                                                              0,
     NULL,                                                                                                                                                                                    "192.0.2.1"},
    {"letters of the name in another case",
     ns_t_a,                                                                        {{"A.Test", ns_t_a, 0, NULL, "\x7f\0\0\1", 4}},
     1,                                                                                                                                                                              0,
     NULL,                                                                                                                                                                                    NULL       },
    {"an answer about another name is malformed",
     ns_t_a,                                                                        {{"evil.test", ns_t_a, 0, NULL, "\x7f\0\0\1", 4}},
     0,                                                                                                                                                                              1,
     NULL,                                                                                                                                                                                    NULL       },
    {"an address of three octets is malformed",
     ns_t_a,                                                                        {{"a.test", ns_t_a, 0, NULL, "\x7f\0\0", 3}},
     0,                                                                                                                                                                              1,
     NULL,                                                                                                                                                                                    NULL       },
    {"an alias with its address",
     ns_t_a,                                                                        {{"a.test", ns_t_cname, 0, "b.test", NULL, 0}, {"b.test", ns_t_a, 0, NULL, "\x7f\0\0\1", 4}},
     1,                                                                                                                                                                              0,
     NULL,                                                                                                                                                                                    NULL       },
    {"an alias without what it leads to",
     ns_t_a,                                                                        {{"a.test", ns_t_cname, 0, "b.test", NULL, 0}},
     0,                                                                                                                                                                              0,
     "b.test",                                                                                                                                                                                NULL       },
    {"a mail server",
     ns_t_mx,                                                                       {{"a.test", ns_t_mx, 10, "mx.a.test", NULL, 0}},
     1,                                                                                                                                                                              0,
     NULL,                                                                                                                                                                                    "mx.a.test"},
    {"a null MX",                                                          ns_t_mx, {{"a.test", ns_t_mx, 0, ".", NULL, 0}},                                                       1, 0, NULL, "."        },
    {"a mail server that is no host name is malformed",
     ns_t_mx,                                                                       {{"a.test", ns_t_mx, 10, "mx a.test", NULL, 0}},
     0,                                                                                                                                                                              1,
     NULL,                                                                                                                                                                                    NULL       },
    {"a name for an address",
     ns_t_ptr,                                                                      {{"a.test", ns_t_ptr, 0, "h.test", NULL, 0}},
     1,                                                                                                                                                                              0,
     NULL,                                                                                                                                                                                    "h.test"   },
    {"the root is no name for an address",
     ns_t_ptr,                                                                      {{"a.test", ns_t_ptr, 0, ".", NULL, 0}},
     0,                                                                                                                                                                              1,
     NULL,                                                                                                                                                                                    NULL       },
};

static void build(const struct answer_case *c, struct buf *out)
{
    dns_begin(out, ns_r_noerror, "a.test", c->type);
    for (size_t i = 0; i < RECORDS_MAX && c->records[i].owner != NULL; i++) {
        const struct row_record *record = &c->records[i];

        if (record->data != NULL)
            dns_add(out, record->owner, record->type, span_of(record->data, record->len));
        else if (record->type == ns_t_mx)
            dns_add_mx(out, record->owner, record->preference, record->name);
        else
            dns_add_name(out, record->owner, record->type, record->name);
    }
}

static void run_case(void **state)
{
    const struct answer_case *c = *state;
    struct buf message = BUF(BUF_UNLIMITED);
    struct arena *arena = arena_create();
    struct answer answer;
    struct error err = {0};
    struct span copy;

    build(c, &message);
    copy = unit_copy(buf_span(&message));
    assert_true(answer_parse(copy, "a.test", c->type, arena, &answer, &err));
    assert_int_equal(answer.count, c->count);
    assert_int_equal(answer.malformed, c->malformed);
    assert_true((answer.alias == NULL) == (c->alias == NULL));
    if (c->alias != NULL)
        assert_string_equal(answer.alias, c->alias);
    if (c->host != NULL)
        assert_string_equal(answer.records[0].host, c->host);
    free((void *)(uintptr_t)copy.data);
    arena_free(&arena);
    buf_release(&message);
}

/* Every prefix of a reply is read without a step past its end, and none of them is whole. */
static void refuses_every_prefix(void **state UNUSED)
{
    struct buf message = BUF(BUF_UNLIMITED);
    struct arena *arena = arena_create();

    dns_begin(&message, ns_r_noerror, "a.test", ns_t_mx);
    dns_add_mx(&message, "a.test", 10, "mx.a.test");
    for (size_t len = 0; len < message.len; len++) {
        struct span copy = unit_copy(span_first(buf_span(&message), len));
        struct answer answer;
        struct error err = {0};

        assert_false(answer_parse(copy, "a.test", ns_t_mx, arena, &answer, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
        free((void *)(uintptr_t)copy.data);
    }
    arena_free(&arena);
    buf_release(&message);
}

static void refuses_a_circle(void **state UNUSED)
{
    struct buf message = BUF(BUF_UNLIMITED);
    struct arena *arena = arena_create();
    struct answer answer;
    struct error err = {0};

    dns_begin(&message, ns_r_noerror, "a.test", ns_t_a);
    dns_add_name(&message, "a.test", ns_t_cname, "b.test");
    dns_add_name(&message, "b.test", ns_t_cname, "a.test");
    assert_false(answer_parse(buf_span(&message), "a.test", ns_t_a, arena, &answer, &err));
    assert_int_equal(err.kind, ERROR_MALFORMED);
    arena_free(&arena);
    buf_release(&message);
}

static const struct name_case {
    const char *name;
    const char *text;
    bool is_hostname;
} name_cases[] = {
    {"a host name",                        "mx-1.example.test",   true },
    {"an underscore is common",            "_dmarc.example.test", true },
    {"a single label",                     "localhost",           true },
    {"an empty name is none",              "",                    false},
    {"an empty label is none",             "a..b",                false},
    {"a dot at the end is for the caller", "a.b.",                false},
    {"an escaped octet is none",           "a\\032b.test",        false},
    {"a slash is none",                    "0/25.2.0.192",        false},
    {"digits and dots are an address",     "192.0.2.1",           false},
    {"63 letters in a label",
     "a23456789012345678901234567890123456789012345678901"
     "234567890123.test",                                         true },
    {"64 letters are one too many",
     "a23456789012345678901234567890123456789012345678901"
     "2345678901234.test",                                        false},
};

static void run_name_case(void **state)
{
    const struct name_case *c = *state;

    assert_int_equal(answer_is_hostname(c->text), c->is_hostname);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + ARRAY_LENGTH(name_cases) + 2];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    UNIT_ADD_ROWS(tests, used, name_cases, run_name_case);
    tests[used++] = (struct CMUnitTest){.name = "every prefix of a reply is malformed",
                                        .test_func = refuses_every_prefix};
    tests[used++] = (struct CMUnitTest){.name = "aliases in a circle are malformed",
                                        .test_func = refuses_a_circle};
    return unit_run("dns_answer", tests, used);
}
