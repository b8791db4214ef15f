/* lib/delivery: quota rules, `maildirsize`, and what a Maildir may still take in. */
#include "t/unit/unit.h"

#include "lib/base/file.h"
#include "lib/delivery/maildirsize.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- rules ------------------------------------------------------------------------------------- */

static const struct rule_case {
    const char *name;
    const char *text;
    bool parsed;
    uint64_t storage, messages;
} rule_cases[] = {
    {"nothing",                     "",                           true,  0,                   0   },
    {"Dovecot's rule",              "*:storage=1G:messages=1000", true,  1073741824,          1000},
    {"storage without unit is KiB", "*:storage=10",               true,  10240,               0   },
    {"octets",                      "*:bytes=10",                 true,  10,                  0   },
    {"Courier's limits",            "1000S,5C",                   true,  1000,                5   },
    {"a size alone",                "500M",                       true,  524288000,           0   },
    {"with a lower case letter",    "2k",                         true,  2048,                0   },
    {"octets by letter",            "7b",                         true,  7,                   0   },
    {"white space",                 "1G, 10C",                    true,  1073741824,          10  },
    {"the most",                    "9223372036854775807S",       true,  9223372036854775807, 0   },
    {"more than the most",          "9223372036854775808S",       false, 0,                   0   },
    {"more by its unit",            "9999999999999T",             false, 0,                   0   },
    {"an unknown name",             "*:mails=5",                  false, 0,                   0   },
    {"per cent of nothing",         "*:storage=50%",              false, 0,                   0   },
    {"a negative one",              "-5S",                        false, 0,                   0   },
    {"only a letter",               "S",                          false, 0,                   0   },
    {"no number",                   "storage=",                   false, 0,                   0   },
};

static void parse_rule(void **state)
{
    const struct rule_case *c = *state;
    struct mailbox_quota quota = {0};

    assert_int_equal(quota_parse(span_text(c->text), &quota), c->parsed);
    assert_int_equal(quota.storage, c->storage);
    assert_int_equal(quota.messages, c->messages);
}

/* --- rules of single mailboxes ------------------------------------------------------------------- */

static const struct bonus_case {
    const char *name;
    const char *text;
    const char *mailbox;
    bool parsed;
    struct quota_bonus bonus;
} bonus_cases[] = {
    {"nothing",                    "",                                    "Trash",  true,  {0}                                   },
    {"one for it",                 "Trash:storage=+100M",                 "Trash",  true,  {.storage = 100 << 20}                },
    {"one for another",            "Trash:storage=+100M",                 "Trash2", true,  {0}                                   },
    {"several, and several items",
     "Sent:bytes=+5, Trash:storage=+10%:messages=+7",                     "Trash",
     true,                                                                                 {.storage_percent = 10, .messages = 7}},
    {"a name with a space",
     "\"A b\":messages=+20%\tC:bytes=+1",                                 "A b",
     true,                                                                                 {.messages_percent = 20}              },
    {"the one behind it",          "\"A b\":messages=+20%\tC:bytes=+1",   "C",      true,  {.storage = 1}                        },
    {"as it is in dovecot.conf",   "Trash:messages=+10%%",                "Trash",  true,  {.messages_percent = 10}              },
    {"without a plus",             "Trash:storage=100M",                  "Trash",  false, {0}                                   },
    {"without an item",            "Trash:",                              "Trash",  false, {0}                                   },
    {"without a name",             ":storage=+1",                         "Trash",  false, {0}                                   },
    {"a quote without an end",     "\"Trash:storage=+1",                  "Trash",  false, {0}                                   },
    {"an unknown item",            "Trash:ignore",                        "Trash",  false, {0}                                   },
    {"more than the most",         "Trash:storage=+9223372036854775807T", "Trash",  false, {0}                                   },
    {"a part that is too large",   "Trash:messages=+100001%",             "Trash",  false, {0}                                   },
};

static void find_bonus(void **state)
{
    const struct bonus_case *c = *state;
    struct quota_bonus bonus;

    assert_int_equal(quota_find_bonus(span_text(c->text), c->mailbox, &bonus), c->parsed);
    if (c->parsed)
        assert_memory_equal(&bonus, &c->bonus, sizeof(bonus));
}

/* --- the file ---------------------------------------------------------------------------------- */

static const struct file_case {
    const char *name;
    const char *text;
    bool usable;
    uint64_t storage, messages;
} file_cases[] = {
    {"a sum",                     "1000S,5C\n100 2\n",                                  true,  100, 2},
    {"changes",                   "1000S\n100 2\n50 1\n-100 -2\n",                      true,  50,  1},
    {"as Courier pads it",        "1000S\n         100            2\n",                 true,  100, 2},
    {"nothing counted yet",       "1000S\n",                                            false, 0,   0},
    {"less than nothing",         "1000S\n100 1\n-200 -2\n",                            false, 0,   0},
    {"garbage",                   "1000S\nabc\n",                                       false, 0,   0},
    {"half a line",               "1000S\n100\n",                                       false, 0,   0},
    {"sums that overflow",        "1S\n9223372036854775807 1\n9223372036854775807 1\n", false, 0,   0},
    {"empty",                     "",                                                   false, 0,   0},
    {"limits that make no sense", "what\n100 1\n",                                      false, 0,   0},
};

