/* auth's rules: login names, fields of users, penalties, counted sessions, answers that are kept. */
#include "t/unit/unit.h"

#include "auth/cache.h"
#include "auth/entry.h"
#include "auth/penalty.h"
#include "auth/secret.h"
#include "auth/sessions.h"
#include "auth/username.h"

static struct config config_with(const char *format, const char *realm, const char *chars)
{
    return (struct config){
        .auth_username_format = format,
        .auth_default_realm = realm,
        .auth_username_chars = chars,
        .auth_master_user_separator = "*",
        .auth_mailbox_home = "",
        .auth_mailbox_location = "",
        .login_trusted_networks = "127.0.0.0/8, [::1]/128",
        .auth_penalty_limit = 15,
        .auth_cache_size = 10000,
        .auth_cache_ttl = 3600,
        .auth_cache_negative_ttl = 3600,
    };
}

static const struct name_case {
    const char *name;
    const char *format, *realm, *chars, *user;
    const char *normalised; /* NULL: refused */
} names[] = {
    {"a name stays as it is",              "",                           "",       "",    "Ana@Example.test", "Ana@Example.test"},
    {"lower case, as it was written once", "lower",                      "",       "",    "Ana@Example.test", "ana@example.test"},
    {"lower case by a variable",           "%Lu",                        "",       "",    "Ana@Example.test", "ana@example.test"},
    {"only what is before the @",          "%n",                         "",       "",    "ana@example.test", "ana"             },
    {"Dovecot 2.4's spelling",             "%{user | username | lower}", "",       "",    "Ana@x",            "ana"             },
    {"a realm for those without",          "",                           "x.test", "",    "ana",              "ana@x.test"      },
    {"but not for those with one",         "",                           "x.test", "",    "ana@y",            "ana@y"           },
    {"a character that may not be",        "",                           "",       "abn", "ana!",             NULL              },
    {"a slash",                            "",                           "",       "",    "../ana",           NULL              },
    {"a colon",                            "",                           "",       "",    "ana:x",            NULL              },
    {"a line end",                         "",                           "",       "",    "ana\n",            NULL              },
    {"a dot in front",                     "",                           "",       "",    ".ana",             NULL              },
    {"a domain with a dot in front",       "",                           "",       "",    "ana@..",           NULL              },
    {"no name",                            "",                           "",       "",    "",                 NULL              },
    {"no local part",                      "",                           "",       "",    "@example.test",    NULL              },
};

static void run_name(void **state)
{
    const struct name_case *c = *state;
    const struct config config = config_with(c->format, c->realm, c->chars);
    struct arena *arena = arena_create();
    const char *normalised = username_normalise(&config, arena, c->user);

    if (c->normalised == NULL)
        assert_null(normalised);
    else
        assert_string_equal(normalised, c->normalised);
    arena_free(&arena);
}

static void a_master_user_stands_behind_the_first_separator(void **state UNUSED)
{
    const struct config config = config_with("", "", "");
    struct arena *arena = arena_create();
    const char *user, *master;

    assert_true(username_split_master(&config, arena, "ana@x*admin*y", &user, &master));
    assert_string_equal(user, "ana@x");
    assert_string_equal(master, "admin*y");
    assert_false(username_split_master(&config, arena, "ana", &user, &master));
    arena_free(&arena);
}

static void fields_of_a_user(void **state UNUSED)
{
    struct arena *arena = arena_create();
    struct passwd_entry entry;

    passwd_entry_parse(
        arena,
        SPAN_LITERAL("{PLAIN}x:8:mail::/home/ana:/bin/sh:userdb_quota_rule=*:bytes=1 "
                     "nologin allow_nets=192.0.2.1 nopassword=n user=luis"),
        &entry);
    assert_string_equal(entry.password, "{PLAIN}x");
    assert_string_equal(entry.uid, "8");
    assert_string_equal(entry.gid, "mail");
    assert_string_equal(entry.home, "/home/ana");
    assert_string_equal(entry.allow_nets, "192.0.2.1");
    assert_string_equal(entry.user, "luis");
    assert_true(entry.nologin);
    assert_false(entry.nopassword);
    passwd_entry_parse(arena, SPAN_LITERAL("{PLAIN}x"), &entry);
    assert_string_equal(entry.home, "");
    passwd_entry_parse(arena, SPAN_EMPTY, &entry);
    assert_string_equal(entry.password, "");
    arena_free(&arena);
}

