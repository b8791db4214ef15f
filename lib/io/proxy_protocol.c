/* Version 1 is a line of text, version 2 octets with a signature that no text protocol begins with. */
#include "lib/base/base.h"

#include "lib/io/proxy_protocol.h"

#include <sys/socket.h>

#define LINE_MAX_V1   107 /* with CRLF: the specification's worst case */
#define SIGNATURE     "\r\n\r\n\0\r\nQUIT\n"
#define SIGNATURE_LEN 12
#define FIXED_LEN     16 /* of version 2, before the addresses */
#define TYPE_SSL      0x20
#define CLIENT_SSL    0x01

/* --- version 1 -------------------------------------------------------------------------------------------------- */

/* "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP port SP port, or "PROXY UNKNOWN" and anything */
static bool parse_line(struct span line, struct proxy_header *header)
{
    struct span words[6];
    uint64_t ports[2];

    for (size_t i = 0; i < ARRAY_LENGTH(words); i++)
        words[i] = span_take_until(&line, ' ');
    if (!span_equal_text(words[0], "PROXY"))
        return false;
    if (span_equal_text(words[1], "UNKNOWN")) {
        header->is_local = true;
        return true;
    }
    if ((!span_equal_text(words[1], "TCP4") && !span_equal_text(words[1], "TCP6")) ||
        line.len > 0 || !span_to_u64(words[4], UINT16_MAX, &ports[0]) ||
        !span_to_u64(words[5], UINT16_MAX, &ports[1]) ||
        !socket_parse_numeric(words[2], (unsigned)ports[0], &header->remote) ||
        !socket_parse_numeric(words[3], (unsigned)ports[1], &header->local))
        return false;
    return header->remote.any.sa_family ==
               (span_equal_text(words[1], "TCP4") ? AF_INET : AF_INET6) &&
           header->local.any.sa_family == header->remote.any.sa_family;
}

static enum parse_result parse_v1(struct cursor *in, struct proxy_header *header)
{
    const struct span rest = span_of(in->next, cursor_left(*in));
    const size_t end = span_find(span_first(rest, LINE_MAX_V1), '\n');

    if (end == rest.len)
        return rest.len < LINE_MAX_V1 ? PARSE_INCOMPLETE : PARSE_TOO_BIG;
    if (end >= LINE_MAX_V1)
        return PARSE_TOO_BIG;
    if (end == 0 || rest.data[end - 1] != '\r' || !parse_line(span_first(rest, end - 1), header))
        return PARSE_MALFORMED;
    in->next += end + 1;
    return PARSE_DONE;
}

/* --- version 2 -------------------------------------------------------------------------------------------------- */

static struct address_socket make_address(int family, const unsigned char *address,
                                          const unsigned char *port)
{
    struct address_socket made = {.len = 0};

    if (family == AF_INET) {
        made.in.sin_family = AF_INET;
        memcpy(&made.in.sin_addr, address, 4);
        memcpy(&made.in.sin_port, port, 2);
        made.len = sizeof(made.in);
    } else {
        made.in6.sin6_family = AF_INET6;
        memcpy(&made.in6.sin6_addr, address, 16);
        memcpy(&made.in6.sin6_port, port, 2);
        made.len = sizeof(made.in6);
    }
    return made;
}

/* type, length of two octets, value; false: one goes past the end */
static bool parse_extensions(struct cursor at, struct proxy_header *header)
{
    while (!cursor_at_end(at)) {
        size_t len;
        if (cursor_left(at) < 3)
            return false;
        len = (size_t)at.next[1] << 8 | at.next[2];
        if (cursor_left(at) - 3 < len)
            return false;
        if (at.next[0] == TYPE_SSL && len > 0 && (at.next[3] & CLIENT_SSL) != 0)
            header->has_tls = true;
        at.next += 3 + len;
    }
    return true;
}

/* What is behind the fixed part: addresses of the family, then extensions. */
static bool parse_addresses(unsigned char family, struct cursor at, struct proxy_header *header)
{
    const size_t size = family >> 4 == 1 ? 4 : 16;

    if (family != 0x11 && family != 0x21) { /* TCP over IPv4, over IPv6 */
        header->is_local = true;
        return true;
    }
    if (cursor_left(at) < 2 * size + 4)
        return false;
    header->remote = make_address(size == 4 ? AF_INET : AF_INET6, at.next, at.next + 2 * size);
    header->local =
        make_address(size == 4 ? AF_INET : AF_INET6, at.next + size, at.next + 2 * size + 2);
    at.next += 2 * size + 4;
    return parse_extensions(at, header);
}

/* signature, version and command, family, length of two octets */
static enum parse_result parse_v2(struct cursor *in, struct proxy_header *header)
{
    const unsigned char *fixed = in->next;
    struct cursor addresses;
    size_t len;

    if (cursor_left(*in) < FIXED_LEN)
        return PARSE_INCOMPLETE;
    len = (size_t)fixed[14] << 8 | fixed[15];
    if (fixed[12] >> 4 != 2 || (fixed[12] & 15) > 1)
        return PARSE_MALFORMED;
    if (FIXED_LEN + len > PROXY_HEADER_MAX)
        return PARSE_TOO_BIG;
    if (cursor_left(*in) < FIXED_LEN + len)
        return PARSE_INCOMPLETE;
    addresses = (struct cursor){fixed + FIXED_LEN, fixed + FIXED_LEN + len};
    if ((fixed[12] & 15) == 0)
        header->is_local = true;
    else if (!parse_addresses(fixed[13], addresses, header))
        return PARSE_MALFORMED;
    in->next = addresses.end;
    return PARSE_DONE;
}

enum parse_result proxy_header_parse(struct cursor *in, struct proxy_header *header_r)
{
    struct cursor at = *in;
    const size_t left = cursor_left(at);
    struct proxy_header header = {0};
    enum parse_result result = PARSE_MALFORMED;

    if (left == 0)
        return PARSE_INCOMPLETE;
    if (memcmp(at.next, "PROXY ", left < 6 ? left : 6) == 0)
        result = parse_v1(&at, &header);
    else if (memcmp(at.next, SIGNATURE, left < SIGNATURE_LEN ? left : SIGNATURE_LEN) == 0)
        result = parse_v2(&at, &header);
    if (result == PARSE_DONE) {
        *header_r = header;
        *in = at;
    }
    return result;
}

/* Only the header's octets are taken from the socket: what follows may be for TLS. As long as it is incomplete,
 * all of them are. */
enum parse_result proxy_header_receive(int fd, struct buf *seen, struct proxy_header *header_r)
{
    char *room = buf_reserve(seen, PROXY_HEADER_MAX);
    const size_t before = seen->len;
    ssize_t got = room == NULL ? 0 : recv(fd, room, PROXY_HEADER_MAX, MSG_PEEK | MSG_DONTWAIT);
    enum parse_result result;
    struct cursor at;
    size_t len;

    if (got <= 0)
        return got < 0 && (errno == EAGAIN || errno == EINTR) ? PARSE_INCOMPLETE : PARSE_MALFORMED;
    at = cursor_of(span_of(seen->data, before + (size_t)got));
    result = proxy_header_parse(&at, header_r);
    if (result != PARSE_DONE && result != PARSE_INCOMPLETE)
        return result;
    len = result == PARSE_DONE ? (size_t)((const char *)at.next - seen->data) - before : (size_t)got;
    if (recv(fd, room, len, MSG_DONTWAIT) != (ssize_t)len)
        return PARSE_MALFORMED;
    buf_commit(seen, len);
    return result;
}
