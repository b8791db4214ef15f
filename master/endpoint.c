/* The listening sockets of services. */
#include "lib/base/base.h"

#include "master/endpoint.h"

#include "lib/base/file.h"
#include "lib/base/strlist.h"
#include "lib/config/interfaces.h"
#include "lib/service/master_protocol.h"

#include <fcntl.h>
#include <netdb.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG     4096 /* the kernel cuts it at net.core.somaxconn */
#define SOCKET_MODE 0666 /* who may reach it is the directory's to say */
#define FIFO_MODE   0622

/* --- names ------------------------------------------------------------------------------------ */

bool endpoint_split_inet(const char *name, struct span *host_r, struct span *port_r)
{
    struct span whole = span_text(name);
    size_t colon = span_find_last(whole, ':');
    struct span host = span_first(whole, colon);

    if (colon == whole.len) {
        *host_r = SPAN_EMPTY;
        *port_r = whole;
        return whole.len > 0;
    }
    if (host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']')
        host = span_first(span_skip(host, 1), host.len - 2);
    else if (span_find(host, ':') < host.len)
        return false; /* an IPv6 address needs its brackets */
    *host_r = host;
    *port_r = span_skip(whole, colon + 1);
    return host.len > 0 && port_r->len > 0;
}

/* "lmtp=24, smtps=submissions=465": names before the number */
static struct span find_known_port(struct span wanted, const char *known_tcp_ports)
{
    static const char separators[] = ", \t\r\n";
    const char *group = known_tcp_ports + strspn(known_tcp_ports, separators);

    while (group[0] != '\0') {
        size_t len = strcspn(group, separators);
        struct span names = span_of(group, len);
        struct span number = span_skip(names, span_find_last(names, '=') + 1);

        while (names.len > number.len) {
            if (span_equal(span_take_until(&names, '='), wanted))
                return number;
        }
        group += len;
        group += strspn(group, separators);
    }
    return SPAN_EMPTY;
}

bool endpoint_parse_port(struct span text, const char *known_tcp_ports, unsigned *port_r)
{
    struct span known = find_known_port(text, known_tcp_ports);
    const struct servent *entry;
    uint64_t number;
    char *name;

    if (span_to_u64(known.len > 0 ? known : text, UINT16_MAX, &number)) {
        *port_r = (unsigned)number;
        return number > 0;
    }
    name = mem_span(text);
    entry = getservbyname(name, "tcp");
    mem_free(name);
    if (entry == NULL)
        return false;
    *port_r = ntohs((uint16_t)entry->s_port);
    return true;
}

/* --- plans ------------------------------------------------------------------------------------- */

static struct endpoint *add(struct endpoint_list *list, enum service_type type, char *name)
{
    list->items = mem_resize(list->items, list->count + 1, sizeof(*list->items));
    list->items[list->count] = (struct endpoint){.name = name, .type = type, .fd = -1};
    return &list->items[list->count++];
}

static bool has(const struct endpoint_list *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].name, name) == 0)
            return true;
    }
    return false;
}

static void add_address(struct endpoint_list *list, const struct address_socket *address)
{
    char text[SOCKET_TEXT_MAX];
    char *name = mem_printf(address->any.sa_family == AF_INET6 ? "[%s]:%u" : "%s:%u",
                            socket_address_text(address, text), socket_address_port(address));

    if (has(list, name))
        mem_free(name);
    else
        add(list, SERVICE_INET, name)->address = *address;
}

static bool kernel_has(int family)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has_it = fd >= 0 || errno != EAFNOSUPPORT;

    fd_close(&fd);
    return has_it;
}

/* inet_protocols, less what the kernel lacks */
static bool find_families(const struct config *config, struct protocols *families_r,
                          struct error *err)
{
    if (!protocols_parse(config->inet_protocols, families_r, err))
        return false;
    families_r->ipv4 = families_r->ipv4 && kernel_has(AF_INET);
    families_r->ipv6 = families_r->ipv6 && kernel_has(AF_INET6);
    return true;
}

static bool is_wanted(const struct address_socket *address, struct protocols families)
{
    return address->any.sa_family == AF_INET6 ? families.ipv6 : families.ipv4;
}

