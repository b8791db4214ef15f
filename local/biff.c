/*
 * Telling users who are logged in of new mail, as comsat(8) expects it: a datagram "user@offset" to the
 * service biff of this host. Nobody listens on most hosts, and nobody waits for what comes of it.
 */
#include "lib/base/base.h"

#include "local/biff.h"

#include "lib/base/file.h"
#include "lib/base/log.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#define BIFF_PORT 512 /* where /etc/services does not know it */

static in_port_t find_port(void)
{
    const struct servent *service = getservbyname("biff", "udp");

    return service == NULL ? htons(BIFF_PORT) : (in_port_t)service->s_port;
}

void biff_notify(const char *user, int64_t offset)
{
    static in_port_t port; /* 0: not looked up yet */
    struct sockaddr_in comsat = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char *text = mem_printf("%s@%" PRId64, user, offset);

    if (port == 0)
        port = find_port();
    comsat.sin_port = port;
    if (fd == -1 || sendto(fd, text, strlen(text) + 1, 0, (const struct sockaddr *)&comsat,
                           sizeof(comsat)) == -1)
        log_debug("biff: %s: %s", text, strerror(errno));
    mem_free(text);
    fd_close(&fd);
}
