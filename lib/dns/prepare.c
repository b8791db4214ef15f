/* The resolver's beginning: what is read from files, and which servers are asked. */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/dns/resolver.h"

#include <fcntl.h>
#include <stdlib.h>

#define FILE_MAX_OCTETS (16U << 20) /* of hosts and nsswitch.conf */
#define DNS_PORT        53

/* No such file is an empty file. */
static void read_text(const char *path, struct buf *text)
{
    struct error err = {0};

    if (!file_read(AT_FDCWD, path, text, &err) && err.number != ENOENT)
        log_warning("%s", err.text);
}

/* "192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353" */
static bool parse_server(const char *text, struct address_socket *address_r)
{
    struct span address = span_text(text);
    size_t colon = span_find_last(address, ':');
    struct span port = span_skip(address, colon + 1);
    uint64_t number = DNS_PORT;

    if (address.len > 0 && address.data[0] == '[') {
        size_t end = span_find(address, ']');

        if (end + 1 == colon && !span_to_u64(port, UINT16_MAX, &number))
            return false;
        if (end + 1 != colon && end + 1 != address.len)
            return false;
        address = span_skip(span_first(address, end), 1);
    } else if (colon < address.len && span_find(address, ':') == colon) {
        if (!span_to_u64(port, UINT16_MAX, &number))
            return false;
        address = span_first(address, colon);
    }
    return socket_parse_numeric(address, (unsigned)number, address_r);
}

/* glibc takes IPv6 servers from its extension, where the IPv4 list has no family. */
static void set_server(struct __res_state *state, int index, const struct address_socket *address)
{
    if (address->any.sa_family == AF_INET) {
        state->nsaddr_list[index] = address->in;
        return;
    }
    memset(&state->nsaddr_list[index], 0, sizeof(state->nsaddr_list[index]));
    if (state->_u._ext.nsaddrs[index] == NULL)
        state->_u._ext.nsaddrs[index] = calloc(1, sizeof(struct sockaddr_in6));
    if (state->_u._ext.nsaddrs[index] == NULL)
        log_fatal("out of memory");
    *state->_u._ext.nsaddrs[index] = address->in6;
}

static bool set_servers(struct dns *dns, const char *text, struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    struct address_socket address;
    bool done = true;

    strlist_split(&names, text, ", \t\r\n");
    for (size_t i = 0; i < names.count && i < MAXNS && done; i++) {
        done = parse_server(names.items[i], &address);
        if (done)
            set_server(&dns->state, (int)i, &address);
        else
            error_set(err, ERROR_PERMANENT, "dns_nameservers: bad address \"%s\"", names.items[i]);
    }
    if (names.count > 0) {
        dns->state.nscount = (int)(names.count < MAXNS ? names.count : MAXNS);
        dns->state._u._ext.nscount = 0; /* take the list anew */
    }
    strlist_release(&names);
    return done;
}

/* "dns", "native", or both in either order; without DNS only the latter is left */
static struct hosts_order parse_smtp_order(const struct config *config, const char *host_lookup,
                                           struct hosts_order native)
{
    struct strlist words = STRLIST_EMPTY;
    struct hosts_order order = {.sources = {HOSTS_DNS}, .count = 1};

    strlist_split(&words, host_lookup, ", \t\r\n");
    if (config->disable_dns_lookups ||
        (words.count > 0 && strcasecmp(words.items[0], "native") == 0))
        order = native;
    else if (strlist_has_nocase(&words, "native"))
        order = (struct hosts_order){
            .sources = {HOSTS_DNS, HOSTS_FILE},
              .count = 2
        };
    strlist_release(&words);
    return order;
}

struct dns *dns_prepare(const struct config *config, const char *host_lookup, struct error *err)
{
    struct dns *dns = mem_new(struct dns);
    struct buf nsswitch = BUF(FILE_MAX_OCTETS);

    dns->hosts = BUF(FILE_MAX_OCTETS);
    read_text("/etc/hosts", &dns->hosts);
    read_text("/etc/nsswitch.conf", &nsswitch);
    dns->native = hosts_parse_order(buf_span(&nsswitch));
    dns->smtp = parse_smtp_order(config, host_lookup, dns->native);
    buf_release(&nsswitch);
    if (res_ninit(&dns->state) != 0)
        error_errno(err, "initialise the resolver");
    else if (set_servers(dns, config->dns_nameservers, err) &&
             protocols_parse(config->inet_protocols, &dns->protocols, err))
        return dns;
    dns_free(&dns);
    return NULL;
}

void dns_free(struct dns **dns)
{
    if (*dns == NULL)
        return;
    res_nclose(&(*dns)->state);
    buf_release(&(*dns)->hosts);
    mem_free(*dns);
    *dns = NULL;
}
