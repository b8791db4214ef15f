/* Who of a service's processes is free: what master and the processes see on the shared page. */
#include "t/unit/unit.h"

#include "lib/service/scoreboard.h"

#include <sys/mman.h>
#include <unistd.h>

struct world {
    struct scoreboard *master;  /* as master has it */
    struct scoreboard *process; /* as a process has it */
    int fd;
};

static int open_board(void **state)
{
    static struct world world;
    struct error err = {0};

    world.master = scoreboard_create(&world.fd, &err);
    if (world.master == NULL)
        return -1;
    world.process = scoreboard_attach(world.fd, &err);
    *state = &world;
    return world.process == NULL ? -1 : 0;
}

static int close_board(void **state)
{
    struct world *world = *state;

    scoreboard_detach(&world->master);
    scoreboard_detach(&world->process);
    return close(world->fd);
}

static void a_new_process_is_free(void **state)
{
    struct world *world = *state;

    scoreboard_enter(world->master, 3);
    assert_true(scoreboard_is_free(world->process, 3));
    assert_false(scoreboard_has_served(world->master, 3));
}

static void the_last_one_taken_knows_it(void **state)
{
    struct world *world = *state;

    scoreboard_enter(world->master, 0);
    scoreboard_enter(world->master, 1);
    assert_false(scoreboard_take(world->process, 0));
    assert_true(scoreboard_take(world->process, 1));
}

static void somebody_far_away_counts(void **state)
{
    struct world *world = *state;

    scoreboard_enter(world->master, 0);
    scoreboard_enter(world->master, SCOREBOARD_SLOTS - 1);
    assert_false(scoreboard_take(world->process, 0));
    assert_true(scoreboard_take(world->process, SCOREBOARD_SLOTS - 1));
}

static void who_is_free_again_counts(void **state)
{
    struct world *world = *state;

    scoreboard_enter(world->master, 0);
    scoreboard_enter(world->master, 1);
    assert_false(scoreboard_take(world->process, 0));
    scoreboard_free(world->process, 0);
    assert_false(scoreboard_take(world->process, 1));
    assert_true(scoreboard_is_free(world->master, 0));
    assert_false(scoreboard_is_free(world->master, 1));
}

static void whoever_was_taken_has_served(void **state)
{
    struct world *world = *state;

    scoreboard_enter(world->master, 65);
    (void)!scoreboard_take(world->process, 65);
    assert_true(scoreboard_has_served(world->master, 65));
    scoreboard_free(world->process, 65);
    assert_true(scoreboard_has_served(world->master, 65));
    scoreboard_enter(world->master, 65); /* the next process in this slot */
    assert_false(scoreboard_has_served(world->master, 65));
}

static void who_serves_many_stays_free(void **state)
{
    struct world *world = *state;

    scoreboard_enter(world->master, 0);
    assert_false(scoreboard_has_many(world->master));
    scoreboard_say_many(world->process);
    scoreboard_serve(world->process, 0);
    assert_true(scoreboard_has_many(world->master));
    assert_true(scoreboard_has_served(world->master, 0));
    assert_true(scoreboard_is_free(world->master, 0));
}

static void who_has_left_does_not_count(void **state)
{
    struct world *world = *state;

    scoreboard_enter(world->master, 0);
    scoreboard_enter(world->master, 1);
    scoreboard_leave(world->master, 1);
    assert_true(scoreboard_take(world->process, 0));
}

static void clients_of_an_address_are_counted(void **state)
{
    static const unsigned char one[16] = {1}, other[16] = {[15] = 1}, third[16] = {1, [15] = 1},
                               none[16] = {0};
    struct world *world = *state;

    for (unsigned slot = 0; slot < 4; slot++)
        scoreboard_enter(world->master, slot);
    scoreboard_enter(world->master, SCOREBOARD_SLOTS - 1);
    assert_int_equal(scoreboard_meet(world->process, 0, one), 1);
    assert_int_equal(scoreboard_meet(world->process, 1, other), 1);
    assert_int_equal(scoreboard_meet(world->process, 2, third), 1);
    assert_int_equal(scoreboard_meet(world->process, SCOREBOARD_SLOTS - 1, one), 2);
    scoreboard_part(world->process, 0);
    assert_int_equal(scoreboard_meet(world->process, 3, one), 2);
    scoreboard_part(world->master, SCOREBOARD_SLOTS - 1); /* it is gone */
    assert_int_equal(scoreboard_meet(world->process, 3, one), 1);
    assert_int_equal(scoreboard_meet(world->process, 0, none), 1); /* as any other */
}

static void nobody_can_shrink_the_page(void **state)
{
    struct world *world = *state;

    assert_int_equal(ftruncate(world->fd, 0), -1);
}

static void another_file_is_no_scoreboard(void **state UNUSED)
{
    int fd = memfd_create("other", MFD_CLOEXEC);
    struct error err = {0};

    assert_null(scoreboard_attach(fd, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    (void)close(fd);
}

#define BOARD_TEST(text, function)                                                                 \
    {                                                                                              \
        .name = (text), .test_func = (function), .setup_func = open_board,                         \
        .teardown_func = close_board                                                               \
    }

int main(void)
{
    static const struct CMUnitTest tests[] = {
        BOARD_TEST("a new process is free and has not served", a_new_process_is_free),
        BOARD_TEST("the last one that is taken knows it", the_last_one_taken_knows_it),
        BOARD_TEST("somebody free in the last slot counts", somebody_far_away_counts),
        BOARD_TEST("who is free again counts", who_is_free_again_counts),
        BOARD_TEST("whoever was taken has served", whoever_was_taken_has_served),
        BOARD_TEST("who serves many clients stays free", who_serves_many_stays_free),
        BOARD_TEST("who has left does not count", who_has_left_does_not_count),
        BOARD_TEST("clients of one address are counted, of each its own",
                   clients_of_an_address_are_counted),
        BOARD_TEST("nobody can shrink the page under the others", nobody_can_shrink_the_page),
        BOARD_TEST("another file is no scoreboard", another_file_is_no_scoreboard),
    };

    return unit_run("service_scoreboard", tests, ARRAY_LENGTH(tests));
}
