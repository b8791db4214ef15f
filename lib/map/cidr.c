/* Networks (lib/map/cidr.h). */
#include "lib/map/cidr.h"

#include <arpa/inet.h>

static const unsigned char mapped_prefix[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* ::ffff:192.0.2.1 is 192.0.2.1, if enough bits of it count. */
static void unmap(struct cidr *address)
{
    if (address->size != 16 || address->prefix < 96 ||
        memcmp(address->octets, mapped_prefix, sizeof(mapped_prefix)) != 0)
        return;
    memmove(address->octets, address->octets + 12, 4);
    memset(address->octets + 4, 0, 12);
    address->size = 4;
    address->prefix -= 96;
}

bool cidr_read_address(struct span text, struct cidr *address_r)
{
    char copy[INET6_ADDRSTRLEN];
    int family = span_find(text, ':') < text.len ? AF_INET6 : AF_INET;

    *address_r = (struct cidr){.size = family == AF_INET6 ? 16 : 4};
    address_r->prefix = address_r->size * 8U;
    if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.data, '\0', text.len) != NULL)
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, address_r->octets) == 1;
}

bool cidr_parse_address(struct span text, struct cidr *address_r)
{
    if (!cidr_read_address(text, address_r))
        return false;
    unmap(address_r);
    return true;
}

bool cidr_from_socket(const struct address_socket *socket, struct cidr *address_r)
{
    *address_r = (struct cidr){0};
    if (socket->any.sa_family == AF_INET) {
        address_r->size = 4;
        memcpy(address_r->octets, &socket->in.sin_addr, 4);
    } else if (socket->any.sa_family == AF_INET6) {
        address_r->size = 16;
        memcpy(address_r->octets, &socket->in6.sin6_addr, 16);
    } else {
        return false;
    }
    address_r->prefix = address_r->size * 8U;
    unmap(address_r);
    return true;
}

/* Clear the bits beyond the prefix; true when one was set. */
static bool clear_host_bits(struct cidr *network)
{
    bool was_set = false;

    for (unsigned i = network->prefix / 8; i < network->size; i++) {
        unsigned kept = i == network->prefix / 8 ? 0xffU << (8 - network->prefix % 8) : 0;
        unsigned char octet = (unsigned char)(network->octets[i] & kept);

        was_set = was_set || octet != network->octets[i];
        network->octets[i] = octet;
    }
    return was_set;
}

static bool refuse_host_bits(struct span text, const struct cidr *network, struct error *err)
{
    char suggestion[INET6_ADDRSTRLEN] = "";

    (void)inet_ntop(network->size == 16 ? AF_INET6 : AF_INET, network->octets, suggestion,
                    sizeof(suggestion));
    error_set(err, ERROR_MALFORMED,
              "non-null host address bits in \"%.*s\", perhaps you should use \"%s/%u\" instead",
              SPAN_PRINTF(text), suggestion, network->prefix);
    return false;
}

/* "[address]/24", "[address/24]" and "[address]": the address, and what stands behind its slash. */
static bool take_off_brackets(struct span text, struct span *address_r, struct span *mask_r,
                              struct error *err)
{
    struct span inside = span_skip(text, 1);
    struct span behind = inside;
    struct span closed = span_take_until(&behind, ']');

    if (closed.len == inside.len) {
        error_set(err, ERROR_MALFORMED, "missing ']' character after \"%.*s\"", SPAN_PRINTF(text));
        return false;
    }
    if (behind.len > 0 && behind.data[0] != '/') {
        error_set(err, ERROR_MALFORMED, "garbage after \"[%.*s]\"", SPAN_PRINTF(closed));
        return false;
    }
    *mask_r = behind.len > 0 ? behind : closed;
    *address_r = behind.len > 0 ? closed : span_take_until(mask_r, '/');
    if (behind.len > 0)
        *mask_r = span_skip(behind, 1);
    return true;
}

/* The address, and the mask or nothing. */
static bool split_pattern(struct span text, struct span *address_r, struct span *mask_r,
                          struct error *err)
{
    if (text.len == 0) {
        error_set(err, ERROR_MALFORMED, "no address pattern");
        return false;
    }
    if (text.data[0] == '[')
        return take_off_brackets(text, address_r, mask_r, err);
    *mask_r = text;
    *address_r = span_take_until(mask_r, '/');
    return true;
}

bool cidr_read(struct span text, struct cidr *network_r, struct error *err)
{
    bool has_mask = span_find(text, '/') < text.len;
    struct span address;
    struct span mask;
    uint64_t prefix;

    if (!split_pattern(text, &address, &mask, err))
        return false;
    if (has_mask && !span_to_u64(mask, UINT64_MAX, &prefix)) {
        error_set(err, ERROR_MALFORMED, "bad mask value in \"%.*s\"", SPAN_PRINTF(text));
        return false;
    }
    if (!cidr_read_address(address, network_r)) {
        error_set(err, ERROR_MALFORMED, "bad %s pattern: \"%.*s\"",
                  has_mask ? "net/mask" : "address", SPAN_PRINTF(text));
        return false;
    }
    if (has_mask) {
        if (prefix > network_r->size * 8U) {
            error_set(err, ERROR_MALFORMED, "bad mask length in \"%.*s\"", SPAN_PRINTF(text));
            return false;
        }
        network_r->prefix = (unsigned)prefix;
        if (clear_host_bits(network_r))
            return refuse_host_bits(text, network_r, err);
    }
    return true;
}

bool cidr_parse(struct span text, struct cidr *network_r, struct error *err)
{
    if (!cidr_read(text, network_r, err))
        return false;
    unmap(network_r);
    return true;
}

bool cidr_contains(const struct cidr *network, const struct cidr *address)
{
    unsigned whole = network->prefix / 8;
    unsigned rest = network->prefix % 8;

    if (network->size != address->size || memcmp(network->octets, address->octets, whole) != 0)
        return false;
    return rest == 0 || ((network->octets[whole] ^ address->octets[whole]) >> (8 - rest)) == 0;
}
