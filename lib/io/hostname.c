/* What host names look like. */
#include "lib/io/hostname.h"

#include "lib/io/socket.h"

#define NAME_MAX_LEN  255
#define LABEL_MAX_LEN 63

static bool is_label(struct span label)
{
    if (label.len == 0 || label.len > LABEL_MAX_LEN || label.data[0] == '-' ||
        label.data[label.len - 1] == '-')
        return false;
    for (size_t i = 0; i < label.len; i++) {
        if (!is_alnum((unsigned char)label.data[i]) && label.data[i] != '-' && label.data[i] != '_')
            return false;
    }
    return true;
}

static bool is_numeric(struct span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_digit((unsigned char)name.data[i]) && name.data[i] != '.')
            return false;
    }
    return true;
}

bool hostname_is_valid(struct span name)
{
    if (name.len == 0 || name.len > NAME_MAX_LEN || is_numeric(name))
        return false;
    if (name.data[name.len - 1] == '.')
        name.len--;
    while (name.len > 0) {
        size_t dot = span_find(name, '.');

        if (!is_label(span_first(name, dot)) || dot + 1 == name.len)
            return false;
        name = span_skip(name, dot + 1);
    }
    return true;
}

bool hostname_is_qualified(struct span name)
{
    return hostname_is_valid(name) && span_find(name, '.') < name.len - 1;
}

bool hostname_is_address(struct span name)
{
    struct address_socket address;

    return socket_parse_numeric(name, 0, &address);
}

bool hostname_is_literal(struct span name)
{
    bool says_ipv6;

    if (name.len <= 2 || name.data[0] != '[' || name.data[name.len - 1] != ']')
        return false;
    name = span_of(name.data + 1, name.len - 2);
    says_ipv6 = span_starts_with_nocase(name, "IPv6:");
    return (span_find(name, ':') < name.len) == says_ipv6 && hostname_is_address(name);
}
