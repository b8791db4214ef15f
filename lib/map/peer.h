/*
 * A server that tables ask over a socket in a protocol of requests and replies: tcp, socketmap,
 * memcache, redis. What a reply is says a parser, which sees only what has come so far.
 */
#ifndef BUZON_LIB_MAP_PEER_H
#define BUZON_LIB_MAP_PEER_H

#include "lib/base/base.h"

struct peer;
struct tls_context;

/*
 * peer_open - connect
 *
 *  endpoint      "inet:host:port", "host:port", "[address]:port", "unix:/path"
 *  default_port  where it names none; NULL: it must
 *  timeout_ms    of connecting, and of each wait for a reply
 */
struct peer *peer_open(const char *endpoint, const char *default_port, int timeout_ms,
                       struct error *err) MUST_CHECK;
void peer_close(struct peer **peer);
/* peer_start_tls - from now on encrypted, but over a socket of this host nothing happens; `verify`: the
 * server must have a certificate for the host of its endpoint */
bool peer_start_tls(struct peer *peer, struct tls_context *context, bool verify,
                    struct error *err) MUST_CHECK;

/* peer_parse - PARSE_DONE: a whole reply is at the front of `octets`, *used_r of them; else it may be
 * called again with more. What it found goes to `context`, borrowed until the next request. */
typedef enum parse_result peer_parse(void *context, struct span octets, size_t *used_r);

/* peer_ask - send a request and await its reply of at most `limit` octets; false: the connection is
 * of no use any more */
bool peer_ask(struct peer *peer, struct span request, size_t limit, peer_parse *parse,
              void *context, struct error *err) MUST_CHECK;

/* A peer whose connection is kept between requests, and made anew when it has ended meanwhile. */
struct kept_peer {
    const char *endpoint, *default_port; /* borrowed */
    int timeout_ms;
    int64_t idle_ms;     /* older than this, it is not used again; 0: no limit */
    int64_t lifetime_ms; /* likewise, since it was opened */
    struct peer *peer;
    int64_t opened_ms, used_ms;
};

bool kept_peer_ask(struct kept_peer *kept, struct span request, size_t limit, peer_parse *parse,
                   void *context, struct error *err) MUST_CHECK;
void kept_peer_close(struct kept_peer *kept);

#endif
