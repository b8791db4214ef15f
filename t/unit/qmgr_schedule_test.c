/* qmgr's scheduler: fairness, concurrency windows, the death and return of destinations. */
#include "t/unit/unit.h"

#include "qmgr/schedule.h"

static struct transport_limits limits_of(void *context, const char *transport UNUSED)
{
    const struct transport_limits *limits = context;

    return *limits;
}

static const struct transport_limits usual = {
    .processes = 100,
    .recipients = 50,
    .window = {.initial = 5, .maximum = 20, {1, FEEDBACK_CONSTANT}, {1, FEEDBACK_CONSTANT}, 1},
    .slots = {.cost = 5,            .loan = 3,                 .discount = 50,                   .minimum = 3          },
    .reading = {.recipients = 20000,            .extra = 1000,       .refill = 100,     .refill_delay_ms = 5000},
    .destination_dead_ms = 300000,
    .transport_dead_ms = 60000,
};

struct scene {
    struct transport_limits limits;
    struct schedule *schedule;
    struct transport *smtp;
    struct reading messages[10000]; /* by number */
    struct entry entries[2000];
    size_t used;
    int64_t now_ms;
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scene->limits = usual;
    scene->schedule = schedule_create(limits_of, &scene->limits);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    schedule_free(&scene->schedule);
    free(scene);
    return 0;
}

static struct entry *add(struct scene *scene, uint64_t message, const char *nexthop)
{
    struct entry *entry = &scene->entries[scene->used++];
    struct reading *reading = &scene->messages[message];

    if (reading->message == 0)
        reading_begin(reading, schedule_readings(scene->schedule), message, 10, scene->now_ms);
    scene->smtp = schedule_transport(scene->schedule, "smtp");
    schedule_add(scene->schedule, schedule_destination(scene->schedule, scene->smtp, nexthop, ""),
                 entry, reading);
    schedule_join(entry);
    return entry;
}

static struct entry *next(struct scene *scene)
{
    return schedule_next(scene->schedule, scene->smtp, scene->now_ms);
}

static void done(struct scene *scene, struct entry *entry)
{
    schedule_done(scene->schedule, entry, VERDICT_REACHED, NULL, 0);
}

static const struct refusal unreachable = {(char[]){"4.4.1"}, (char[]){"connect to a: refused"}};

static void miss(struct scene *scene, struct entry *entry)
{
    schedule_done(scene->schedule, entry, VERDICT_UNREACHABLE, &unreachable, 0);
}

/* --- fairness --------------------------------------------------------------------------------------- */

static void messages_of_one_recipient_go_in_order(void **state)
{
    struct scene *scene = *state;

    for (uint64_t message = 1; message <= 20; message++)
        add(scene, message, message % 2 == 0 ? "a" : "b");
    for (size_t i = 0; i < 10; i++) {
        struct entry *entry = next(scene);
        assert_ptr_equal(entry, &scene->entries[i]);
        done(scene, entry);
    }
}

static void add_list(struct scene *scene, uint64_t message, size_t deliveries)
{
    for (size_t i = 0; i < deliveries; i++)
        add(scene, message, "list");
}

/* So many deliveries of the first message, one after the other. */
static void deliver_list(struct scene *scene, size_t deliveries)
{
    for (size_t i = 0; i < deliveries; i++) {
        struct entry *entry = next(scene);
        assert_int_equal(entry->job->message, 1);
        done(scene, entry);
    }
}

static void a_small_message_passes_a_list(void **state)
{
    struct scene *scene = *state;
    struct entry *small;

    add_list(scene, 1, 1000);
    deliver_list(scene, 1);
    small = add(scene, 2, "elsewhere");
    assert_ptr_equal(next(scene), small);
}

static void it_costs_the_next_one_time(void **state)
{
    struct scene *scene = *state;
    struct entry *small;

    add_list(scene, 1, 1000);
    deliver_list(scene, 1);
    done(scene, (add(scene, 2, "elsewhere"), next(scene)));
    small = add(scene, 3, "list");
    deliver_list(scene, 5);
    assert_ptr_equal(next(scene), small);
}

static void a_list_goes_on_among_small_messages(void **state)
{
    struct scene *scene = *state;
    size_t of_list = 0;

    add_list(scene, 1, 1000);
    for (uint64_t message = 2; message < 602; message++) {
        struct entry *entry;
        add(scene, message, "elsewhere");
        entry = next(scene);
        of_list += entry->job->message == 1;
        done(scene, entry);
    }
    assert_in_range(of_list, 495, 505); /* of 6 deliveries 5 */
}

