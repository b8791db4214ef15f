/* How many recipients of which message may be in memory, and when more are read. */
#include "t/unit/unit.h"

#include "qmgr/hungry.h"
#include "qmgr/schedule.h"

#define SECOND   1000
#define ENTRIES  20000
#define MESSAGES 100

struct message {
    struct reading reading;
    size_t in_file; /* recipients that are not read */
    size_t known;   /* by entries */
};

struct scene {
    struct transport_limits limits;
    struct schedule *schedule;
    struct message messages[MESSAGES];
    struct entry *entries;
    size_t used;
    int64_t now_ms;
};

static struct transport_limits limits_of(void *context, const char *transport UNUSED)
{
    const struct scene *scene = context;

    return scene->limits;
}

static const struct transport_limits usual = {
    .processes = 2,
    .recipients = 50,
    .window = {.initial = 5, .maximum = 20, {1, FEEDBACK_CONSTANT}, {1, FEEDBACK_CONSTANT}, 1},
    .slots = {.cost = 5,            .loan = 3,                 .discount = 50,                   .minimum = 3          },
    .reading = {.recipients = 1000,            .extra = 100,        .refill = 20,       .refill_delay_ms = 5 * SECOND},
    .destination_dead_ms = 300000,
    .transport_dead_ms = 60000,
};

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));

    scene->limits = usual;
    scene->entries = calloc(ENTRIES, sizeof(*scene->entries));
    scene->schedule = schedule_create(limits_of, scene);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;

    schedule_free(&scene->schedule);
    free(scene->entries);
    free(scene);
    return 0;
}

static struct transport *transport_of(struct scene *scene, const char *name)
{
    return schedule_transport(scene->schedule, name);
}

/* A recipient who goes by himself. */
static void place(struct scene *scene, struct message *message, const char *transport,
                  const char *nexthop)
{
    struct entry *entry = &scene->entries[scene->used++];

    schedule_add(scene->schedule,
                 schedule_destination(scene->schedule, transport_of(scene, transport), nexthop, ""),
                 entry, &message->reading);
    schedule_join(entry);
    message->known++;
}

/* The next `count` recipients, for this transport. */
static void read_portion(struct scene *scene, struct message *message, int64_t count,
                         const char *transport, const char *nexthop)
{
    if (count > (int64_t)message->in_file)
        count = (int64_t)message->in_file;
    message->in_file -= (size_t)count;
    reading_read(&message->reading, message->in_file, scene->now_ms);
    for (; count > 0; count--)
        place(scene, message, transport, nexthop);
    reading_scheduled(&message->reading);
}

static struct message *arrive(struct scene *scene, size_t number, size_t recipients)
{
    struct message *message = &scene->messages[number];

    message->in_file = recipients;
    reading_begin(&message->reading, schedule_readings(scene->schedule), number, 10, scene->now_ms);
    return message;
}

/* A message of which `count` recipients are read at first. */
static struct message *arrive_read(struct scene *scene, size_t number, size_t recipients,
                                   int64_t count)
{
    struct message *message = arrive(scene, number, recipients);

    read_portion(scene, message, count, "smtp", "a");
    return message;
}

static struct entry *take(struct scene *scene, const char *transport)
{
    return schedule_next(scene->schedule, transport_of(scene, transport), scene->now_ms);
}

static void done(struct scene *scene, struct entry *entry)
{
    schedule_done(scene->schedule, entry, VERDICT_REACHED, NULL, scene->now_ms);
}

static void deliver(struct scene *scene, size_t count)
{
    for (; count > 0; count--)
        done(scene, take(scene, "smtp"));
}

static int64_t share(const struct message *message)
{
    return reading_next_share(&message->reading);
}

static bool is_hungry(struct scene *scene, const struct message *message)
{
    return hungry_next(schedule_readings(scene->schedule), scene->now_ms) == &message->reading;
}

/* --- slots ------------------------------------------------------------------------------------------- */

static void the_first_time_the_global_limit_counts(void **state)
{
    struct scene *scene = *state;
    struct message *message = arrive(scene, 1, 500);

    assert_int_equal(reading_first_share(&message->reading, 300), 300);
    read_portion(scene, message, 300, "smtp", "a");
    message = arrive(scene, 2, 500);
    assert_int_equal(reading_first_share(&message->reading, 305), 10); /* the minimum */
    assert_int_equal(reading_first_share(&message->reading, 320), 20);
    assert_int_equal(schedule_readings(scene->schedule)->in_memory, 300);
}