static bool add_numeric(struct endpoint_list *list, const char *text, unsigned port,
                        struct protocols families)
{
    struct address_socket address;

    if (!socket_parse_numeric(span_text(text), port, &address))
        return false;
    if (is_wanted(&address, families))
        add_address(list, &address);
    return true;
}

static bool add_resolved(struct endpoint_list *list, const char *host, unsigned port,
                         struct protocols families, struct error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int problem = getaddrinfo(host, NULL, &hints, &found);

    if (problem != 0) {
        error_set(err, problem == EAI_AGAIN ? ERROR_TEMPORARY : ERROR_PERMANENT,
                  "look up the address of %s: %s", host, gai_strerror(problem));
        return false;
    }
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) {
        struct address_socket address = {.len = at->ai_addrlen};

        if (at->ai_family != AF_INET && at->ai_family != AF_INET6)
            continue;
        memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
        if (at->ai_family == AF_INET)
            address.in.sin_port = htons((uint16_t)port);
        else
            address.in6.sin6_port = htons((uint16_t)port);
        if (is_wanted(&address, families))
            add_address(list, &address);
    }
    freeaddrinfo(found);
    return true;
}

static bool add_host(struct endpoint_list *list, const char *host, unsigned port,
                     struct protocols families, struct error *err)
{
    return add_numeric(list, host, port, families) || add_resolved(list, host, port, families, err);
}

/* Those that there are: a kernel that knows IPv6 need not have ::1. */
static bool add_loopback(struct endpoint_list *list, const struct config *config, unsigned port,
                         struct protocols families, struct error *err)
{
    struct arena *arena = arena_create();
    struct own_address *own;
    size_t count;
    bool done = interfaces_own("loopback-only", config->inet_protocols, arena, &own, &count, err);

    for (size_t i = 0; done && i < count; i++) {
        struct address_socket address = {.len = 0};

        address.any.sa_family = (sa_family_t)own[i].family;
        if (own[i].family == AF_INET) {
            address.len = sizeof(address.in);
            address.in.sin_addr = own[i].in;
            address.in.sin_port = htons((uint16_t)port);
        } else {
            address.len = sizeof(address.in6);
            address.in6.sin6_addr = own[i].in6;
            address.in6.sin6_port = htons((uint16_t)port);
        }
        if (is_wanted(&address, families))
            add_address(list, &address);
    }
    arena_free(&arena);
    return done;
}

/* inet_interfaces: all, loopback-only, or names and addresses */
static bool add_interfaces(struct endpoint_list *list, const struct config *config, unsigned port,
                           struct protocols families, struct error *err)
{
    struct strlist hosts = STRLIST_EMPTY;
    bool done = true;

    strlist_split(&hosts, config->inet_interfaces, ", \t\r\n");
    if (hosts.count == 0 || strlist_has_nocase(&hosts, "all")) {
        ASSERT(add_numeric(list, "0.0.0.0", port, families) &&
               add_numeric(list, "::", port, families));
    } else if (strlist_has_nocase(&hosts, "loopback-only")) {
        done = add_loopback(list, config, port, families, err);
    } else {
        for (size_t i = 0; i < hosts.count && done; i++) {
            char *host = hosts.items[i];
            size_t len = strlen(host);

            if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
                host[len - 1] = '\0';
                host++;
            }
            done = add_host(list, host, port, families, err);
        }
    }
    strlist_release(&hosts);
    return done;
}

static bool plan_inet(const struct master_service *service, const struct config *config,
                      struct endpoint_list *list, struct error *err)
{
    struct protocols families;
    struct span host, port_text;
    unsigned port;
    bool done;
    char *name;

    if (!find_families(config, &families, err))
        return false;
    if (!endpoint_split_inet(service->name, &host, &port_text) ||
        !endpoint_parse_port(port_text, config->known_tcp_ports, &port)) {
        error_set(err, ERROR_PERMANENT, "bad address or port: \"%s\"", service->name);
        return false;
    }
    name = mem_span(host);
    done = host.len == 0 ? add_interfaces(list, config, port, families, err)
                         : add_host(list, name, port, families, err);
    mem_free(name);
    if (done && list->count == 0)
        error_set(err, ERROR_PERMANENT,
                  "no address is left by inet_protocols = %s and inet_interfaces = %s",
                  config->inet_protocols, config->inet_interfaces);
    return done && list->count > 0;
}

