/*
 * How a connection begins: who it is, by the socket or by a proxy in front of us, and whether there is room. Those
 * who are not logged in form a crowd: an address may have only so many of them, and when all places are taken
 * the one that has waited the longest makes room.
 */
#include "lib/base/base.h"

#include "login/client.h"

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/io/proxy_protocol.h"
#include "lib/map/cidr.h"

#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <sys/random.h>
#include <sys/socket.h>

#define OUTPUT_MAX        65536
#define DESCRIPTORS_SPARE 100

/* --- the crowd -------------------------------------------------------------------------------------------------- */

/* The places of an address; the number is the pointer itself. */
static size_t count_of(const struct client *client)
{
    return (size_t)(uintptr_t)hash_get(client->login->addresses, span_text(client->remote));
}

static void set_count(const struct client *client, size_t count)
{
    struct hash *addresses = client->login->addresses;

    if (count == 0)
        (void)hash_remove(addresses, span_text(client->remote));
    else
        (void)hash_put(addresses, span_text(client->remote), (void *)(uintptr_t)count);
}

static void join_crowd(struct client *client)
{
    struct login *login = client->login;

    client->is_in_crowd = true;
    client->older = login->newest;
    if (login->newest != NULL)
        login->newest->newer = client;
    else
        login->oldest = client;
    login->newest = client;
    set_count(client, count_of(client) + 1);
}

void client_leave_crowd(struct client *client)
{
    struct login *login = client->login;

    if (!client->is_in_crowd)
        return;
    client->is_in_crowd = false;
    if (client->older != NULL)
        client->older->newer = client->newer;
    else
        login->oldest = client->newer;
    if (client->newer != NULL)
        client->newer->older = client->older;
    else
        login->newest = client->older;
    set_count(client, count_of(client) - 1);
}

/* Whose password is being checked is not the one to go. */
static bool may_go(const struct client *client)
{
    return client->state != CLIENT_AUTH && client->state != CLIENT_HANDOVER;
}

/*
 * Sessions that are parked, or that others have, cost little but a descriptor; others have buffers, and
 * three descriptors under TLS. Some are left for those who wake.
 */
static bool has_room(const struct login *login)
{
    size_t quiet = login->parked_count + login->away_count;
    size_t busy = login->clients - quiet;

    return busy < (size_t)login->config->login_client_limit &&
           quiet + 3 * busy + DESCRIPTORS_SPARE < login->descriptors;
}

static void make_room(struct login *login)
{
    struct client *client = login->oldest;

    if (has_room(login))
        return;
    while (client != NULL && !may_go(client))
        client = client->newer;
    if (client == NULL)
        return;
    if (client->state != CLIENT_CLOSING)
        log_disconnect(client, "Disconnected: Connection queue full");
    client_destroy(client);
}

void login_accept_more(struct login *login)
{
    service_accepting(login->instance, has_room(login) || login->oldest != NULL);
}

/* --- who it is ---------------------------------------------------------------------------------------------------- */

static void make_session_id(char session[SESSION_ID_LEN + 1])
{
    unsigned char random[SESSION_ID_LEN / 4 * 3];

    if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
        log_fatal("no random numbers from the system");
    EVP_EncodeBlock((unsigned char *)session, random, sizeof(random));
}

static void set_addresses(struct client *client, const struct address_socket *remote,
                          const struct address_socket *local)
{
    socket_address_text(remote, client->remote);
    client->remote_port = socket_address_port(remote);
    socket_address_text(local, client->local);
    client->local_port = socket_address_port(local);
}

static void note_addresses(struct client *client)
{
    struct address_socket remote, local;

    if (!socket_peer(client->fd, &remote))
        remote.len = 0;
    if (!socket_local(client->fd, &local))
        local.len = 0;
    set_addresses(client, &remote, &local);
}

static bool is_trusted(const struct client *client)
{
    struct strlist networks = STRLIST_EMPTY;
    struct cidr address, network;
    bool trusted = false;

    if (!cidr_parse_address(span_text(client->remote), &address))
        return true; /* a UNIX socket */
    strlist_split(&networks, client->login->config->login_trusted_networks, ", \t\r\n");
    for (size_t i = 0; !trusted && i < networks.count; i++)
        trusted = cidr_parse(span_text(networks.items[i]), &network, NULL) &&
                  cidr_contains(&network, &address);
    strlist_release(&networks);
    return trusted;
}

static bool has_too_many(const struct client *client)
{
    const int limit = client->login->config->login_address_limit;

    return limit > 0 && count_of(client) > (size_t)limit && !is_trusted(client);
}

/* --- the proxy's header --------------------------------------------------------------------------------------------- */

static void welcome(struct client *client)
{
    if (has_too_many(client)) {
        if (!client->login->config->login_tls_wrappermode)
            client->login->protocol->bye(client, "Too many connections from your address.");
        client_close(client, "Disconnected: Maximum number of connections from IP exceeded");
        client_resume(client);
    } else {
        client_begin(client);
    }
}

bool client_read_proxy_header(struct client *client)
{
    struct proxy_header header;

    switch (proxy_header_receive(client->fd, &client->input, &header)) {
    case PARSE_DONE:
        break;
    case PARSE_INCOMPLETE:
        return true;
    case PARSE_MALFORMED:
    case PARSE_TOO_BIG:
        log_disconnect(client, "Disconnected: Failed to read the PROXY protocol's header");
        client_destroy(client);
        return false;
    }
    buf_release(&client->input);
    if (!header.is_local) {
        client_leave_crowd(client); /* it counts for another address */
        set_addresses(client, &header.remote, &header.local);
        client->has_proxied_tls = header.has_tls;
        join_crowd(client);
    }
    welcome(client);
    return false; /* whatever became of it is settled */
}

static void await_proxy(struct client *client)
{
    if (!is_trusted(client)) {
        log_disconnect(client, "Disconnected: a proxy that is not of login_trusted_networks");
        client_destroy(client);
        return;
    }
    client->state = CLIENT_PROXY;
    watch_deadline(client->watch, clock_ms(client->login->config->login_upstream_proxy_timeout));
}

/* --- arrivals --------------------------------------------------------------------------------------------------------- */

/* What is said is whole when it is written. The greeting must not wait for the client to acknowledge the
 * session tickets of TLS before it, which takes 40 ms; no matter on a UNIX socket. */
static void send_at_once(int fd)
{
    static const int on = 1;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void client_create(struct login *login, int fd)
{
    struct client *client = mem_new(struct client);

    send_at_once(fd);
    *client = (struct client){
        .login = login,
        .state = CLIENT_COMMAND,
        .fd = fd,
        .input = BUF(INPUT_MAX),
        .output = BUF(OUTPUT_MAX),
        .arrived_ms = clock_monotonic_ms(),
    };
    make_room(login);
    make_session_id(client->session);
    note_addresses(client);
    client_watch(client);
    if (++login->clients > login->most_clients)
        login->most_clients = login->clients;
    join_crowd(client);
    login_accept_more(login);
    if (login->config->login_upstream_proxy_protocol[0] != '\0')
        await_proxy(client);
    else
        welcome(client);
}