static void whoever_guesses_waits(void **state UNUSED)
{
    const struct config config = config_with("", "", "");
    static const int64_t delays[] = {2000, 4000, 8000, 15000, 15000};
    static struct penalty_office *office; /* as in auth, for as long as the process lasts */
    char guess[] = "ana\0a";

    office = penalty_office_create(&config);
    assert_int_equal(penalty_delay_ms(office, "192.0.2.7"), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(delays); i++) {
        guess[4] = (char)('a' + i);
        penalty_note_failure(office, "192.0.2.7", span_of(guess, 5));
        assert_int_equal(penalty_delay_ms(office, "192.0.2.7"), delays[i]);
    }
    assert_int_equal(penalty_delay_ms(office, "192.0.2.8"), 0);
    penalty_note_success(office, "192.0.2.7");
    assert_int_equal(penalty_delay_ms(office, "192.0.2.7"), 0);
}

static void the_same_wrong_password_is_no_new_guess(void **state UNUSED)
{
    const struct config config = config_with("", "", "");
    static struct penalty_office *office; /* as in auth, for as long as the process lasts */

    office = penalty_office_create(&config);
    for (int i = 0; i < 5; i++)
        penalty_note_failure(office, "192.0.2.7", SPAN_LITERAL("ana old password"));
    assert_int_equal(penalty_delay_ms(office, "192.0.2.7"), 2000);
}

static void networks_of_ipv6_count_as_one(void **state UNUSED)
{
    const struct config config = config_with("", "", "");
    static struct penalty_office *office; /* as in auth, for as long as the process lasts */

    office = penalty_office_create(&config);
    penalty_note_failure(office, "2001:db8::1", SPAN_LITERAL("x"));
    assert_int_equal(penalty_delay_ms(office, "2001:db8::ffff:2"), 2000);
    assert_int_equal(penalty_delay_ms(office, "2001:db8:0:1::1"), 0);
}

static void trusted_networks_know_no_penalty(void **state UNUSED)
{
    const struct config config = config_with("", "", "");
    static struct penalty_office *office; /* as in auth, for as long as the process lasts */

    office = penalty_office_create(&config);
    penalty_note_failure(office, "127.0.0.1", SPAN_LITERAL("x"));
    penalty_note_failure(office, "::1", SPAN_LITERAL("x"));
    assert_int_equal(penalty_delay_ms(office, "127.0.0.1"), 0);
    assert_int_equal(penalty_delay_ms(office, "::1"), 0);
}

static void sessions_are_counted(void **state UNUSED)
{
    static struct session_office *office;
    const int one = 0, other = 0;

    office = session_office_create();
    for (uint64_t id = 1; id <= 3; id++)
        sessions_begin(office, (struct session_key){&one, id}, "imap", "ana", "192.0.2.7");
    sessions_begin(office, (struct session_key){&other, 1}, "imap", "ana", "192.0.2.7");
    sessions_begin(office, (struct session_key){&other, 2}, "pop3", "ana", "192.0.2.7");
    sessions_begin(office, (struct session_key){&other, 3}, "imap", "ana", "192.0.2.8");
    assert_int_equal(sessions_count(office, "imap", "ana", "192.0.2.7"), 4);
    sessions_end(office, (struct session_key){&one, 2});
    sessions_end(office, (struct session_key){&one, 2});
    assert_int_equal(sessions_count(office, "imap", "ana", "192.0.2.7"), 3);
    sessions_end_all(office, &one);
    assert_int_equal(sessions_count(office, "imap", "ana", "192.0.2.7"), 1);
    sessions_end_all(office, &other);
    assert_int_equal(sessions_count(office, "imap", "ana", "192.0.2.7"), 0);
}

static struct question question_of(const char *user, const char *password)
{
    return (struct question){.kind = ASK_PASSWORD,
                             .user = user,
                             .act_as = "",
                             .password = span_text(password),
                             .wanted = "",
                             .protocol = "imap",
                             .remote_address = "192.0.2.7",
                             .session = ""};
}

static struct check_result result_of(const char *user, enum check_outcome outcome)
{
    return (struct check_result){
        .outcome = outcome, .reason = "", .explanation = "", .user = user, .may_cache = true};
}