static void without_a_loan_slots_are_earned_first(void **state)
{
    struct scene *scene = *state;
    struct entry *small;

    scene->limits.slots = (struct slot_limits){.cost = 4, .loan = 0, .discount = 0, .minimum = 3};
    add_list(scene, 1, 100);
    small = add(scene, 2, "elsewhere");
    deliver_list(scene, 4);
    assert_ptr_equal(next(scene), small);
}

static void a_discount_lends_a_part_of_what_is_needed(void **state)
{
    struct scene *scene = *state;

    scene->limits.slots = (struct slot_limits){.cost = 2, .loan = 0, .discount = 75, .minimum = 3};
    add_list(scene, 1, 100);
    for (size_t i = 0; i < 8; i++)
        add(scene, 2, "elsewhere");
    deliver_list(scene, 4); /* for 2 of 8 */
    assert_int_equal(next(scene)->job->message, 2);
}

static void who_cannot_earn_slots_is_not_passed(void **state)
{
    struct scene *scene = *state;

    add_list(scene, 1, 14); /* 3 slots at 5 deliveries are 15 */
    add(scene, 2, "elsewhere");
    deliver_list(scene, 14);
}

static void what_has_too_many_deliveries_does_not_pass(void **state)
{
    struct scene *scene = *state;

    add_list(scene, 1, 20);
    for (size_t i = 0; i < 5; i++)
        add(scene, 2, "elsewhere"); /* 20 deliveries earn 4 */
    deliver_list(scene, 20);
}

static void a_cost_of_one_turns_it_off(void **state)
{
    struct scene *scene = *state;

    scene->limits.slots.cost = 1;
    add_list(scene, 1, 100);
    add(scene, 2, "elsewhere");
    deliver_list(scene, 100);
}

static void who_waited_longest_for_each_delivery_passes(void **state)
{
    struct scene *scene = *state;
    struct entry *old;

    add_list(scene, 1, 100);
    add(scene, 2, "elsewhere");
    add(scene, 2, "elsewhere");
    scene->now_ms = 30000;
    old = add(scene, 3, "elsewhere");
    add(scene, 4, "elsewhere");
    scene->now_ms = 40000; /* 41 s for two, 11 s for one: 20.5 and 11 */
    deliver_list(scene, 1);
    assert_int_equal(next(scene)->job->message, 2);
    assert_int_equal(next(scene)->job->message, 2);
    deliver_list(scene, 10);
    assert_ptr_equal(next(scene), old);
}

static void what_is_not_used_of_the_slots_goes_back(void **state)
{
    struct scene *scene = *state;
    struct refusal refusal;
    struct entry *small;

    scene->limits.window.initial = 1;
    add_list(scene, 1, 200);
    deliver_list(scene, 1);
    for (size_t i = 0; i < 4; i++)
        add(scene, 2, "dead");
    miss(scene, next(scene)); /* of its 4 slots it used one: the destination is dead */
    while (schedule_refused(scene->schedule, &refusal) != NULL)
        continue;
    small = add(scene, 3, "elsewhere");
    deliver_list(scene, 5); /* not 20 */
    assert_ptr_equal(next(scene), small);
}

static void who_cannot_be_delivered_does_not_pass(void **state)
{
    struct scene *scene = *state;
    struct entry *first, *small;

    scene->limits.window.initial = scene->limits.window.maximum = 1;
    add_list(scene, 1, 100);
    first = add(scene, 2, "busy");
    deliver_list(scene, 1);
    assert_ptr_equal(next(scene), first);
    add(scene, 3, "busy");
    small = add(scene, 4, "elsewhere");
    deliver_list(scene, 5);
    assert_ptr_equal(next(scene), small);
}

