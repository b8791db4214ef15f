/* Passes: good for the session that they name, from whom has the key, and for nothing else. */
#include "t/unit/unit.h"

#include "auth/pass.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static struct config config = {.imap_idle_timeout = 1800};
static struct service_instance instance = {.config = &config};
static struct arena *arena;
static struct pass_office *offices[16];
static size_t office_count;
static char directory[] = "/tmp/buzon-pass.XXXXXX";

static const struct auth_account_wire account = {
    .ok = true,
    .user = "ana@example.test",
    .place =
        {
                .path = "/srv/mail/ana",
                .home = "/srv/mail",
                .uid = 5000,
                .gid = 5001,
                .quota_messages = 7,
                },
};

/* As many as there are processes of auth; they go at the end. */
static struct pass_office *office(void)
{
    struct error err = {0};
    struct pass_office *opened = pass_office_open(&instance, &err);

    assert_non_null(opened);
    assert_true(office_count < ARRAY_LENGTH(offices));
    offices[office_count++] = opened;
    return opened;
}

static struct ticket_redemption with(struct span pass)
{
    return (struct ticket_redemption){
        .ticket = "", .pass = pass, .protocol = "imap", .session = "s1"};
}

static struct span issue(const struct pass_office *by, enum pass_kind kind)
{
    struct span pass = pass_issue(by, kind, "imap", "s1", &account, arena);

    assert_true(pass.len > 0);
    return pass;
}

static bool accepts(const struct pass_office *by, enum pass_kind kind,
                    const struct ticket_redemption *redemption)
{
    struct auth_account_wire read = {0};
    bool done = pass_accept(by, kind, redemption, arena, &read);

    if (done) {
        assert_string_equal(read.user, account.user);
        assert_string_equal(read.place.path, account.place.path);
        assert_int_equal(read.place.uid, account.place.uid);
        assert_int_equal(read.place.gid, account.place.gid);
        assert_int_equal(read.place.quota_messages, 7);
    }
    return done;
}

static void a_parked_session_goes_on_after_a_reload(void **state UNUSED)
{
    struct pass_office *before = office(), *after = office();
    struct ticket_redemption redemption = with(issue(before, PASS_FOR_PARKED));

    assert_true(accepts(before, PASS_FOR_PARKED, &redemption));
    assert_true(accepts(after, PASS_FOR_PARKED, &redemption));
}

static void a_ticket_counts_where_it_was_issued(void **state UNUSED)
{
    struct pass_office *before = office(), *after = office();
    struct ticket_redemption redemption = with(issue(before, PASS_FOR_TICKET));

    assert_false(accepts(before, PASS_FOR_TICKET, &redemption));
    assert_true(accepts(after, PASS_FOR_TICKET, &redemption));
    assert_false(accepts(after, PASS_FOR_PARKED, &redemption));
}

static void another_session_or_protocol_is_refused(void **state UNUSED)
{
    struct pass_office *of = office();
    struct ticket_redemption redemption = with(issue(of, PASS_FOR_PARKED));

    redemption.session = "s2";
    assert_false(accepts(of, PASS_FOR_PARKED, &redemption));
    redemption.session = "s1";
    redemption.protocol = "pop3";
    assert_false(accepts(of, PASS_FOR_PARKED, &redemption));
}

/* Each octet counts, and so does the length. */
static void no_octet_can_be_changed(void **state UNUSED)
{
    struct pass_office *of = office();
    struct span pass = issue(of, PASS_FOR_PARKED);

    for (size_t i = 0; i < pass.len; i++) {
        char *copy = arena_text(arena, pass);
        struct ticket_redemption redemption = with(span_of(copy, pass.len));

        copy[i] = (char)(copy[i] ^ 1);
        assert_false(accepts(of, PASS_FOR_PARKED, &redemption));
        redemption = with(span_first(pass, i));
        assert_false(accepts(of, PASS_FOR_PARKED, &redemption));
    }
}

static void it_ends_some_day(void **state UNUSED)
{
    struct ticket_redemption redemption;
    struct pass_office *of;

    config.imap_idle_timeout = -301; /* with the spare time: a second ago */
    of = office();
    config.imap_idle_timeout = 1800;
    redemption = with(issue(of, PASS_FOR_PARKED));
    assert_false(accepts(of, PASS_FOR_PARKED, &redemption));
}

static void a_key_that_others_can_read_is_replaced(void **state UNUSED)
{
    struct pass_office *before = office();
    struct ticket_redemption redemption = with(issue(before, PASS_FOR_PARKED));

    assert_int_equal(fchmodat(instance.queue_directory, "pid/auth.key", 0644, 0), 0);
    assert_false(accepts(office(), PASS_FOR_PARKED, &redemption));
}

static int set_up(void **state UNUSED)
{
    arena = arena_create();
    if (mkdtemp(directory) == NULL)
        return -1;
    instance.queue_directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return mkdirat(instance.queue_directory, "pid", 0700);
}

static int tear_down(void **state UNUSED)
{
    (void)unlinkat(instance.queue_directory, "pid/auth.key", 0);
    (void)unlinkat(instance.queue_directory, "pid", AT_REMOVEDIR);
    close(instance.queue_directory);
    while (office_count > 0)
        mem_free(offices[--office_count]);
    arena_free(&arena);
    return rmdir(directory);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_parked_session_goes_on_after_a_reload),
        cmocka_unit_test(a_ticket_counts_where_it_was_issued),
        cmocka_unit_test(another_session_or_protocol_is_refused),
        cmocka_unit_test(no_octet_can_be_changed),
        cmocka_unit_test(it_ends_some_day),
        cmocka_unit_test(a_key_that_others_can_read_is_replaced),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
