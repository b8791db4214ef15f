/* One-time tickets: what an attacker with a foot in login or imapd may try with them. */
#include "t/unit/unit.h"

#include "auth/ticket.h"

static struct ticket_office *office; /* as in auth, for as long as the process lasts */
static const int login = 0, other_login = 0;

static const struct check_result ana = {
    .outcome = CHECK_PASSED,
    .user = "ana",
    .place = {.path = "/srv/ana/Maildir", .home = "/srv/ana", .uid = 5000, .gid = 5001},
};

static bool redeem(const char *ticket, const char *protocol, struct auth_account_wire *account)
{
    struct arena *arena = arena_create();
    bool redeemed = ticket_redeem(office, ticket, protocol, arena, account);

    if (redeemed) {
        assert_string_equal(account->user, "ana");
        assert_string_equal(account->place.path, "/srv/ana/Maildir");
    }
    arena_free(&arena);
    return redeemed;
}

static const char *issue(const void *holder, struct arena *arena)
{
    return arena_copy(arena, ticket_issue(office, holder, "imap", &ana));
}

static int make_office(void **state)
{
    if (office == NULL)
        office = ticket_office_create();
    *state = arena_create();
    return 0;
}

static int free_arena(void **state)
{
    struct arena *arena = *state;

    ticket_void_all(office, &login);
    ticket_void_all(office, &other_login);
    arena_free(&arena);
    return 0;
}

static void a_ticket_is_good_once(void **state)
{
    struct auth_account_wire account;
    const char *ticket = issue(&login, *state);

    assert_true(redeem(ticket, "imap", &account));
    assert_int_equal(account.place.uid, 5000);
    assert_int_equal(account.place.gid, 5001);
    assert_false(redeem(ticket, "imap", &account));
}

static void a_ticket_for_imap_opens_no_pop3_and_is_spent(void **state)
{
    struct auth_account_wire account;
    const char *ticket = issue(&login, *state);

    assert_false(redeem(ticket, "pop3", &account));
    assert_false(redeem(ticket, "imap", &account));
}

static void tickets_end_with_the_connection_they_were_given_on(void **state)
{
    struct auth_account_wire account;
    const char *mine = issue(&login, *state), *another = issue(&other_login, *state);

    ticket_void_all(office, &login);
    assert_false(redeem(mine, "imap", &account));
    assert_true(redeem(another, "imap", &account));
}

static void what_is_no_ticket_opens_nothing(void **state)
{
    struct auth_account_wire account;
    char *changed = arena_copy(*state, issue(&login, *state));
    const char *cut = arena_text(*state, span_first(span_text(changed), strlen(changed) - 1));

    assert_false(redeem("", "imap", &account));
    assert_false(redeem(cut, "imap", &account));
    changed[0] = changed[0] == '0' ? '1' : '0';
    assert_false(redeem(changed, "imap", &account));
}

static void no_two_tickets_are_alike(void **state)
{
    const char *first = issue(&login, *state), *second = issue(&login, *state);

    assert_int_equal(strlen(first), 64);
    assert_string_not_equal(first, second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_ticket_is_good_once, make_office, free_arena),
        cmocka_unit_test_setup_teardown(a_ticket_for_imap_opens_no_pop3_and_is_spent, make_office,
                                        free_arena),
        cmocka_unit_test_setup_teardown(tickets_end_with_the_connection_they_were_given_on,
                                        make_office, free_arena),
        cmocka_unit_test_setup_teardown(what_is_no_ticket_opens_nothing, make_office, free_arena),
        cmocka_unit_test_setup_teardown(no_two_tickets_are_alike, make_office, free_arena),
    };

    return unit_run("tickets", tests, ARRAY_LENGTH(tests));
}
