/* Requests and replies over a socket (lib/map/peer.h). */
#include "lib/map/peer.h"

#include "lib/base/clock.h"
#include "lib/io/socket.h"
#include "lib/io/stream.h"
#include "lib/io/tls.h"

#include <fcntl.h>
#include <netdb.h>

struct peer {
    struct stream *stream;
    char *endpoint;
    char *host;  /* NULL: a socket of this host */
    size_t used; /* octets of the last reply, which the caller may still look at */
};

/* --- connecting ---------------------------------------------------------------------------------- */

/* "host:port", "[address]:port", "host" */
static bool split_endpoint(struct span text, const char *default_port, char **host_r, char **port_r)
{
    struct span host = text;
    struct span port = span_text(default_port);
    size_t end = text.len > 0 && text.data[0] == '[' ? span_find(text, ']') + 1 : 0;
    size_t colon = span_find_last(text, ':');

    if (end > text.len)
        return false;
    if (colon < text.len && colon >= end) {
        host = span_first(text, colon);
        port = span_skip(text, colon + 1);
    }
    if (host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
        host = span_of(host.data + 1, host.len - 2);
    if (port.len == 0)
        return false;
    *host_r = mem_span(host);
    *port_r = mem_span(port);
    return true;
}

static int connect_any(const struct addrinfo *addresses, int timeout_ms, struct error *err)
{
    int fd = -1;

    for (const struct addrinfo *at = addresses; at != NULL && fd < 0; at = at->ai_next) {
        struct address_socket address = {.len = at->ai_addrlen};

        if (at->ai_addrlen > sizeof(address.storage))
            continue;
        memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
        fd = socket_connect(&address, NULL, timeout_ms, err);
    }
    return fd;
}

static int connect_inet(const char *host, const char *port, int timeout_ms, struct error *err)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    const struct addrinfo numeric = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST};
    const char *name = host[0] == '\0' ? "localhost" : host;
    struct addrinfo *found = NULL;
    int failure = getaddrinfo(name, port, &numeric, &found);
    int fd;

    if (failure != 0)
        failure = getaddrinfo(name, port, &hints, &found);
    if (failure != 0) {
        error_set(err, ERROR_TEMPORARY, "look up %s:%s: %s", name, port, gai_strerror(failure));
        return -1;
    }
    error_set(err, ERROR_TEMPORARY, "%s has no address", name);
    fd = connect_any(found, timeout_ms, err);
    if (fd >= 0)
        error_clear(err);
    freeaddrinfo(found);
    return fd;
}

/* *host_r is owned, and stays NULL where there is none. */
static int connect_endpoint(const char *endpoint, const char *default_port, int timeout_ms,
                            char **host_r, struct error *err)
{
    char *port;
    int fd;

    *host_r = NULL;
    if (strncmp(endpoint, "unix:", strlen("unix:")) == 0)
        return socket_connect_unix_at(AT_FDCWD, endpoint + strlen("unix:"), timeout_ms, err);
    if (strncmp(endpoint, "inet:", strlen("inet:")) == 0)
        endpoint += strlen("inet:");
    if (!split_endpoint(span_text(endpoint), default_port, host_r, &port)) {
        error_set(err, ERROR_TEMPORARY, "bad host or port: %s", endpoint);
        return -1;
    }
    fd = connect_inet(*host_r, port, timeout_ms, err);
    mem_free(port);
    return fd;
}

struct peer *peer_open(const char *endpoint, const char *default_port, int timeout_ms,
                       struct error *err)
{
    char *host;
    int fd = connect_endpoint(endpoint, default_port, timeout_ms, &host, err);
    struct peer *peer;

    if (fd < 0) {
        mem_free(host);
        return NULL;
    }
    peer = mem_new(struct peer);
    peer->host = host;
    peer->stream = stream_create(fd);
    peer->endpoint = mem_text(endpoint);
    stream_timeout(peer->stream, timeout_ms);
    return peer;
}