static void parse_file(void **state)
{
    const struct file_case *c = *state;
    struct maildirsize size;

    assert_int_equal(maildirsize_parse(span_text(c->text), &size), c->usable);
    if (c->usable) {
        assert_int_equal(size.storage, c->storage);
        assert_int_equal(size.messages, c->messages);
    }
}

/* --- a Maildir --------------------------------------------------------------------------------- */

static char box[64];

static void put(const char *name, const char *text)
{
    char path[200];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", box, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_true(write_all(fd, span_text(text)));
    fd_close(&fd);
}

static void make_box(void)
{
    static const char *const parts[] = {"cur", "new", "tmp", ".A", ".A/cur", ".A/new"};
    char path[200];

    snprintf(box, sizeof(box), "/tmp/buzon-quota.XXXXXX");
    assert_non_null(mkdtemp(box));
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        snprintf(path, sizeof(path), "%s/%s", box, parts[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    put("new/1.x,S=600", "told by its name");
    put("cur/2.x:2,S", "twelve octet");
    put(".A/cur/3.x,S=300:2,T", "");
    put("tmp/4.x,S=999", "not a message yet");
}

static void remove_box(void)
{
    char command[100];

    snprintf(command, sizeof(command), "rm -rf %s", box);
    assert_int_equal(system(command), 0);
}

static void expect(const struct mailbox_quota *wanted, uint64_t limit, uint64_t storage,
                   uint64_t messages)
{
    struct quota_state found;
    struct error err = {0};

    assert_true(quota_read(box, wanted, &found, &err));
    assert_int_equal(found.limit.storage, limit);
    assert_int_equal(found.storage, storage);
    assert_int_equal(found.messages, messages);
}

static const struct mailbox_quota no_limit = {0}, a_limit = {.storage = 1000},
                                  by_default = {.storage = 2000, .is_default = true};

static void folders_are_counted_once(void **state UNUSED)
{
    make_box();
    expect(&no_limit, 0, 0, 0);
    expect(&a_limit, 1000, 912, 3);
    put("new/5.x,S=50", ""); /* that nobody told of: the sum stands in the file */
    expect(&a_limit, 1000, 912, 3);
    quota_add(box, -600, -1);
    expect(&a_limit, 1000, 312, 2);
    remove_box();
}

static void mailboxes_in_mailboxes_are_counted(void **state UNUSED)
{
    static const struct mailbox_quota tree = {.storage = 1000, .is_tree = true};
    static const char *const parts[] = {"B", "B/cur", "B/C", "B/C/new"};
    char path[200], other[200];

    make_box();
    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++) {
        snprintf(path, sizeof(path), "%s/%s", box, parts[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    put("B/cur/6.x,S=20:2,", "");
    put("B/C/new/7.x,S=5", "");
    snprintf(path, sizeof(path), "%s/B/C/again", box);
    snprintf(other, sizeof(other), "%s/B", box);
    assert_int_equal(symlink(other, path), 0); /* not followed: it has no end */
    expect(&tree, 1000, 637, 4);
    remove_box();
}

/* Who makes mailboxes in mailboxes does not take all descriptors of who counts them. */
static void deep_trees_need_few_descriptors(void **state UNUSED)
{
    static const struct mailbox_quota tree = {.storage = 1000, .is_tree = true};
    const rlim_t few = 24;
    struct rlimit before, limit;
    char path[200];
    int len;

    make_box();
    len = snprintf(path, sizeof(path), "%s", box);
    for (rlim_t i = 0; i < 2 * few; i++) {
        len += snprintf(path + len, sizeof(path) - (size_t)len, "/d");
        assert_int_equal(mkdir(path, 0700), 0);
    }
    snprintf(path + len, sizeof(path) - (size_t)len, "/cur");
    assert_int_equal(mkdir(path, 0700), 0);
    snprintf(path + len, sizeof(path) - (size_t)len, "/cur/8.x,S=7:2,");
    put(path + strlen(box) + 1, "");
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    limit = (struct rlimit){few, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    expect(&tree, 1000, 619, 3);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    remove_box();
}

static void limits_of_the_file_count_where_nothing_is_configured(void **state UNUSED)
{
    make_box();
    put("maildirsize", "1500S\n5 1\n");
    expect(&no_limit, 1500, 5, 1);
    expect(&by_default, 1500, 5, 1);
    expect(&a_limit, 1000, 912, 3); /* other limits: made anew */
    expect(&no_limit, 1000, 912, 3);
    remove_box();
}

static void damaged_or_long_files_are_made_anew(void **state UNUSED)
{
    char text[6000];
    size_t len = (size_t)snprintf(text, sizeof(text), "1000S\n");

    make_box();
    put("maildirsize", "1000S\n5 1\n-9 -2\n");
    expect(&a_limit, 1000, 912, 3);
    while (len < 5200)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "1 1\n");
    put("maildirsize", text);
    expect(&a_limit, 1000, 912, 3);
    remove_box();
}

static void full_is_full_only_after_a_count(void **state UNUSED)
{
    struct error err = {0};

    make_box();
    put("maildirsize", "1000S\n990 1\n5 1\n"); /* wrong, and of several lines */
    assert_true(quota_check(box, &a_limit, NULL, 88, 1, &err));
    assert_false(quota_check(box, &a_limit, NULL, 89, 1, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_int_equal(err.number, EDQUOT);
    assert_true(quota_check(box, &no_limit, NULL, 1, 1, &err));
    remove_box();
    assert_true(quota_check(box, &a_limit, NULL, 1000, 1, &err)); /* not there yet */
    assert_false(quota_check(box, &a_limit, NULL, 1001, 1, &err));
}

static void a_mailbox_may_have_more(void **state UNUSED)
{
    static const struct quota_bonus bonus = {.storage = 50, .storage_percent = 10},
                                    most = {.storage = INT64_MAX, .storage_percent = 100000};
    struct error err = {0};

    make_box();
    put("maildirsize", "1000S\n990 1\n5 1\n");                    /* it is counted again */
    assert_false(quota_check(box, &a_limit, NULL, 149, 1, &err)); /* it holds 912 */
    assert_true(quota_check(box, &a_limit, &bonus, 1150 - 912, 1, &err));
    assert_false(quota_check(box, &a_limit, &bonus, 1151 - 912, 1, &err));
    assert_true(quota_check(box, &a_limit, &most, INT64_MAX, 1, &err));
    remove_box();
}

/* As Dovecot's LDA: the last message may pass the limit by a tenth, or by what is configured. */
static void the_last_message_has_grace(void **state UNUSED)
{
    struct quota_bonus grace;
    struct error err = {0};

    make_box(); /* it holds 912 of 1000 */
    assert_true(quota_parse_grace(SPAN_LITERAL("10%"), &grace));
    assert_true(quota_check(box, &a_limit, &grace, 1100 - 912, 1, &err));
    assert_false(quota_check(box, &a_limit, &grace, 1101 - 912, 1, &err));
    put("cur/1500000000.more,S=89", "");
    quota_add(box, 89, 1);
    assert_false(quota_check(box, &a_limit, &grace, 1, 1, &err));
    remove_box();
    assert_true(quota_parse_grace(SPAN_LITERAL("50k"), &grace));
    assert_int_equal(grace.storage, 51200);
    assert_true(quota_parse_grace(SPAN_LITERAL("0"), &grace));
    assert_int_equal(grace.storage, 0);
    assert_true(quota_parse_grace(SPAN_LITERAL(""), &grace));
    assert_false(quota_parse_grace(SPAN_LITERAL("some"), &grace));
    assert_false(quota_parse_grace(SPAN_LITERAL("%"), &grace));
}

/* A user who puts a FIFO there does not stop deliveries, and loses it where there is a limit. */
static void fifo_stops_nobody(void **state UNUSED)
{
    char path[200];

    make_box();
    snprintf(path, sizeof(path), "%s/maildirsize", box);
    assert_int_equal(mkfifo(path, 0600), 0);
    expect(&no_limit, 0, 0, 0);
    quota_add(box, 5, 1);
    expect(&a_limit, 1000, 912, 3);
    quota_add(box, 5, 1);
    expect(&a_limit, 1000, 917, 4);
    remove_box();
}

int main(void)
{
    struct CMUnitTest tests[60];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, rule_cases, parse_rule);
    UNIT_ADD_ROWS(tests, used, bonus_cases, find_bonus);
    UNIT_ADD_ROWS(tests, used, file_cases, parse_file);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(folders_are_counted_once);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(mailboxes_in_mailboxes_are_counted);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(deep_trees_need_few_descriptors);
    tests[used++] =
        (struct CMUnitTest)cmocka_unit_test(limits_of_the_file_count_where_nothing_is_configured);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(damaged_or_long_files_are_made_anew);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(full_is_full_only_after_a_count);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(a_mailbox_may_have_more);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(the_last_message_has_grace);
    tests[used++] = (struct CMUnitTest)cmocka_unit_test(fifo_stops_nobody);
    return unit_run("delivery_quota", tests, used);
}
