/* lib/io/socket: addresses as text and back, connections over loopback and UNIX sockets. */
#include "t/unit/unit.h"

#include "lib/io/socket.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[] = "/tmp/buzon-socket-test.XXXXXX";

/* --- addresses ------------------------------------------------------------------------------- */

static const struct address_case {
    const char *name;
    const char *text;
    const char *shown; /* NULL: refused */
} address_cases[] = {
    {"an IPv4 address",                     "192.0.2.1",                             "192.0.2.1"  },
    {"an IPv6 address",                     "2001:db8::1",                           "2001:db8::1"},
    {"an IPv6 address in its longest form", "2001:0db8:0:0:0:0:0:0001",              "2001:db8::1"},
    {"an IPv6 address with its tag",        "IPv6:2001:db8::1",                      "2001:db8::1"},
    {"the tag in any case",                 "ipv6:::1",                              "::1"        },
    {"a mapped address is shown as IPv4",   "::ffff:192.0.2.1",                      "192.0.2.1"  },
    {"an IPv4 address has no tag",          "IPv6:192.0.2.1",                        NULL         },
    {"a name is no address",                "localhost",                             NULL         },
    {"nothing is no address",               "",                                      NULL         },
    {"an address with something behind it", "192.0.2.1 ",                            NULL         },
    {"a short form that inet_aton takes",   "127.1",                                 NULL         },
    {"an address far too long",
     "0000000000000000000000000000000000000000000000000000000000000000000000000001", NULL         },
};

static void run_address(void **state)
{
    const struct address_case *c = *state;
    struct span text = unit_copy(span_text(c->text));
    struct address_socket address;
    char shown[SOCKET_TEXT_MAX];
    bool done = socket_parse_numeric(text, 25, &address);

    assert_int_equal(done, c->shown != NULL);
    if (done) {
        assert_string_equal(socket_address_text(&address, shown), c->shown);
        assert_int_equal(socket_address_port(&address), 25);
    }
    mem_free(text.data);
}

static void no_address_and_other_families_are_unknown(void **state UNUSED)
{
    struct address_socket address = {.len = 0};
    char shown[SOCKET_TEXT_MAX];

    assert_string_equal(socket_address_text(&address, shown), "unknown");
    address.un.sun_family = AF_UNIX;
    address.len = sizeof(address.un.sun_family);
    assert_string_equal(socket_address_text(&address, shown), "unknown");
    assert_int_equal(socket_address_port(&address), 0);
    assert_false(socket_parse_numeric(SPAN_LITERAL("192.0.2.1\0"), 25, &address));
    assert_false(socket_parse_numeric(SPAN_LITERAL("192.0.2.1"), 65536, &address));
}

/* --- connections ----------------------------------------------------------------------------- */

/* A listener on loopback; *address_r is where it listens. */
static int listen_somewhere(struct address_socket *address_r)
{
    struct error err;
    int fd;

    assert_true(socket_parse_numeric(SPAN_LITERAL("127.0.0.1"), 0, address_r));
    fd = socket_listen_inet(address_r, 5, &err);
    assert_true(fd >= 0);
    assert_true(socket_local(fd, address_r));
    assert_int_not_equal(socket_address_port(address_r), 0);
    return fd;
}

static void tcp_connects_from_a_source_address(void **state UNUSED)
{
    struct address_socket address;
    struct address_socket source;
    struct address_socket peer;
    char text[SOCKET_TEXT_MAX];
    int listener = listen_somewhere(&address);
    struct error err;
    int fd;
    int accepted;

    assert_true(socket_parse_numeric(SPAN_LITERAL("127.0.0.2"), 0, &source));
    fd = socket_connect(&address, &source, 5000, &err);
    assert_true(fd >= 0);
    accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(socket_peer(accepted, &peer));
    assert_string_equal(socket_address_text(&peer, text), "127.0.0.2");
    assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
    (void)close(accepted);
    (void)close(fd);
    (void)close(listener);
}

static int option_of(int fd, int option)
{
    int value = 0;
    socklen_t len = sizeof(value);

    assert_int_equal(getsockopt(fd, SOL_SOCKET, option, &value, &len), 0);
    return value;
}

/* Linux tells twice the size that was asked for. */
static void buffers_have_the_size_that_was_asked_for(void **state UNUSED)
{
    struct address_socket address;
    struct error err;
    int listener, fd;

    socket_window_size(30000);
    listener = listen_somewhere(&address);
    fd = socket_connect(&address, NULL, 5000, &err);
    socket_window_size(0);
    assert_int_equal(option_of(listener, SO_RCVBUF), 60000);
    assert_int_equal(option_of(fd, SO_RCVBUF), 60000);
    assert_int_equal(option_of(fd, SO_SNDBUF), 60000);
    (void)close(fd);
    (void)close(listener);
}

static void refused_connection_is_named(void **state UNUSED)
{
    struct address_socket address;
    struct error err;
    char text[64];
    int fd = listen_somewhere(&address);

    (void)close(fd);
    assert_int_equal(socket_connect(&address, NULL, 5000, &err), -1);
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_int_equal(err.number, ECONNREFUSED);
    (void)snprintf(text, sizeof(text), "127.0.0.1:%u: Connection refused",
                   socket_address_port(&address));
    assert_non_null(strstr(err.text, text));
}