static void the_first_unread_message_has_all_slots(void **state)
{
    struct scene *scene = *state;
    struct message *first = arrive_read(scene, 1, 5000, 10);
    struct message *second = arrive_read(scene, 2, 5000, 10);

    assert_int_equal(share(first), 1000);
    assert_int_equal(share(second), 0);
    deliver(scene, 4);
    assert_int_equal(share(first), 1004);
}

static void when_it_is_read_the_next_one_has_them(void **state)
{
    struct scene *scene = *state;
    struct message *first = arrive_read(scene, 1, 400, 10);
    struct message *second = arrive_read(scene, 2, 5000, 10);

    read_portion(scene, first, share(first), "smtp", "a");
    assert_int_equal(first->in_file, 0);
    assert_int_equal(share(second), 600);
    deliver(scene, 100);
    assert_int_equal(share(second), 700);
    deliver(scene, 300);
    assert_int_equal(share(second), 1000);
}

static void who_is_read_at_once_has_what_he_needs(void **state)
{
    struct scene *scene = *state;
    struct message *second;

    arrive_read(scene, 1, 30, 30);
    assert_int_equal(transport_of(scene, "smtp")->jobs.unused, 970);
    second = arrive_read(scene, 2, 5000, 10);
    assert_int_equal(share(second), 970);
    arrive_read(scene, 3, 50, 50); /* too late: the minimum and the global limit read it */
    assert_int_equal(share(second), 970);
    deliver(scene, 30);
    assert_int_equal(share(second), 1000);
}

static void who_comes_before_the_first_takes_over(void **state)
{
    struct scene *scene = *state;
    struct message *old = arrive(scene, 1, 5000);
    struct message *new;

    read_portion(scene, old, 10, "local", "a");
    new = arrive_read(scene, 2, 5000, 10);
    assert_int_equal(share(new), 1000);
    read_portion(scene, old, 10, "smtp", "a"); /* now it has mail for that transport, too */
    assert_int_equal(share(new), 10);          /* it keeps slots for the ten who are in memory */
    assert_int_equal(share(old), 10 + 1000 + 990 - 20);
}

static void a_job_lends_slots_to_another_of_its_message(void **state)
{
    struct scene *scene = *state;
    struct message *message = arrive(scene, 1, 2500);

    read_portion(scene, message, 10, "local", "a");
    read_portion(scene, message, 1000, "smtp", "a"); /* with local's slots */
    assert_int_equal(transport_of(scene, "local")->jobs.unread->recipients, 10);
    assert_int_equal(share(message), 1000);
    read_portion(scene, message, 1000, "smtp", "a");
    assert_int_equal(share(message), 0);
    read_portion(scene, message, 490, "smtp", "a"); /* it is read to its end */
    assert_int_equal(transport_of(scene, "local")->jobs.unused, 0);
    for (size_t i = 0; i < 1600; i++)
        done(scene, take(scene, "smtp"));
    assert_true(transport_of(scene, "local")->jobs.unused > 0);
    for (size_t i = 0; i < 890; i++)
        done(scene, take(scene, "smtp"));
    for (size_t i = 0; i < 10; i++)
        done(scene, take(scene, "local"));
    assert_int_equal(transport_of(scene, "local")->jobs.unused, 1000);
    assert_int_equal(transport_of(scene, "smtp")->jobs.unused, 1000);
}

/* Half of what is left of the extra slots, each time. */
static void who_preempts_gets_extra_slots(void **state)
{
    struct scene *scene = *state;
    struct message *small[2];
    struct entry *entry;

    scene->limits.reading.recipients = 0;
    scene->limits.slots = (struct slot_limits){.cost = 2, .loan = 50, .discount = 0, .minimum = 1};
    arrive_read(scene, 1, 5000, 200);
    deliver(scene, 1);
    small[0] = arrive_read(scene, 2, 12, 2);
    assert_int_equal(share(small[0]), 8);
    done(scene, take(scene, "smtp"));
    assert_int_equal(share(small[0]), 8 + 1 + 50);
    read_portion(scene, small[0], 3, "smtp", "a");
    small[1] = arrive_read(scene, 3, 3, 2);
    deliver(scene, 10);
    while ((entry = take(scene, "smtp"))->job->message != 3)
        done(scene, entry);
    assert_true(small[1]->reading.limit > 10);
    assert_true(transport_of(scene, "smtp")->jobs.unused < 0);
    assert_true(transport_of(scene, "smtp")->jobs.unused >= -100);
    done(scene, entry);
}