/* Everything is delivered, once, whatever happens in between; the sanitizer sees what is freed. */
static void nothing_is_lost_in_a_mess(void **state)
{
    static const char *const nexthops[] = {"a", "b", "c", "d", "e"};
    struct scene *scene = *state;
    struct entry *flying[100];
    size_t in_air = 0, landed = 0;
    struct refusal refusal;
    uint64_t message = 0;

    srandom(7);
    while (landed < ARRAY_LENGTH(scene->entries) && message + 1 < ARRAY_LENGTH(scene->messages)) {
        size_t deliveries = random() % 4 == 0 ? 40 : 1;
        struct entry *entry;

        scene->now_ms += random() % 300;
        (void)schedule_tick(scene->schedule, scene->now_ms);
        for (message++; deliveries > 0 && scene->used < ARRAY_LENGTH(scene->entries); deliveries--)
            add(scene, message, nexthops[random() % ARRAY_LENGTH(nexthops)]);
        while (in_air < ARRAY_LENGTH(flying) && random() % 8 != 0 && (entry = next(scene)) != NULL)
            flying[in_air++] = entry;
        while (in_air > 0 && random() % 8 != 0) {
            size_t which = (size_t)random() % in_air;
            long fate = random() % 20;

            entry = flying[which];
            flying[which] = flying[--in_air];
            if (fate == 0)
                schedule_again(scene->schedule, entry);
            else if (fate == 1)
                miss(scene, entry);
            else
                done(scene, entry);
            landed += fate != 0;
        }
        while (schedule_refused(scene->schedule, &refusal) != NULL)
            landed++;
        if (random() % 10 == 0)
            schedule_revive(scene->schedule);
    }
    assert_int_equal(landed, ARRAY_LENGTH(scene->entries));
    assert_null(scene->smtp->jobs.first);
    assert_null(next(scene));
}

static void a_full_destination_blocks_no_other(void **state)
{
    struct scene *scene = *state;
    struct entry *other;

    for (uint64_t message = 1; message <= 10; message++)
        add(scene, message, "slow");
    other = add(scene, 11, "fast");
    for (size_t i = 0; i < 5; i++)
        assert_ptr_equal(next(scene), &scene->entries[i]);
    assert_ptr_equal(next(scene), other);
    assert_null(next(scene));
}

static void recipients_join_the_entry_of_their_message(void **state)
{
    struct scene *scene = *state;
    struct entry *entry = add(scene, 1, "a");
    struct destination *destination = schedule_destination(scene->schedule, scene->smtp, "a", "");

    assert_ptr_equal(schedule_filling(destination, &scene->messages[1]), entry);
    add(scene, 2, "a");
    assert_null(schedule_filling(destination, &scene->messages[1]));
    assert_ptr_equal(next(scene), entry);
    assert_non_null(schedule_filling(destination, &scene->messages[2]));
    assert_non_null(next(scene));
    assert_null(schedule_filling(destination, &scene->messages[2]));
    assert_ptr_not_equal(schedule_destination(scene->schedule, scene->smtp, "a", "bob"),
                         destination);
    add(scene, 3, "a");
}

/* --- concurrency ------------------------------------------------------------------------------------- */

static size_t run_all(struct scene *scene)
{
    size_t count = 0;

    while (next(scene) != NULL)
        count++;
    return count;
}

static void processes_limit_a_transport(void **state)
{
    struct scene *scene = *state;

    scene->limits.processes = 3;
    for (uint64_t message = 1; message <= 5; message++)
        add(scene, message, message % 2 == 0 ? "a" : "b");
    assert_int_equal(run_all(scene), 3);
    done(scene, &scene->entries[0]);
    assert_int_equal(run_all(scene), 1);
}

static void the_window_grows_with_success(void **state)
{
    struct scene *scene = *state;

    for (uint64_t message = 1; message <= 100; message++)
        add(scene, message, "a");
    assert_int_equal(run_all(scene), 5);
    for (size_t i = 0; i < 5; i++)
        done(scene, &scene->entries[i]);
    assert_int_equal(run_all(scene), 8); /* the last two found no use for more */
    for (size_t i = 5; i < 13; i++)
        done(scene, &scene->entries[i]);
    for (size_t i = 13; i < 60; i++)
        done(scene, next(scene));
    assert_in_range(run_all(scene), 6, 20);
}

static void a_failing_destination_dies(void **state)
{
    struct scene *scene = *state;
    struct refusal refusal;

    for (uint64_t message = 1; message <= 10; message++)
        add(scene, message, "a");
    assert_int_equal(run_all(scene), 5);
    for (size_t i = 0; i < 2; i++)
        miss(scene, &scene->entries[i]); /* 1/5 + 1/3 of a cohort */
    assert_null(schedule_refused(scene->schedule, &refusal));
    miss(scene, &scene->entries[2]); /* and 1/2 */
    for (size_t i = 5; i < 10; i++) {
        assert_ptr_equal(schedule_refused(scene->schedule, &refusal), &scene->entries[i]);
        assert_string_equal(refusal.status, unreachable.status);
        assert_string_equal(refusal.text, unreachable.text);
    }
    assert_null(schedule_refused(scene->schedule, &refusal));
}