void peer_close(struct peer **peer)
{
    if (*peer == NULL)
        return;
    stream_free(&(*peer)->stream);
    mem_free((*peer)->endpoint);
    mem_free((*peer)->host);
    mem_free(*peer);
    *peer = NULL;
}

bool peer_start_tls(struct peer *peer, struct tls_context *context, bool verify, struct error *err)
{
    return peer->host == NULL ||
           stream_start_tls(peer->stream, tls_session_client(context, peer->host, verify), err);
}

/* --- asking -------------------------------------------------------------------------------------- */

static bool fail(const struct peer *peer, enum stream_status status, struct error *err)
{
    switch (status) {
    case STREAM_EOF:
        error_set(err, ERROR_TEMPORARY, "%s hung up", peer->endpoint);
        break;
    case STREAM_TIMEOUT:
        error_set(err, ERROR_TEMPORARY, "%s does not answer", peer->endpoint);
        break;
    case STREAM_TOO_LONG:
        error_set(err, ERROR_TEMPORARY, "%s sends too long a reply", peer->endpoint);
        break;
    case STREAM_OK:
    case STREAM_FAILED:
        error_errno(err, "talk to %s", peer->endpoint);
        break;
    }
    return false;
}

static bool await_reply(struct peer *peer, size_t limit, peer_parse *parse, void *context,
                        struct error *err)
{
    struct span octets = SPAN_EMPTY;
    enum parse_result result = PARSE_INCOMPLETE;

    while (result == PARSE_INCOMPLETE) {
        enum stream_status status = stream_fill_more(peer->stream, limit, &octets);

        if (status != STREAM_OK)
            return fail(peer, status, err);
        result = parse(context, octets, &peer->used);
    }
    if (result == PARSE_DONE)
        return true;
    if (result == PARSE_TOO_BIG)
        return fail(peer, STREAM_TOO_LONG, err);
    error_set(err, ERROR_TEMPORARY, "%s sends what is no reply: %.*s", peer->endpoint,
              SPAN_PRINTF(span_first(octets, 30)));
    return false;
}

bool peer_ask(struct peer *peer, struct span request, size_t limit, peer_parse *parse,
              void *context, struct error *err)
{
    enum stream_status status;

    stream_consume(peer->stream, peer->used);
    peer->used = 0;
    if (stream_has_input(peer->stream)) {
        error_set(err, ERROR_TEMPORARY, "%s says more than it was asked", peer->endpoint);
        return false;
    }
    stream_write(peer->stream, request);
    status = stream_flush(peer->stream);
    if (status != STREAM_OK)
        return fail(peer, status, err);
    return await_reply(peer, limit, parse, context, err);
}

/* --- keeping ------------------------------------------------------------------------------------- */

void kept_peer_close(struct kept_peer *kept)
{
    peer_close(&kept->peer);
}

static bool is_past(int64_t since_ms, int64_t most_ms, int64_t now_ms)
{
    return most_ms > 0 && now_ms - since_ms > most_ms;
}

/* An old connection may have ended without a fault of anybody: then there is a second try. */
bool kept_peer_ask(struct kept_peer *kept, struct span request, size_t limit, peer_parse *parse,
                   void *context, struct error *err)
{
    for (;;) {
        int64_t now_ms = clock_monotonic_ms();
        bool is_old;

        if (is_past(kept->used_ms, kept->idle_ms, now_ms) ||
            is_past(kept->opened_ms, kept->lifetime_ms, now_ms))
            kept_peer_close(kept);
        is_old = kept->peer != NULL;
        if (!is_old) {
            kept->peer = peer_open(kept->endpoint, kept->default_port, kept->timeout_ms, err);
            kept->opened_ms = now_ms;
        }
        if (kept->peer == NULL)
            return false;
        kept->used_ms = now_ms;
        if (peer_ask(kept->peer, request, limit, parse, context, err))
            return true;
        kept_peer_close(kept);
        if (!is_old)
            return false;
    }
}
