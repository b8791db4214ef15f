/* The readiness protocol of systemd: one datagram a message. */
#include "lib/base/base.h"

#include "lib/base/file.h"

#include "master/notify.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static struct {
    struct sockaddr_un address;
    socklen_t len; /* 0: nobody listens */
} systemd;

/* A path, or with '@' a name in the abstract name space. */
void notify_open(void)
{
    const char *name = getenv("NOTIFY_SOCKET");
    size_t len = name == NULL ? 0 : strlen(name);

    if (len < 2 || (name[0] != '/' && name[0] != '@') || len >= sizeof(systemd.address.sun_path))
        return;
    systemd.address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(systemd.address.sun_path, name, len);
    if (name[0] == '@')
        systemd.address.sun_path[0] = '\0';
    systemd.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void send_state(const char *state)
{
    int fd;

    if (systemd.len == 0)
        return;
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd >= 0)
        (void)sendto(fd, state, strlen(state), MSG_NOSIGNAL,
                     (const struct sockaddr *)&systemd.address, systemd.len);
    fd_close(&fd);
}

void notify_ready(void)
{
    char state[64];

    (void)snprintf(state, sizeof(state), "READY=1\nMAINPID=%d", (int)getpid());
    send_state(state);
}

void notify_reloading(void)
{
    char state[64];
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    (void)snprintf(state, sizeof(state), "RELOADING=1\nMONOTONIC_USEC=%lld",
                   (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    send_state(state);
}

void notify_stopping(void)
{
    send_state("STOPPING=1");
}