/* A UNIX listener whose backlog is full answers as a host that drops our packets does. */
static void connect_ends_by_its_timeout(void **state UNUSED)
{
    struct error err;
    char path[128];
    int fds[8];
    size_t used = 0;
    int listener;

    (void)snprintf(path, sizeof(path), "%s/full", directory);
    listener = socket_listen_unix(path, 0600, 0, &err);
    assert_true(listener >= 0);
    while (used < ARRAY_LENGTH(fds) &&
           (fds[used] = socket_connect_unix_at(AT_FDCWD, path, 30, &err)) >= 0)
        used++;
    assert_in_range(used, 1, ARRAY_LENGTH(fds) - 1);
    assert_int_equal(err.number, ETIMEDOUT);
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    while (used > 0)
        (void)close(fds[--used]);
    (void)close(listener);
    (void)unlink(path);
}

static void unix_sockets_are_found_from_a_directory(void **state UNUSED)
{
    int at = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat status;
    struct error err;
    char path[128];
    char before[PATH_MAX];
    char after[PATH_MAX];
    int listener;
    int again;
    int fd;

    assert_non_null(getcwd(before, sizeof(before)));
    assert_int_equal(socket_connect_unix_at(at, "service", 1000, &err), -1);
    assert_int_equal(err.kind, ERROR_TEMPORARY); /* it may come */
    (void)snprintf(path, sizeof(path), "%s/service", directory);
    listener = socket_listen_unix(path, 0622, 5, &err);
    assert_true(listener >= 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0622);
    again = socket_listen_unix(path, 0666, 5, &err); /* an older socket gives way */
    assert_true(again >= 0);
    fd = socket_connect_unix_at(at, "service", 1000, &err);
    assert_true(fd >= 0);
    assert_non_null(getcwd(after, sizeof(after)));
    assert_string_equal(before, after);
    (void)close(fd);
    (void)close(again);
    (void)close(listener);
    (void)close(at);
    (void)unlink(path);
}

static void path_too_long_for_a_socket(void **state UNUSED)
{
    struct error err;
    char path[200];

    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(socket_listen_unix(path, 0600, 1, &err), -1);
    assert_int_equal(err.number, ENAMETOOLONG);
}

/* --- passed descriptors ---------------------------------------------------------------------- */

static void descriptor_travels_with_its_data(void **state UNUSED)
{
    struct error err = {0};
    char data[8];
    size_t len;
    int ends[2];
    int fd;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_true(socket_send_fd(ends[0], ends[0], SPAN_LITERAL("fd"), &err));
    assert_true(socket_receive_fd(ends[1], &fd, data, sizeof(data), &len, &err));
    assert_true(span_equal_text(span_of(data, len), "fd"));
    assert_true(fd >= 0);
    assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    (void)close(fd);
    assert_int_equal(write(ends[0], "x", 1), 1);
    assert_false(socket_receive_fd(ends[1], &fd, data, sizeof(data), &len, &err));
    assert_int_equal(err.kind, ERROR_MALFORMED);
    assert_int_equal(fd, -1);
    (void)close(ends[0]);
    assert_false(socket_receive_fd(ends[1], &fd, data, sizeof(data), &len, &err));
    assert_int_equal(err.kind, ERROR_NONE);
    (void)close(ends[1]);
}

/* As a hostile peer sends them: so many with one octet. */
static void send_descriptors(int socket, size_t count)
{
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * 8)];
    } control = {0};
    struct iovec octet = {(char[]){"x"}, 1};
    struct msghdr message = {.msg_iov = &octet,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = CMSG_SPACE(sizeof(int) * count)};

    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
    for (size_t i = 0; i < count; i++)
        memcpy(CMSG_DATA(&control.header) + i * sizeof(int), &socket, sizeof(int));
    assert_int_equal(sendmsg(socket, &message, 0), 1);
}

static void of_several_descriptors_none_stays_open(void **state UNUSED)
{
    for (size_t count = 2; count <= 8; count++) {
        struct error err = {0};
        char data[8];
        size_t len;
        int ends[2];
        int fd;
        int next;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
        send_descriptors(ends[0], count);
        next = dup(ends[0]); /* the number that the next descriptor gets */
        (void)close(next);
        assert_false(socket_receive_fd(ends[1], &fd, data, sizeof(data), &len, &err));
        assert_int_equal(err.kind, ERROR_MALFORMED);
        assert_int_equal(fd, -1);
        fd = dup(ends[0]);
        assert_int_equal(fd, next);
        (void)close(fd);
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

static int make_directory(void **state UNUSED)
{
    return mkdtemp(directory) == NULL ? -1 : 0;
}

static int remove_directory(void **state UNUSED)
{
    return rmdir(directory);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(address_cases) + 9] = {
        cmocka_unit_test(no_address_and_other_families_are_unknown),
        cmocka_unit_test(tcp_connects_from_a_source_address),
        cmocka_unit_test(buffers_have_the_size_that_was_asked_for),
        cmocka_unit_test(refused_connection_is_named),
        cmocka_unit_test(connect_ends_by_its_timeout),
        cmocka_unit_test(unix_sockets_are_found_from_a_directory),
        cmocka_unit_test(path_too_long_for_a_socket),
        cmocka_unit_test(descriptor_travels_with_its_data),
        cmocka_unit_test(of_several_descriptors_none_stays_open),
    };
    size_t used = 9;

    UNIT_ADD_ROWS(tests, used, address_cases, run_address);
    return _cmocka_run_group_tests("io_socket", tests, used, make_directory, remove_directory);
}