static void answers_are_kept_for_the_same_question_only(void **state UNUSED)
{
    const struct config config = config_with("", "", "");
    static struct auth_cache *cache;
    struct arena *arena = arena_create();
    struct question right = question_of("ana", "secret"), wrong = question_of("ana", "Secret");
    struct check_result result = result_of("ana", CHECK_PASSED), found;

    cache = auth_cache_create(&config);
    auth_cache_note(cache, auth_cache_age(cache), &right, &result);
    assert_true(auth_cache_find(cache, &right, arena, &found));
    assert_int_equal(found.outcome, CHECK_PASSED);
    assert_string_equal(found.user, "ana");
    assert_false(auth_cache_find(cache, &wrong, arena, &found));
    right.act_as = "luis";
    assert_false(auth_cache_find(cache, &right, arena, &found));
    right.act_as = "";
    auth_cache_clear(cache);
    assert_false(auth_cache_find(cache, &right, arena, &found));
    auth_cache_note(cache, auth_cache_age(cache) - 1, &right, &result); /* asked before */
    assert_false(auth_cache_find(cache, &right, arena, &found));
    result.may_cache = false;
    auth_cache_note(cache, auth_cache_age(cache), &right, &result);
    assert_false(auth_cache_find(cache, &right, arena, &found));
    result = result_of("ana", CHECK_UNAVAILABLE);
    auth_cache_note(cache, auth_cache_age(cache), &right, &result);
    assert_false(auth_cache_find(cache, &right, arena, &found));
    arena_free(&arena);
}

static void the_oldest_answers_go_first(void **state UNUSED)
{
    const struct config config = config_with("", "", "");
    static struct auth_cache *cache;
    struct arena *arena = arena_create();
    struct question first = question_of("first", "x"), question;
    struct check_result result = result_of("u", CHECK_FAILED);
    char user[] = "user a";

    cache = auth_cache_create(&config);
    auth_cache_note(cache, auth_cache_age(cache), &first, &result);
    for (int i = 0; i < 26; i++) {
        user[5] = (char)('a' + i);
        question = question_of(user, "x");
        auth_cache_note(cache, auth_cache_age(cache), &question, &result);
    }
    assert_true(auth_cache_find(cache, &question, arena, &result));
    assert_false(auth_cache_find(cache, &first, arena, &result));
    arena_free(&arena);
}

/* The salt of a name is always the same one, whether the user exists or not, and no other name's. */
static void nobody_looks_like_somebody(void **state UNUSED)
{
    static const struct secret_key key = {"of all salts"};
    struct sasl_secret known, nobody, again, other;

    assert_true(secret_read(&key, "{PLAIN}secret", "SHA256", "ana", &known));
    assert_true(known.is_known);
    secret_invent(&key, "{PLAIN}secret", "SHA256", "nobody", &nobody);
    secret_invent(&key, "{SHA}x", "SHA256", "nobody", &again);
    secret_invent(&key, "{PLAIN}secret", "SHA256", "other", &other);
    assert_false(nobody.is_known);
    assert_int_equal(nobody.scram.salt_len, known.scram.salt_len);
    assert_int_equal(nobody.scram.iterations, known.scram.iterations);
    assert_memory_equal(nobody.scram.salt, again.scram.salt, again.scram.salt_len);
    assert_memory_not_equal(nobody.scram.salt, other.scram.salt, other.scram.salt_len);
    assert_memory_not_equal(nobody.scram.stored_key, known.scram.stored_key, SCRAM_KEY_MAX);
    assert_false(secret_read(&key, "{SHA}x", "SHA256", "ana", &known));
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(names) + 10] = {0};
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(a_master_user_stands_behind_the_first_separator),
        cmocka_unit_test(fields_of_a_user),
        cmocka_unit_test(whoever_guesses_waits),
        cmocka_unit_test(the_same_wrong_password_is_no_new_guess),
        cmocka_unit_test(networks_of_ipv6_count_as_one),
        cmocka_unit_test(trusted_networks_know_no_penalty),
        cmocka_unit_test(sessions_are_counted),
        cmocka_unit_test(answers_are_kept_for_the_same_question_only),
        cmocka_unit_test(the_oldest_answers_go_first),
        cmocka_unit_test(nobody_looks_like_somebody),
    };
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, names, run_name);
    memcpy(tests + used, others, sizeof(others));
    return unit_run("rules of auth", tests, used + ARRAY_LENGTH(others));
}