static void kill_destination(struct scene *scene)
{
    for (uint64_t message = 1; message <= 5; message++)
        add(scene, message, "a");
    assert_int_equal(run_all(scene), 5);
    for (size_t i = 0; i < 5; i++)
        miss(scene, &scene->entries[i]);
}

static void the_dead_refuse_until_their_time_is_over(void **state)
{
    struct scene *scene = *state;
    struct refusal refusal;
    struct entry *entry;

    kill_destination(scene);
    entry = add(scene, 10, "a");
    assert_null(next(scene));
    assert_ptr_equal(schedule_refused(scene->schedule, &refusal), entry);
    assert_int_equal(schedule_tick(scene->schedule, 100), 299900);
    assert_int_equal(schedule_tick(scene->schedule, 300000), -1);
    entry = add(scene, 11, "a");
    assert_ptr_equal(next(scene), entry);
}

static void a_flush_revives_the_dead(void **state)
{
    struct scene *scene = *state;
    struct entry *entry;

    kill_destination(scene);
    schedule_revive(scene->schedule);
    entry = add(scene, 10, "a");
    assert_ptr_equal(next(scene), entry);
    assert_int_equal(schedule_tick(scene->schedule, 0), -1);
}

static void success_forgives_failures(void **state)
{
    struct scene *scene = *state;
    struct refusal refusal;

    scene->limits.window.negative.amount = 0.5;
    add(scene, 100, "a"); /* keeps the destination alive */
    (void)next(scene);
    for (uint64_t message = 1; message <= 40; message++) {
        struct entry *entry = add(scene, message, "a");
        assert_ptr_equal(next(scene), entry);
        if (message % 2 == 0)
            done(scene, entry);
        else
            miss(scene, entry);
        if (schedule_refused(scene->schedule, &refusal) != NULL)
            fail_msg("died at message %d", (int)message);
    }
}

static void a_dead_transport_refuses_everything(void **state)
{
    struct scene *scene = *state;
    struct refusal reason = {(char[]){"4.3.0"}, (char[]){"mail transport unavailable"}};
    struct refusal refusal;

    add(scene, 1, "a");
    add(scene, 2, "b");
    schedule_transport_dies(scene->schedule, scene->smtp, &reason, 0);
    add(scene, 3, "c");
    for (size_t i = 0; i < 3; i++) {
        assert_non_null(schedule_refused(scene->schedule, &refusal));
        assert_string_equal(refusal.text, reason.text);
    }
    assert_int_equal(schedule_tick(scene->schedule, 60000), -1);
    (void)add(scene, 4, "a");
    assert_ptr_equal(next(scene), &scene->entries[3]);
}

static void an_entry_may_go_again(void **state)
{
    struct scene *scene = *state;
    struct entry *entry = add(scene, 1, "a");

    add(scene, 2, "a");
    assert_ptr_equal(next(scene), entry);
    schedule_again(scene->schedule, entry);
    assert_ptr_equal(next(scene), entry);
    done(scene, entry);
}

static void a_destination_delay_spaces_deliveries(void **state)
{
    struct scene *scene = *state;

    scene->limits.destination_delay_ms = 1000;
    for (uint64_t message = 1; message <= 3; message++)
        add(scene, message, "a");
    assert_int_equal(run_all(scene), 1);
    done(scene, &scene->entries[0]);
    assert_null(next(scene));
    assert_int_equal(schedule_tick(scene->schedule, 400), 600);
    assert_int_equal(schedule_tick(scene->schedule, 1000), -1);
    assert_int_equal(run_all(scene), 1);
}

static void a_transport_delay_spaces_all(void **state)
{
    struct scene *scene = *state;

    scene->limits.transport_delay_ms = 1000;
    add(scene, 1, "a");
    add(scene, 2, "b");
    assert_int_equal(run_all(scene), 1);
    done(scene, &scene->entries[0]);
    assert_int_equal(run_all(scene), 0);
    (void)schedule_tick(scene->schedule, 1000);
    assert_int_equal(run_all(scene), 1);
}

