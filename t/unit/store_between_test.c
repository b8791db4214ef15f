/*
 * lib/store: another program changes the Maildir while a command of ours looks at it, at each moment at which
 * we look. What the index says afterwards is right: it is not found to be broken, and not begun anew.
 */
#include "t/unit/unit.h"

#include "lib/store/driver.h"
#include "t/unit/store_account.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>

#define MOMENTS_MAX 60
#define LOOKS_MAX   50

/* --- the other program -------------------------------------------------------------------------- */

static void (*act)(void); /* what it does */
static unsigned acts_at;  /* before which look; 0: not at all */
static unsigned looks;

static void it_delivers_at_once(void);
int __wrap_fstatat(int directory, const char *name, struct stat *status, int flags);
int __real_fstatat(int directory, const char *name, struct stat *status, int flags);

/* Every look at a mailbox begins with the times of its directories and of its list. */
int __wrap_fstatat(int directory, const char *name, struct stat *status, int flags)
{
    if (++looks < acts_at && act == it_delivers_at_once && strcmp(name, "new") == 0)
        assert_int_equal(utimensat(directory, name, NULL, 0), 0);
    if (looks == acts_at)
        act();
    return __real_fstatat(directory, name, status, flags);
}

static void it_delivers(void)
{
    static unsigned number;
    char name[40];

    snprintf(name, sizeof(name), "2%06u.M1P1.other", ++number);
    deliver(name);
}

static void it_flags(void)
{
    run("cd mail/cur && for f in *; do case $f in *F*) ;; *) mv \"$f\" \"${f%,*},F\"; break;; esac; done");
}

static void it_removes(void)
{
    run("cd mail/cur && for f in *; do rm -f \"$f\"; break; done");
}

static void it_writes_the_list(void)
{
    run("cp mail/dovecot-uidlist mail/other && mv mail/other mail/dovecot-uidlist");
}

/* As if it came in one tick of the clock with what changed new/ before, and we went on late. */
static void it_delivers_at_once(void)
{
    const struct timespec late = {.tv_nsec = 25000000};
    struct stat status;

    assert_int_equal(__real_fstatat(AT_FDCWD, "mail/new", &status, 0), 0);
    it_delivers();
    assert_int_equal(
        utimensat(AT_FDCWD, "mail/new", (struct timespec[]){status.st_mtim, status.st_mtim}, 0), 0);
    nanosleep(&late, NULL);
}

/* --- our commands ------------------------------------------------------------------------------- */

static void copy(const char *target, bool move)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);
    const uint32_t indices[] = {0, 1};
    struct arena *arena = arena_create();
    struct mailbox_copied copied;

    if (!mailbox_copy(mailbox, indices, mailbox->count < 2 ? mailbox->count : 2, target, move,
                      arena, &copied, &err))
        fail_msg("%s", err.text);
    arena_free(&arena);
    mailbox_close(&mailbox);
}

static void we_copy_to_itself(void)
{
    copy("INBOX", false);
}

static void we_move_to_itself(void)
{
    copy("INBOX", true);
}

static void we_copy(void)
{
    copy("box", false);
}

static void we_move(void)
{
    copy("box", true);
}

static void we_append(void)
{
    (void)append("INBOX", FLAG_SEEN, "Subject: appended\r\n\r\nx\r\n");
}

static void we_expunge(void)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    if (mailbox->count > 0 && !mailbox_expunge(mailbox, first_index, 1, &err))
        fail_msg("%s", err.text);
    mailbox_close(&mailbox);
}

static void we_flag(void)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    if (mailbox->count > 0)
        change(mailbox, FLAGS_ADD, FLAG_ANSWERED);
    mailbox_close(&mailbox);
}

/* --- the test ----------------------------------------------------------------------------------- */

/* A view that is shown anew is made of all flags, which must be as many as the record of the mailbox says. The two looks
 * may be at different states: what others did in the same tick of the clock is looked for a moment later. */
