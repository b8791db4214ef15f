/* hosts(5) and nsswitch.conf(5). The text is searched as it is: such files are short, and most
 * processes look up little in them. */
#include "lib/base/base.h"

#include "lib/dns/hosts.h"

/* The next line without its comment; false at the end. */
static bool take_line(struct span *rest, struct span *line_r)
{
    struct span line;

    if (rest->len == 0)
        return false;
    line = span_take_until(rest, '\n');
    *line_r = span_trim(span_first(line, span_find(line, '#')));
    return true;
}

static bool take_address(struct span *line, struct address_socket *address_r)
{
    return socket_parse_numeric(span_take_word(line), 0, address_r);
}

static bool has_name(struct span names, const char *name)
{
    while (names.len > 0) {
        if (span_equal_text_nocase(span_take_word(&names), name))
            return true;
    }
    return false;
}

bool hosts_find_address(struct span hosts, const char *name, size_t skip,
                        struct address_socket *address_r)
{
    struct span line;

    while (take_line(&hosts, &line)) {
        if (take_address(&line, address_r) && has_name(line, name) && skip-- == 0)
            return true;
    }
    return false;
}

static bool is_same_host(const struct address_socket *a, const struct address_socket *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    return a->any.sa_family == AF_INET
               ? a->in.sin_addr.s_addr == b->in.sin_addr.s_addr
               : memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
}

bool hosts_find_name(struct span hosts, const struct address_socket *address, struct span *name_r)
{
    struct address_socket candidate;
    struct span line;

    while (take_line(&hosts, &line)) {
        if (!take_address(&line, &candidate) || !is_same_host(&candidate, address))
            continue;
        *name_r = span_take_word(&line);
        return name_r->len > 0;
    }
    return false;
}

static void add_source(struct hosts_order *order, enum hosts_source source)
{
    if (order->count < 2 && (order->count == 0 || order->sources[0] != source))
        order->sources[order->count++] = source;
}

/* "hosts: files resolve [!UNAVAIL=return] dns": reactions in brackets are not ours to follow. */
static struct hosts_order parse_sources(struct span words)
{
    struct hosts_order order = {.count = 0};

    while (words.len > 0) {
        struct span word = span_take_word(&words);

        if (span_equal_text_nocase(word, "files"))
            add_source(&order, HOSTS_FILE);
        else if (span_equal_text_nocase(word, "dns") || span_equal_text_nocase(word, "resolve"))
            add_source(&order, HOSTS_DNS);
    }
    return order;
}

struct hosts_order hosts_parse_order(struct span nsswitch)
{
    struct hosts_order order = {.count = 0};
    struct span line;

    while (order.count == 0 && take_line(&nsswitch, &line)) {
        if (span_starts_with_nocase(line, "hosts:"))
            order = parse_sources(span_trim(span_skip(line, strlen("hosts:"))));
    }
    if (order.count == 0) {
        add_source(&order, HOSTS_FILE);
        add_source(&order, HOSTS_DNS);
    }
    return order;
}
