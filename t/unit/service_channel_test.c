/* The records between master and its processes: whole, with descriptors, or refused. */
#include "t/unit/unit.h"

#include "lib/service/master_protocol.h"

#include <sys/socket.h>
#include <unistd.h>

static int ends[2];

static int open_channel(void **state UNUSED)
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends);
}

static int close_channel(void **state UNUSED)
{
    (void)close(ends[0]);
    (void)close(ends[1]);
    return 0;
}

static void a_record_arrives(void **state UNUSED)
{
    struct master_record record = {.verb = MASTER_CONNECT, .number = 7, .name = "cleanup"};
    struct master_record received;

    assert_true(channel_send(ends[0], &record, -1));
    assert_int_equal(channel_receive(ends[1], &received, NULL), CHANNEL_RECORD);
    assert_int_equal(received.verb, MASTER_CONNECT);
    assert_int_equal(received.number, 7);
    assert_string_equal(received.name, "cleanup");
    assert_int_equal(channel_receive(ends[1], &received, NULL), CHANNEL_NOTHING);
}

static void a_descriptor_arrives(void **state UNUSED)
{
    struct master_record record = {.verb = MASTER_ANSWER};
    int pipe_ends[2];
    char octet = 0;
    int fd;

    assert_int_equal(pipe(pipe_ends), 0);
    assert_true(channel_send(ends[0], &record, pipe_ends[1]));
    assert_int_equal(channel_receive(ends[1], &record, &fd), CHANNEL_RECORD);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    assert_int_equal(read(pipe_ends[0], &octet, 1), 1);
    assert_int_equal(octet, 'x');
    (void)close(fd);
    (void)close(pipe_ends[0]);
    (void)close(pipe_ends[1]);
}

static void an_unwanted_descriptor_is_closed(void **state UNUSED)
{
    struct master_record record = {.verb = MASTER_ANSWER};
    int pipe_ends[2];
    char octet;

    assert_int_equal(pipe(pipe_ends), 0);
    assert_true(channel_send(ends[0], &record, pipe_ends[1]));
    (void)close(pipe_ends[1]);
    assert_int_equal(channel_receive(ends[1], &record, NULL), CHANNEL_RECORD);
    assert_int_equal(read(pipe_ends[0], &octet, 1), 0); /* nobody has the other end */
    (void)close(pipe_ends[0]);
}

static void half_a_record_is_refused(void **state UNUSED)
{
    struct master_record record = {.verb = MASTER_BUSY};

    assert_int_equal(send(ends[0], &record, sizeof(record) / 2, 0), sizeof(record) / 2);
    assert_int_equal(channel_receive(ends[1], &record, NULL), CHANNEL_CLOSED);
}

static void more_than_a_record_is_refused(void **state UNUSED)
{
    struct master_record records[2] = {{.verb = MASTER_BUSY}};

    assert_int_equal(send(ends[0], records, sizeof(records), 0), sizeof(records));
    assert_int_equal(channel_receive(ends[1], records, NULL), CHANNEL_CLOSED);
}

static void a_name_without_end_is_refused(void **state UNUSED)
{
    struct master_record record = {.verb = MASTER_CONNECT};

    memset(record.name, 'x', sizeof(record.name));
    assert_true(channel_send(ends[0], &record, -1));
    assert_int_equal(channel_receive(ends[1], &record, NULL), CHANNEL_CLOSED);
}

static void the_other_end_is_gone(void **state UNUSED)
{
    struct master_record record = {.verb = MASTER_BUSY};

    (void)close(ends[0]);
    ends[0] = -1;
    assert_int_equal(channel_receive(ends[1], &record, NULL), CHANNEL_CLOSED);
    assert_false(channel_send(ends[1], &record, -1));
}

#define CHANNEL_TEST(text, function)                                                               \
    {                                                                                              \
        .name = (text), .test_func = (function), .setup_func = open_channel,                       \
        .teardown_func = close_channel                                                             \
    }

int main(void)
{
    static const struct CMUnitTest tests[] = {
        CHANNEL_TEST("a record arrives as it was sent", a_record_arrives),
        CHANNEL_TEST("a descriptor arrives with its record", a_descriptor_arrives),
        CHANNEL_TEST("a descriptor that nobody wants is closed", an_unwanted_descriptor_is_closed),
        CHANNEL_TEST("half a record is refused", half_a_record_is_refused),
        CHANNEL_TEST("more than a record is refused", more_than_a_record_is_refused),
        CHANNEL_TEST("a name without its end is refused", a_name_without_end_is_refused),
        CHANNEL_TEST("the other end is gone", the_other_end_is_gone),
    };

    return unit_run("service_channel", tests, ARRAY_LENGTH(tests));
}
