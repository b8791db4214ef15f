/* Headers of a proxy in front of us, whole and cut anywhere. */
#include "t/unit/unit.h"

#include "lib/io/proxy_protocol.h"

#define V2           "\r\n\r\n\0\r\nQUIT\n"
#define V2_IPV4      V2 "\x21\x11\x00\x0c\xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x34\x03\xe1"
#define OCTETS(text) text, sizeof(text) - 1

static const struct proxy_case {
    const char *name;
    const char *input;
    size_t len;
    enum parse_result result;
    const char *remote; /* NULL: the proxy itself */
    unsigned remote_port;
    const char *local;
    unsigned local_port;
    bool has_tls;
} cases[] = {
    {"version 1 with IPv4",                         OCTETS("PROXY TCP4 192.0.2.7 198.51.100.1 4660 993\r\n"),                   PARSE_DONE,
     "192.0.2.7",                                                                                                                                             4660, "198.51.100.1", 993, false},
    {"version 1 with IPv6",                         OCTETS("PROXY TCP6 2001:db8::7 2001:db8::1 4660 993\r\n"),                  PARSE_DONE,
     "2001:db8::7",                                                                                                                                           4660, "2001:db8::1",  993, false},
    {"version 1 of one who does not know",          OCTETS("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"),
     PARSE_DONE,                                                                                                                                 NULL,        0,    NULL,           0,   false},
    {"version 1 of one who says no more",           OCTETS("PROXY UNKNOWN\r\n"),                                                PARSE_DONE,      NULL,        0,    NULL,           0,
     false                                                                                                                                                                                    },
    {"version 1 with a bare LF",                    OCTETS("PROXY TCP4 192.0.2.7 198.51.100.1 4660 993\n"),
     PARSE_MALFORMED,                                                                                                                            NULL,        0,    NULL,           0,   false},
    {"version 1 with an address of the other kind",
     OCTETS("PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n"),                                                                      PARSE_MALFORMED, NULL,        0,    NULL,           0,
     false                                                                                                                                                                                    },
    {"version 1 with a port past 65535",            OCTETS("PROXY TCP4 192.0.2.7 198.51.100.1 65536 993\r\n"),
     PARSE_MALFORMED,                                                                                                                            NULL,        0,    NULL,           0,   false},
    {"version 1 with a word too many",              OCTETS("PROXY TCP4 192.0.2.7 198.51.100.1 1 2 3\r\n"),
     PARSE_MALFORMED,                                                                                                                            NULL,        0,    NULL,           0,   false},
    {"version 1 that does not end",
     OCTETS(
         "PROXY UNKNOWN ...................................................................................................."),
     PARSE_TOO_BIG,                                                                                                                              NULL,        0,    NULL,           0,   false},
    {"version 2 with IPv4",                         OCTETS(V2_IPV4),                                                            PARSE_DONE,      "192.0.2.7", 4660, "198.51.100.1", 993,
     false                                                                                                                                                                                    },
    {"version 2 with TLS at the proxy",
     OCTETS(
         V2
         "\x21\x11\x00\x14\xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x34\x03\xe1\x20\x00\x05\x01\x00\x00\x00\x00"),
     PARSE_DONE,                                                                                                                                 "192.0.2.7", 4660, "198.51.100.1", 993, true },
    {"version 2 of a health check",                 OCTETS(V2 "\x20\x00\x00\x00"),                                              PARSE_DONE,      NULL,        0,    NULL,           0,
     false                                                                                                                                                                                    },
    {"version 2 from a UNIX socket",                OCTETS(V2 "\x21\x31\x00\x02xx"),                                            PARSE_DONE,      NULL,        0,    NULL,           0,
     false                                                                                                                                                                                    },
    {"version 2 with an extension past its end",
     OCTETS(V2 "\x21\x11\x00\x0f\xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x34\x03\xe1\x20\x00\x05"),
     PARSE_MALFORMED,                                                                                                                            NULL,        0,    NULL,           0,   false},
    {"version 2 too short for its addresses",
     OCTETS(V2 "\x21\x21\x00\x0c\xc0\x00\x02\x07\xc6\x33\x64\x01\x12\x34\x03\xe1"),                                             PARSE_MALFORMED,
     NULL,                                                                                                                                                    0,    NULL,           0,   false},
    {"version 2 with a command that nobody knows",  OCTETS(V2 "\x22\x11\x00\x00"),                                              PARSE_MALFORMED,
     NULL,                                                                                                                                                    0,    NULL,           0,   false},
    {"version 3",                                   OCTETS(V2 "\x31\x11\x00\x00"),                                              PARSE_MALFORMED, NULL,        0,    NULL,           0,   false},
    {"version 2 of 60000 octets",                   OCTETS(V2 "\x21\x11\xea\x60"),                                              PARSE_TOO_BIG,   NULL,        0,    NULL,           0,
     false                                                                                                                                                                                    },
    {"no proxy at all",                             OCTETS("a LOGIN ana secret\r\n"),                                           PARSE_MALFORMED, NULL,        0,    NULL,           0,   false},
    {"a handshake",                                 OCTETS("\x16\x03\x01\x02\x00"),                                             PARSE_MALFORMED, NULL,        0,    NULL,           0,   false},
};

static enum parse_result parse_prefix(const struct proxy_case *c, size_t len,
                                      struct proxy_header *header)
{
    struct span copy = unit_copy(span_of(c->input, len));
    struct cursor at = cursor_of(copy);
    enum parse_result result = proxy_header_parse(&at, header);

    if (result == PARSE_DONE)
        assert_true(cursor_at_end(at));
    free((void *)(uintptr_t)copy.data);
    return result;
}

static void run_case(void **state)
{
    const struct proxy_case *c = *state;
    struct proxy_header header;
    char text[SOCKET_TEXT_MAX];

    assert_int_equal(parse_prefix(c, c->len, &header), c->result);
    if (c->result != PARSE_DONE)
        return;
    assert_int_equal(header.is_local, c->remote == NULL);
    assert_int_equal(header.has_tls, c->has_tls);
    if (c->remote != NULL) {
        assert_string_equal(socket_address_text(&header.remote, text), c->remote);
        assert_string_equal(socket_address_text(&header.local, text), c->local);
        assert_int_equal(socket_address_port(&header.remote), c->remote_port);
        assert_int_equal(socket_address_port(&header.local), c->local_port);
    }
    for (size_t len = 1; len < c->len; len++)
        assert_int_equal(parse_prefix(c, len, &header), PARSE_INCOMPLETE);
}

int main(void)
{
    struct CMUnitTest tests[ARRAY_LENGTH(cases)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, cases, run_case);
    return unit_run("PROXY protocol", tests, used);
}
