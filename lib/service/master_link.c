/* A daemon's side of what it shares with master: the scoreboard, the channel, the sockets. */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/process.h"

#include <sys/socket.h>
#include <unistd.h>

#define SWALLOW_MAX 64 /* pokes that are taken at once */

/* Should the channel be full, master has enough reason to look already. */
void service_took(void)
{
    static const struct master_record busy = {.verb = MASTER_BUSY};

    if (service_process.board != NULL &&
        scoreboard_take(service_process.board, service_process.options.slot))
        (void)!channel_send(service_process.channel, &busy, -1);
}

void service_freed(void)
{
    if (service_process.board != NULL)
        scoreboard_free(service_process.board, service_process.options.slot);
}

/* The bits that count; an IPv4 address is mapped to an IPv6 one. */
static void network_octets(const struct address_socket *address, int ipv4_bits, int ipv6_bits,
                           unsigned char octets_r[16])
{
    struct in6_addr whole = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    int bits;

    if (address->any.sa_family == AF_INET6)
        whole = address->in6.sin6_addr;
    else
        memcpy(whole.s6_addr + 12, &address->in.sin_addr, 4);
    bits = IN6_IS_ADDR_V4MAPPED(&whole) ? 96 + ipv4_bits : ipv6_bits;
    for (int i = 0; i < 16; i++, bits -= 8) {
        unsigned mask = bits >= 8 ? 0xffU : bits <= 0 ? 0 : 0xffU << (8 - bits);

        octets_r[i] = (unsigned char)(whole.s6_addr[i] & mask);
    }
}

unsigned service_meet_client(const struct address_socket *address, int ipv4_bits, int ipv6_bits)
{
    unsigned char octets[16];

    if (service_process.board == NULL ||
        (address->any.sa_family != AF_INET && address->any.sa_family != AF_INET6))
        return 0;
    network_octets(address, ipv4_bits, ipv6_bits, octets);
    return scoreboard_meet(service_process.board, service_process.options.slot, octets);
}

void service_part_client(void)
{
    if (service_process.board != NULL)
        scoreboard_part(service_process.board, service_process.options.slot);
}

void service_left(void)
{
    static const struct master_record left = {.verb = MASTER_LEFT};
    const struct service *service = service_process.service;

    if (service_process.board == NULL)
        return;
    (void)scoreboard_take(service_process.board, service_process.options.slot);
    if (!service->single_process || service->may_overlap)
        (void)!channel_send(service_process.channel, &left, -1); /* master may be gone */
}

void service_note_record(const struct master_record *record)
{
    if (record->verb == MASTER_DRAIN)
        service_process.draining = 1;
    else if (record->verb == MASTER_WAKEUP)
        service_process.wakeups++;
    if (service_process.events.noted != NULL)
        timer_arm(service_process.events.noted, 0);
}

void service_hear_master(void)
{
    struct master_record record;
    enum channel_result result;

    while ((result = channel_receive(service_process.channel, &record, NULL)) == CHANNEL_RECORD)
        service_note_record(&record);
    if (result == CHANNEL_CLOSED) {
        service_unlisten();
        service_process.draining = 1;
    }
}

/* Called by a signal handler too: async-signal-safe. */
void service_unlisten(void)
{
    int saved = errno;

    for (unsigned i = 0; i < service_process.options.sockets; i++)
        (void)shutdown(service_listen_fd(i), SHUT_RDWR);
    errno = saved;
}

static int receive_passed(int fd)
{
    static const struct timeval patience = {.tv_sec = 5};
    struct error err = {0};
    char octets[1];
    size_t len;
    int client = -1;

    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (!socket_receive_fd(fd, &client, octets, sizeof(octets), &len, &err))
        log_warning("receive a client that was passed: %s", err.text);
    fd_close(&fd);
    return client;
}

bool service_lacks_room(int number)
{
    return number == EMFILE || number == ENFILE || number == ENOBUFS || number == ENOMEM;
}

int service_accept(unsigned i, int flags)
{
    int fd = accept4(service_listen_fd(i), NULL, NULL, SOCK_CLOEXEC | flags);

    if (fd < 0) {
        if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED && errno != EINVAL)
            log_warning("accept a connection: %m");
        return -1;
    }
    if (service_process.options.type != SERVICE_PASS)
        return fd;
    fd = receive_passed(fd);
    if (fd >= 0)
        fd_set_nonblocking(fd, (flags & SOCK_NONBLOCK) != 0);
    errno = 0;
    return fd;
}

/* One poke; false: there is none left. */
static bool swallow_one(int socket)
{
    enum service_type type = service_process.options.type;
    char octets[512];
    int fd;

    if (type == SERVICE_FIFO || type == SERVICE_UNIX_DGRAM)
        return read(socket, octets, sizeof(octets)) > 0;
    fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
        return false;
    fd_close(&fd);
    return true;
}

bool service_swallow(unsigned i)
{
    int count = 0;

    while (count < SWALLOW_MAX && swallow_one(service_listen_fd(i)))
        count++;
    return count > 0;
}
