/* Addresses of sockets, as text and back. */
#include "lib/io/socket.h"

#include <arpa/inet.h>
#include <stdio.h>

const char *socket_address_text(const struct address_socket *address, char text[SOCKET_TEXT_MAX])
{
    const struct in6_addr *in6 = &address->in6.sin6_addr;
    const void *octets = NULL;
    int family = address->len == 0 ? AF_UNSPEC : address->any.sa_family;

    if (family == AF_INET) {
        octets = &address->in.sin_addr;
    } else if (family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(in6)) {
        family = AF_INET;
        octets = &in6->s6_addr[12];
    } else if (family == AF_INET6) {
        octets = in6;
    }
    if (octets == NULL || inet_ntop(family, octets, text, SOCKET_TEXT_MAX) == NULL)
        (void)snprintf(text, SOCKET_TEXT_MAX, "unknown");
    return text;
}

unsigned socket_address_port(const struct address_socket *address)
{
    if (address->len == 0)
        return 0;
    if (address->any.sa_family == AF_INET)
        return ntohs(address->in.sin_port);
    if (address->any.sa_family == AF_INET6)
        return ntohs(address->in6.sin6_port);
    return 0;
}

bool socket_parse_numeric(struct span text, unsigned port, struct address_socket *address_r)
{
    struct address_socket address = {.len = 0};
    bool tagged = span_starts_with_nocase(text, "IPv6:");
    char copy[SOCKET_TEXT_MAX];

    if (tagged)
        text = span_skip(text, strlen("IPv6:"));
    if (text.len == 0 || text.len >= sizeof(copy) || port > UINT16_MAX ||
        memchr(text.data, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    if (!tagged && inet_pton(AF_INET, copy, &address.in.sin_addr) == 1) {
        address.in.sin_family = AF_INET;
        address.in.sin_port = htons((uint16_t)port);
        address.len = sizeof(address.in);
    } else if (inet_pton(AF_INET6, copy, &address.in6.sin6_addr) == 1) {
        address.in6.sin6_family = AF_INET6;
        address.in6.sin6_port = htons((uint16_t)port);
        address.len = sizeof(address.in6);
    } else {
        return false;
    }
    *address_r = address;
    return true;
}

bool socket_peer(int fd, struct address_socket *address_r)
{
    address_r->len = sizeof(address_r->storage);
    return getpeername(fd, &address_r->any, &address_r->len) == 0;
}

bool socket_local(int fd, struct address_socket *address_r)
{
    address_r->len = sizeof(address_r->storage);
    return getsockname(fd, &address_r->any, &address_r->len) == 0;
}