/* --- when ------------------------------------------------------------------------------------------------ */

static void it_is_worth_reading_many(void **state)
{
    struct scene *scene = *state;
    struct message *message = arrive_read(scene, 1, 5000, 10);

    read_portion(scene, message, share(message), "smtp", "a");
    assert_int_equal(share(message), 0);
    assert_false(is_hungry(scene, message));
    deliver(scene, 19);
    assert_false(is_hungry(scene, message));
    deliver(scene, 1);
    assert_true(is_hungry(scene, message));
}

static void or_few_after_a_while(void **state)
{
    struct scene *scene = *state;
    struct message *message = arrive_read(scene, 1, 5000, 10);

    read_portion(scene, message, share(message), "smtp", "a");
    deliver(scene, 1);
    scene->now_ms += 4999;
    assert_false(is_hungry(scene, message));
    scene->now_ms += 1;
    assert_true(is_hungry(scene, message));
}

static void or_any_when_nothing_else_can_be_delivered(void **state)
{
    struct scene *scene = *state;
    struct message *message;
    struct entry *entry;

    scene->limits.window.initial = scene->limits.window.maximum = 1;
    message = arrive_read(scene, 1, 5000, 10);
    read_portion(scene, message, share(message), "smtp", "a");
    done(scene, take(scene, "smtp"));
    entry = take(scene, "smtp");
    assert_true(is_hungry(scene, message)); /* one agent is free, but not for this destination */
    read_portion(scene, message, share(message), "smtp", "b");
    assert_false(is_hungry(scene, message));
    assert_non_null(take(scene, "smtp"));
    done(scene, entry);
}

static void nothing_is_read_while_all_agents_are_busy(void **state)
{
    struct scene *scene = *state;
    struct message *message = arrive_read(scene, 1, 5000, 30);
    struct entry *entry = take(scene, "smtp");

    assert_true(is_hungry(scene, message));
    take(scene, "smtp");
    assert_false(is_hungry(scene, message));
    done(scene, entry);
    assert_true(is_hungry(scene, message));
}

static void always_when_all_in_memory_are_done_with(void **state)
{
    struct scene *scene = *state;
    struct message *first = arrive_read(scene, 1, 5000, 1);
    struct message *second;

    read_portion(scene, first, share(first), "smtp", "a");
    second = arrive(scene, 2, 12);
    read_portion(scene, second, 5, "local", "a");
    for (size_t i = 0; i < 5; i++)
        done(scene, take(scene, "local"));
    assert_true(is_hungry(scene, second));
    reading_hold(&second->reading, true); /* unless what is to be told of them fills the memory */
    assert_false(is_hungry(scene, second));
    reading_hold(&second->reading, false);
    assert_true(is_hungry(scene, second));
}

static void recipients_join_an_entry_of_an_earlier_portion(void **state)
{
    struct scene *scene = *state;
    struct message *list = arrive_read(scene, 1, 5000, 1);
    struct destination *destination =
        schedule_destination(scene->schedule, transport_of(scene, "smtp"), "a", "");

    arrive_read(scene, 2, 1, 1);
    assert_ptr_equal(schedule_filling(destination, &list->reading), &scene->entries[0]);
    assert_ptr_equal(take(scene, "smtp"), &scene->entries[0]);
    assert_null(schedule_filling(destination, &list->reading));
}

static void what_is_unread_counts_before_it_may_pass(void **state)
{
    struct scene *scene = *state;
    struct message *large;

    arrive_read(scene, 1, 100, 100);
    large = arrive_read(scene, 2, 5000, 1); /* one entry in memory, but thousands to come */
    deliver(scene, 99);
    assert_int_equal(large->reading.used, 1);
}

static void a_message_that_goes_leaves_nothing(void **state)
{
    struct scene *scene = *state;
    struct message *first = arrive_read(scene, 1, 5000, 3);
    struct message *second = arrive_read(scene, 2, 5000, 10);

    deliver(scene, 3);
    reading_end(&first->reading);
    assert_int_equal(share(second), 1000);
    assert_int_equal(transport_of(scene, "smtp")->jobs.first->message, 2);
}

