/* lib/io/loop: what a callback hears, and that it may free what called it. */
#include "t/unit/unit.h"

#include "lib/io/loop.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

/* What callbacks heard, and what they are to do. */
struct ear {
    struct loop *loop;
    struct watch *watch;
    int calls;
    int fd;
    int events;
    int stop_after;  /* calls */
    bool free_watch; /* in the callback */
};

static void hear(void *context, int fd, int events)
{
    struct ear *ear = context;

    ear->calls++;
    ear->fd = fd;
    ear->events = events;
    if (ear->free_watch)
        watch_free(&ear->watch);
    if (ear->calls >= ear->stop_after)
        loop_stop(ear->loop);
}

struct scene {
    struct loop *loop;
    struct ear ear;
    int near, far;
};

static int set_up(void **state)
{
    struct scene *scene = mem_new(struct scene);
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    scene->loop = loop_create();
    scene->ear = (struct ear){.loop = scene->loop, .stop_after = 1};
    scene->near = ends[0];
    scene->far = ends[1];
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    watch_free(&scene->ear.watch);
    loop_free(&scene->loop);
    (void)close(scene->near);
    (void)close(scene->far);
    free(scene);
    return 0;
}

static void readable_descriptor_is_told_until_it_is_read(void **state)
{
    struct scene *scene = *state;
    struct ear *ear = &scene->ear;

    ear->stop_after = 3;
    ear->watch = watch_fd(scene->loop, scene->near, LOOP_READ, hear, ear);
    assert_int_equal(write(scene->far, "x", 1), 1);
    loop_run(scene->loop);
    assert_int_equal(ear->calls, 3);
    assert_int_equal(ear->fd, scene->near);
    assert_int_equal(ear->events, LOOP_READ);
}

static void what_is_watched_can_change(void **state)
{
    struct scene *scene = *state;
    struct ear *ear = &scene->ear;
    struct ear clock = {.loop = scene->loop, .stop_after = 1};

    assert_int_equal(write(scene->far, "x", 1), 1);
    ear->watch = watch_fd(scene->loop, scene->near, LOOP_READ, hear, ear);
    watch_events(ear->watch, LOOP_WRITE);
    loop_run(scene->loop);
    assert_int_equal(ear->events, LOOP_WRITE);
    watch_events(ear->watch, LOOP_READ | LOOP_WRITE);
    loop_run(scene->loop);
    assert_int_equal(ear->events, LOOP_READ | LOOP_WRITE);
    watch_events(ear->watch, 0);
    clock.watch = watch_timer(scene->loop, hear, &clock);
    timer_arm(clock.watch, 20);
    loop_run(scene->loop);
    assert_int_equal(ear->calls, 2);
    assert_int_equal(clock.calls, 1);
    watch_free(&clock.watch);
}

static void deadline_is_told_and_comes_again(void **state)
{
    struct scene *scene = *state;
    struct ear *ear = &scene->ear;

    ear->stop_after = 2;
    ear->watch = watch_fd(scene->loop, scene->near, LOOP_READ, hear, ear);
    watch_deadline(ear->watch, 20);
    loop_run(scene->loop);
    assert_int_equal(ear->events, LOOP_TIMEOUT);
    assert_int_equal(ear->calls, 2);
    watch_events(ear->watch, 0); /* a pause that does not outlast the deadline */
    ear->events = 0;
    loop_run(scene->loop);
    assert_int_equal(ear->events, LOOP_TIMEOUT);
    watch_deadline(ear->watch, -1);
    watch_events(ear->watch, LOOP_READ);
    assert_int_equal(write(scene->far, "x", 1), 1);
    loop_run(scene->loop);
    assert_int_equal(ear->events, LOOP_READ);
}

static void timer_fires_once_for_each_arming(void **state)
{
    struct scene *scene = *state;
    struct ear *ear = &scene->ear;
    struct ear later = {.loop = scene->loop, .stop_after = 1};

    ear->stop_after = 10;
    ear->watch = watch_timer(scene->loop, hear, ear);
    later.watch = watch_timer(scene->loop, hear, &later);
    timer_arm(ear->watch, 5000);
    timer_arm(ear->watch, 0); /* moved */
    timer_arm(later.watch, 20);
    loop_run(scene->loop);
    assert_int_equal(ear->calls, 1);
    assert_int_equal(ear->events, LOOP_TIMEOUT);
    timer_arm(ear->watch, 0);
    timer_disarm(ear->watch);
    timer_arm(later.watch, 20);
    loop_run(scene->loop);
    assert_int_equal(ear->calls, 1);
    watch_free(&later.watch);
}

static void callback_may_free_its_watch(void **state)
{
    struct scene *scene = *state;
    struct ear *ear = &scene->ear;

    ear->free_watch = true;
    ear->watch = watch_fd(scene->loop, scene->near, LOOP_READ | LOOP_WRITE, hear, ear);
    watch_deadline(ear->watch, 10000);
    assert_int_equal(write(scene->far, "x", 1), 1);
    loop_run(scene->loop);
    assert_int_equal(ear->calls, 1);
    assert_null(ear->watch);
    ear->watch = watch_timer(scene->loop, hear, ear);
    timer_arm(ear->watch, 0);
    loop_run(scene->loop);
    assert_int_equal(ear->calls, 2);
    assert_null(ear->watch);
}

static void signal_is_an_event(void **state)
{
    struct scene *scene = *state;
    struct ear *ear = &scene->ear;

    ear->watch = watch_signal(scene->loop, SIGUSR1, hear, ear);
    assert_int_equal(raise(SIGUSR1), 0);
    loop_run(scene->loop);
    assert_int_equal(ear->fd, SIGUSR1);
}

/* login gives a connection away and closes its own descriptor: nothing of it may be left. */
static void freed_watch_of_a_passed_descriptor_is_silent(void **state)
{
    struct scene *scene = *state;
    struct ear *ear = &scene->ear;
    struct ear clock = {.loop = scene->loop, .stop_after = 1};
    int passed = dup(scene->near);

    ear->watch = watch_fd(scene->loop, scene->near, LOOP_READ, hear, ear);
    watch_free(&ear->watch);
    (void)close(scene->near);
    assert_int_equal(write(scene->far, "x", 1), 1);
    clock.watch = watch_timer(scene->loop, hear, &clock);
    timer_arm(clock.watch, 20);
    loop_run(scene->loop);
    assert_int_equal(ear->calls, 0);
    watch_free(&clock.watch);
    scene->near = passed;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(readable_descriptor_is_told_until_it_is_read),
        TEST(what_is_watched_can_change),
        TEST(deadline_is_told_and_comes_again),
        TEST(timer_fires_once_for_each_arming),
        TEST(callback_may_free_its_watch),
        TEST(signal_is_an_event),
        TEST(freed_watch_of_a_passed_descriptor_is_silent),
    };

    return unit_run("io_loop", tests, ARRAY_LENGTH(tests));
}