static void check(const char *name)
{
    struct store_status status;
    struct mailbox *mailbox;
    bool alike = false;

    for (unsigned looks_left = LOOKS_MAX; !alike && looks_left > 0; looks_left--) {
        mailbox = open_mailbox(name, true);
        status = (struct store_status){0};
        assert_true(store_status(store, name, true, &status, &err));
        alike = status.messages == mailbox->count;
        mailbox_close(&mailbox);
    }
    assert_true(alike);
    assert_int_equal(store->generation, 0);
}

struct between {
    const char *name;
    void (*ours)(void), (*others)(void);
};

/* Deliveries of one tick are all seen, however long a look takes. */
static void we_look(void)
{
    struct mailbox *mailbox = open_mailbox("INBOX", false);

    mailbox_close(&mailbox);
}

static void nothing_is_missed(void **state UNUSED)
{
    struct mailbox *mailbox;

    act = it_delivers_at_once;
    for (unsigned moment = 1; moment < MOMENTS_MAX; moment++) {
        looks = 0;
        acts_at = moment;
        we_look();
        if (looks < moment)
            break;
        acts_at = 0;
        mailbox = open_mailbox("INBOX", true);
        assert_int_equal(mailbox->count, moment);
        mailbox_close(&mailbox);
    }
    acts_at = 0;
}

static size_t count_shown(void)
{
    struct mailbox *mailbox = open_mailbox("INBOX", true);
    size_t count = mailbox->count;

    mailbox_close(&mailbox);
    return count;
}

/* After a clock that was wrong nothing is put off until its time comes. */
static void cur_of_the_future_hides_nothing(void **state UNUSED)
{
    const struct timespec future[] = {
        {.tv_sec = 4102444800, .tv_nsec = 1},
        {.tv_sec = 4102444800, .tv_nsec = 1}
    };
    const struct timespec own_ms = {.tv_nsec = 25000000};
    unsigned moments = MOMENTS_MAX;

    act = it_removes;
    it_delivers();
    we_look();
    for (unsigned moment = 1; moment <= moments; moment++) {
        assert_int_equal(utimensat(AT_FDCWD, "mail/cur", future, 0), 0);
        we_look();
        it_delivers();
        looks = 0;
        acts_at = moment;
        we_look();
        if (looks < moment) {
            moments = moment;
            it_removes();
        }
        acts_at = 0;
        nanosleep(&own_ms, NULL);
        assert_int_equal(count_shown(), 1);
    }
    assert_true(moments > 3 && moments < MOMENTS_MAX);
}

static void run_between(void **state)
{
    const struct between *between = *state;
    unsigned moments = MOMENTS_MAX;

    assert_true(store_create(store, "box", &err));
    act = between->others;
    for (unsigned moment = 1; moment <= moments; moment++) {
        for (unsigned i = 0; i < 3; i++)
            (void)append("INBOX", 0, "Subject: x\r\n\r\nx\r\n");
        looks = 0;
        acts_at = moment;
        between->ours();
        if (looks < moment)
            moments = moment;
        acts_at = 0;
        check("INBOX");
        check("box");
    }
    assert_true(moments > 3 && moments < MOMENTS_MAX);
}

#define BETWEEN(ours, others)                                                                      \
    {                                                                                              \
#ours ", " #others, ours, others                                                           \
    }
#define ALL_OF(ours)                                                                               \
    BETWEEN(ours, it_delivers), BETWEEN(ours, it_flags), BETWEEN(ours, it_removes),                \
        BETWEEN(ours, it_writes_the_list)

static struct between cases[] = {
    ALL_OF(we_copy_to_itself), ALL_OF(we_move_to_itself), ALL_OF(we_copy), ALL_OF(we_move),
    ALL_OF(we_append),         ALL_OF(we_expunge),        ALL_OF(we_flag),
};

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases) + 2] = {
        [ARRAY_LENGTH(cases)] = STORE_CASE(nothing_is_missed),
        [ARRAY_LENGTH(cases) + 1] = STORE_CASE(cur_of_the_future_hides_nothing),
    };

    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        tests[i] = (struct CMUnitTest){cases[i].name, run_between, store_set_up, store_tear_down,
                                       &cases[i]};
    return unit_run("store_between", tests, ARRAY_LENGTH(tests));
}