static bool plan_local(const struct master_service *service, struct endpoint_list *list,
                       struct error *err)
{
    if (strlen(service->name) >= MASTER_NAME_MAX) {
        error_set(err, ERROR_PERMANENT, "the name \"%s\" is too long for a socket", service->name);
        return false;
    }
    (void)add(list, service->type,
              mem_printf("%s/%s", service->private_socket ? "private" : "public", service->name));
    return true;
}

bool endpoints_plan(const struct master_service *service, const struct config *config,
                    struct endpoint_list *list_r, struct error *err)
{
    *list_r = (struct endpoint_list){NULL, 0};
    if (!(service->type == SERVICE_INET ? plan_inet(service, config, list_r, err)
                                        : plan_local(service, list_r, err))) {
        endpoints_release(list_r);
        return false;
    }
    if (list_r->count > SERVICE_SOCKETS_MAX) {
        endpoints_release(list_r);
        error_set(err, ERROR_PERMANENT, "more than %d addresses to listen on", SERVICE_SOCKETS_MAX);
        return false;
    }
    return true;
}

/* --- sockets ------------------------------------------------------------------------------------ */

static int open_fifo(const char *path, struct error *err)
{
    int fd = -1;

    if ((unlink(path) == 0 || errno == ENOENT) && mkfifo(path, FIFO_MODE) == 0)
        fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0 || fchmod(fd, FIFO_MODE) != 0) {
        error_errno(err, "open the FIFO %s", path);
        fd_close(&fd);
    }
    return fd;
}

/* The mode is set before the name exists: whoever owns the directory gets nothing to play with. */
static int open_datagram(const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (strlen(path) >= sizeof(address.sun_path)) {
        error_set(err, ERROR_PERMANENT, "the path %s is too long for a socket", path);
        fd_close(&fd);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (fd < 0 || fchmod(fd, SOCKET_MODE) != 0 || (unlink(path) != 0 && errno != ENOENT) ||
        bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        error_errno(err, "bind %s", path);
        fd_close(&fd);
    }
    return fd;
}

bool endpoint_open(struct endpoint *endpoint, struct error *err)
{
    mode_t mask = umask(0);

    switch (endpoint->type) {
    case SERVICE_INET:
        endpoint->fd = socket_listen_inet(&endpoint->address, BACKLOG, err);
        break;
    case SERVICE_UNIX:
    case SERVICE_PASS:
        endpoint->fd = socket_listen_unix(endpoint->name, SOCKET_MODE, BACKLOG, err);
        break;
    case SERVICE_FIFO:
        endpoint->fd = open_fifo(endpoint->name, err);
        break;
    case SERVICE_UNIX_DGRAM:
        endpoint->fd = open_datagram(endpoint->name, err);
        break;
    }
    (void)umask(mask);
    return endpoint->fd >= 0;
}

/* shutdown(2) reaches the processes too that serve a client now and cannot close their copy. */
static void close_endpoint(struct endpoint *endpoint)
{
    watch_free(&endpoint->watch);
    if (endpoint->fd >= 0 && endpoint->type != SERVICE_FIFO)
        (void)shutdown(endpoint->fd, SHUT_RDWR);
    fd_close(&endpoint->fd);
}

void endpoints_adopt(struct endpoint_list *list, struct endpoint_list *old)
{
    for (size_t i = 0; i < list->count; i++) {
        for (size_t k = 0; k < old->count && list->items[i].fd < 0; k++) {
            struct endpoint *candidate = &old->items[k];

            if (candidate->fd < 0 || candidate->type != list->items[i].type ||
                strcmp(candidate->name, list->items[i].name) != 0)
                continue;
            watch_free(&candidate->watch);
            list->items[i].fd = candidate->fd;
            candidate->fd = -1;
        }
    }
}

void endpoints_release(struct endpoint_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        close_endpoint(&list->items[i]);
        mem_free(list->items[i].name);
    }
    mem_free(list->items);
    *list = (struct endpoint_list){NULL, 0};
}