/* --- all of it --------------------------------------------------------------------------------------------- */

static int64_t all_slots(struct transport *transport)
{
    int64_t slots = transport->jobs.unused;

    for (const struct job *job = transport->jobs.first; job != NULL; job = job->next)
        slots += job->slots;
    return slots;
}

static void read_hungry(struct scene *scene)
{
    static const char *const transports[] = {"smtp", "local", "lmtp"};
    static const char *const nexthops[] = {"a", "b", "c", "d", "e", "f"};
    struct reading *reading;

    while ((reading = hungry_next(schedule_readings(scene->schedule), scene->now_ms)) != NULL) {
        struct message *message = (struct message *)(void *)reading; /* its first member */
        int64_t count = reading_next_share(reading);

        assert_true(count > 0);
        if (count > (int64_t)message->in_file)
            count = (int64_t)message->in_file;
        message->in_file -= (size_t)count;
        reading_read(reading, message->in_file, scene->now_ms);
        for (; count > 0; count--)
            place(scene, message, transports[random() % 3], nexthops[random() % 6]);
        reading_scheduled(reading);
    }
}

/* Each recipient is delivered once, never more are in memory than may be, and all slots come back. */
static void nothing_is_lost_in_a_mess(void **state)
{
    static const char *const transports[] = {"smtp", "local", "lmtp"};
    struct scene *scene = *state;
    struct entry *flying[100];
    size_t in_air = 0, arrived = 0, recipients = 0, landed = 0;

    srandom(11);
    scene->limits.processes = 20;
    scene->limits.reading.recipients = 300;
    while (arrived + 1 < MESSAGES || landed < recipients) {
        struct entry *entry;

        scene->now_ms += random() % 300;
        (void)schedule_tick(scene->schedule, scene->now_ms);
        if (arrived + 1 < MESSAGES && random() % 3 == 0) {
            size_t size = random() % 4 == 0 ? 700 : 1 + (size_t)random() % 5;
            recipients += size;
            arrived++;
            read_portion(scene, arrive(scene, arrived, size), 1, transports[random() % 3], "a");
        }
        read_hungry(scene);
        for (size_t i = 0; i < 3; i++) {
            while (in_air < ARRAY_LENGTH(flying) && random() % 8 != 0 &&
                   (entry = take(scene, transports[i])) != NULL)
                flying[in_air++] = entry;
        }
        while (in_air > 0 && random() % 8 != 0) {
            size_t which = (size_t)random() % in_air;
            entry = flying[which];
            flying[which] = flying[--in_air];
            if (random() % 20 == 0) {
                schedule_again(scene->schedule, entry);
                continue;
            }
            done(scene, entry);
            landed++;
        }
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(all_slots(transport_of(scene, transports[i])), 300);
        assert_true(schedule_readings(scene->schedule)->in_memory <= 3 * 400 + 10 * MESSAGES);
    }
    assert_int_equal(landed, recipients);
    assert_int_equal(schedule_readings(scene->schedule)->in_memory, 0);
    for (size_t i = 1; i < MESSAGES; i++)
        reading_end(&scene->messages[i].reading);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(transport_of(scene, transports[i])->jobs.unused, 300);
        assert_null(transport_of(scene, transports[i])->jobs.first);
    }
}

int main(void)
{
#define SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        SCENE(the_first_time_the_global_limit_counts),
        SCENE(the_first_unread_message_has_all_slots),
        SCENE(when_it_is_read_the_next_one_has_them),
        SCENE(who_is_read_at_once_has_what_he_needs),
        SCENE(who_comes_before_the_first_takes_over),
        SCENE(a_job_lends_slots_to_another_of_its_message),
        SCENE(who_preempts_gets_extra_slots),
        SCENE(it_is_worth_reading_many),
        SCENE(or_few_after_a_while),
        SCENE(or_any_when_nothing_else_can_be_delivered),
        SCENE(nothing_is_read_while_all_agents_are_busy),
        SCENE(always_when_all_in_memory_are_done_with),
        SCENE(recipients_join_an_entry_of_an_earlier_portion),
        SCENE(what_is_unread_counts_before_it_may_pass),
        SCENE(a_message_that_goes_leaves_nothing),
        SCENE(nothing_is_lost_in_a_mess),
    };

    return unit_run("qmgr_reading", tests, ARRAY_LENGTH(tests));
}
