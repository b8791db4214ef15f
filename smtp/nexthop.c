/* Next hops as qmgr names them. */
#include "smtp/nexthop.h"

/* "host" or "[host]", and what follows it. */
static bool take_host(struct span *rest, struct span *host_r, bool *bracketed_r)
{
    size_t len;

    *bracketed_r = rest->len > 0 && rest->data[0] == '[';
    if (!*bracketed_r) {
        len = span_find(*rest, ':');
        *host_r = span_first(*rest, len);
        *rest = span_skip(*rest, len);
        return host_r->len > 0;
    }
    len = span_find(*rest, ']');
    if (len == rest->len)
        return false;
    *host_r = span_of(rest->data + 1, len - 1);
    *rest = span_skip(*rest, len + 1);
    return host_r->len > 0;
}

bool nexthop_parse(const struct settings *settings, struct arena *arena, struct span text,
                   struct nexthop *nexthop_r, struct error *err)
{
    struct span rest = text;
    struct span host = SPAN_EMPTY;
    bool bracketed = false;

    *nexthop_r = (struct nexthop){.port = settings->default_port};
    if (settings->lmtp && span_starts_with(rest, "unix:")) {
        nexthop_r->unix_path = arena_text(arena, span_skip(rest, 5));
        nexthop_r->host = settings->config->myhostname;
        return true;
    }
    if (settings->lmtp && span_starts_with(rest, "inet:"))
        rest = span_skip(rest, 5);
    if (take_host(&rest, &host, &bracketed) && rest.len > 1 && rest.data[0] == ':') {
        nexthop_r->port = settings_port(settings->config, span_skip(rest, 1));
        rest = SPAN_EMPTY;
    }
    if (host.len == 0 || rest.len > 0 || nexthop_r->port == 0) {
        error_set(err, ERROR_TEMPORARY, "bad next hop \"%.*s\"", SPAN_PRINTF(text));
        return false;
    }
    nexthop_r->host = arena_text(arena, host);
    nexthop_r->use_mx = !bracketed && !settings->lmtp && !settings->config->disable_dns_lookups;
    return true;
}