/* --- feedback ----------------------------------------------------------------------------------------- */

static const struct feedback_case {
    const char *name, *text;
    bool good;
    double amount;
    int divisor;
} feedback_cases[] = {
    {"feedback: a whole",               "1",                    true,  1,   FEEDBACK_CONSTANT        },
    {"feedback: a decimal fraction",    "0.25",                 true,  .25, FEEDBACK_CONSTANT        },
    {"feedback: a fraction",            "1/4",                  true,  .25, FEEDBACK_CONSTANT        },
    {"feedback: by concurrency",        "1/concurrency",        true,  1,   FEEDBACK_CONCURRENCY     },
    {"feedback: by its square root",    "1 / sqrt_concurrency", true,  1,   FEEDBACK_SQRT_CONCURRENCY},
    {"feedback: more than one is none", "2",                    false, 0,   0                        },
    {"feedback: less than zero",        "-1",                   false, 0,   0                        },
    {"feedback: a division by zero",    "1/0",                  false, 0,   0                        },
    {"feedback: by something else",     "1/weather",            false, 0,   0                        },
    {"feedback: no number",             "nan",                  false, 0,   0                        },
    {"feedback: nothing",               "",                     false, 0,   0                        },
};

static void parse_feedback(void **state)
{
    const struct feedback_case *c = *state;
    struct feedback feedback = {0};

    assert_int_equal(feedback_parse(c->text, &feedback), c->good);
    assert_true(feedback.amount == c->amount);
    assert_int_equal(feedback.divisor, c->divisor);
}

static void slow_feedback_needs_a_cohort(void **state UNUSED)
{
    struct window_limits limits = {
        .initial = 4, .positive = {1, FEEDBACK_CONCURRENCY},
             .negative = {1, FEEDBACK_CONCURRENCY}
    };
    struct window window = window_start(&limits);

    for (int i = 0; i < 3; i++)
        assert_true(window_success(&window, &limits, 4));
    assert_int_equal(window.size, 4);
    assert_true(window_success(&window, &limits, 4));
    assert_int_equal(window.size, 5);
    assert_false(window_failure(&window, &limits)); /* the first counts at once, */
    assert_int_equal(window.size, 4);
    for (int i = 0; i < 2; i++)
        assert_false(window_failure(&window, &limits));
    assert_int_equal(window.size, 4);
    assert_false(window_failure(&window, &limits)); /* then nearly a window full of them */
    assert_int_equal(window.size, 3);
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest scenes[] = {
        SCENE(messages_of_one_recipient_go_in_order),
        SCENE(a_small_message_passes_a_list),
        SCENE(it_costs_the_next_one_time),
        SCENE(a_list_goes_on_among_small_messages),
        SCENE(without_a_loan_slots_are_earned_first),
        SCENE(a_discount_lends_a_part_of_what_is_needed),
        SCENE(who_cannot_earn_slots_is_not_passed),
        SCENE(what_has_too_many_deliveries_does_not_pass),
        SCENE(a_cost_of_one_turns_it_off),
        SCENE(who_waited_longest_for_each_delivery_passes),
        SCENE(what_is_not_used_of_the_slots_goes_back),
        SCENE(who_cannot_be_delivered_does_not_pass),
        SCENE(nothing_is_lost_in_a_mess),
        SCENE(a_full_destination_blocks_no_other),
        SCENE(recipients_join_the_entry_of_their_message),
        SCENE(processes_limit_a_transport),
        SCENE(the_window_grows_with_success),
        SCENE(a_failing_destination_dies),
        SCENE(the_dead_refuse_until_their_time_is_over),
        SCENE(a_flush_revives_the_dead),
        SCENE(success_forgives_failures),
        SCENE(a_dead_transport_refuses_everything),
        SCENE(an_entry_may_go_again),
        SCENE(a_destination_delay_spaces_deliveries),
        SCENE(a_transport_delay_spaces_all),
        cmocka_unit_test(slow_feedback_needs_a_cohort),
    };
    struct CMUnitTest tests[ARRAY_LENGTH(scenes) + ARRAY_LENGTH(feedback_cases)];
    size_t used = 0;

    for (size_t i = 0; i < ARRAY_LENGTH(scenes); i++)
        tests[used++] = scenes[i];
    UNIT_ADD_ROWS(tests, used, feedback_cases, parse_feedback);
    return unit_run("qmgr_schedule", tests, used);
}
