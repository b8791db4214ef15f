/* Who the client is: its address, by the socket or by a proxy in front of us, and its name in the DNS. */
#include "smtpd/client.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/io/hostname.h"
#include "lib/io/proxy_protocol.h"

#include <poll.h>

static bool same_host(const struct address_socket *a, const struct address_socket *b)
{
    char text_a[SOCKET_TEXT_MAX], text_b[SOCKET_TEXT_MAX];

    return strcmp(socket_address_text(a, text_a), socket_address_text(b, text_b)) == 0;
}

/* The name must have an address record with the client's address: anybody can put any name into the
 * reverse zone of an address of theirs. */
static enum dns_result verify_name(struct smtpd_session *session, const char *name,
                                   struct error *err)
{
    struct address_socket *addresses;
    size_t count;
    enum dns_result result = dns_find_addresses_native(session->server->dns, session->session_arena,
                                                       name, 0, &addresses, &count, err);

    for (size_t i = 0; result == DNS_FOUND && i < count; i++) {
        if (same_host(&addresses[i], &session->peer.address))
            return DNS_FOUND;
    }
    return result == DNS_UNAVAILABLE ? DNS_UNAVAILABLE : DNS_ABSENT;
}

static void look_up_name(struct smtpd_session *session)
{
    struct smtpd_peer *peer = &session->peer;
    const char *name;
    struct error err = {0};
    enum dns_result result =
        dns_find_name(session->server->dns, session->session_arena, &peer->address, &name, &err);

    if (result == DNS_FOUND && !hostname_is_valid(span_text(name)))
        result = DNS_ABSENT;
    if (result != DNS_FOUND) {
        peer->reverse_may_come = peer->name_may_come = result == DNS_UNAVAILABLE;
        return;
    }
    peer->reverse = name;
    result = verify_name(session, name, &err);
    if (result == DNS_FOUND) {
        peer->name = name;
        return;
    }
    peer->name_may_come = result == DNS_UNAVAILABLE;
    log_warning("hostname %s does not resolve to address %s%s%s", name, peer->text,
                err.text[0] == '\0' ? "" : ": ", err.text);
}

static void await_input(int fd, int64_t deadline_ms)
{
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    int64_t left_ms = deadline_ms - clock_monotonic_ms();

    if (left_ms > 0)
        (void)poll(&watched, 1, left_ms > INT_MAX ? INT_MAX : (int)left_ms);
}

bool smtpd_hear_proxy(struct smtpd_session *session)
{
    const int timeout_s = session->config->smtpd_upstream_proxy_timeout;
    const int64_t deadline_ms = clock_monotonic_ms() + timeout_s * INT64_C(1000);
    struct buf seen = BUF((size_t)2 * PROXY_HEADER_MAX);
    struct proxy_header header = {0};
    enum parse_result result = PARSE_INCOMPLETE;

    if (session->config->smtpd_upstream_proxy_protocol[0] == '\0')
        return true;
    while (result == PARSE_INCOMPLETE && clock_monotonic_ms() < deadline_ms) {
        await_input(stream_fd(session->client), deadline_ms);
        result = proxy_header_receive(stream_fd(session->client), &seen, &header);
    }
    buf_release(&seen);
    session->peer.is_proxied = result == PARSE_DONE && !header.is_local;
    session->peer.address = header.remote;
    if (result != PARSE_DONE)
        log_warning("haproxy read: %s", result == PARSE_INCOMPLETE ? "timeout" : "bad header");
    return result == PARSE_DONE;
}

static bool find_address(const struct smtpd_session *session, struct address_socket *address)
{
    return session->peer.is_proxied || socket_peer(stream_fd(session->client), address);
}

void smtpd_identify(struct smtpd_session *session)
{
    struct smtpd_peer *peer = &session->peer;
    char text[SOCKET_TEXT_MAX];

    peer->name = peer->reverse = peer->text = "unknown";
    if (find_address(session, &peer->address)) {
        peer->text = arena_copy(session->session_arena, socket_address_text(&peer->address, text));
        peer->port = socket_address_port(&peer->address);
        peer->is_this_host = interfaces_include(
            session->server->own_addresses, session->server->own_address_count, &peer->address.any);
        if (session->config->smtpd_peername_lookup && peer->address.any.sa_family != AF_UNIX)
            look_up_name(session);
    }
    peer->label = arena_printf(session->session_arena, "%s[%s]", peer->name, peer->text);
    if (session->config->smtpd_client_port_logging)
        peer->label = arena_printf(session->session_arena, "%s:%u", peer->label, peer->port);
}
