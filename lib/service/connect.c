/*
 * Connections to other services. Most daemons and the tools use the sockets in the queue directory;
 * one that sits in the empty chroot asks master, which knows who may talk to whom (master/broker.c).
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/config/master_cf.h"
#include "lib/service/process.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <sys/socket.h>
#include <unistd.h>

#define ASK_AGAIN_MS     50    /* the other service's backlog is full */
#define SHORTEST_WAIT_MS 1     /* for it, where nobody may wait */
#define ANSWER_MS        10000 /* for master, who waits for nobody */

/* The next record that is an answer; wake-ups and drain that come before it are noted. */
static bool await_answer(struct master_record *answer_r, int *fd_r)
{
    int64_t deadline_ms = clock_monotonic_ms() + ANSWER_MS;
    int64_t left_ms;

    while ((left_ms = deadline_ms - clock_monotonic_ms()) > 0) {
        struct pollfd channel = {.fd = service_process.channel, .events = POLLIN};
        enum channel_result result;

        if (poll(&channel, 1, (int)left_ms) <= 0)
            continue;
        result = channel_receive(service_process.channel, answer_r, fd_r);
        if (result == CHANNEL_CLOSED) {
            service_process.draining = 1;
            errno = ECONNREFUSED;
            return false;
        }
        if (result == CHANNEL_RECORD && answer_r->verb == MASTER_ANSWER)
            return true;
        fd_close(fd_r);
        if (result == CHANNEL_RECORD)
            service_note_record(answer_r);
    }
    errno = ETIMEDOUT;
    return false;
}

static int ask_once(enum master_verb verb, const char *name)
{
    struct master_record record = {.verb = verb};
    int fd = -1;

    if (strlen(name) >= sizeof(record.name)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(record.name, name, strlen(name) + 1);
    if (!channel_send(service_process.channel, &record, -1) || !await_answer(&record, &fd))
        return -1;
    if (fd < 0)
        errno = record.number == 0 ? EPROTO : record.number;
    return fd;
}

static int ask_master(enum master_verb verb, const char *name, int timeout_ms, struct error *err)
{
    static const struct timespec pause = {.tv_nsec = ASK_AGAIN_MS * 1000000L};
    int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
    int fd;

    while ((fd = ask_once(verb, name)) < 0 && errno == EAGAIN &&
           clock_monotonic_ms() + ASK_AGAIN_MS < deadline_ms)
        (void)nanosleep(&pause, NULL);
    if (fd < 0) {
        if (errno == EAGAIN)
            errno = ETIMEDOUT; /* as a connect that waits says */
        error_errno(err, verb == MASTER_CONNECT ? "connect to service %s" : "connect to %s", name);
        err->kind = ERROR_TEMPORARY;
    }
    return fd;
}

/* Users' tools may not look into private/. */
static bool is_elsewhere(const struct error *err)
{
    return err->number == ENOENT || err->number == EACCES;
}

/* Which of the two directories is master.cf's column "private", which only master has read. The name may be the
 * transport of a FILTER, which smtpd hands on: it leads to no other socket. */
static int connect_by_path(const char *name, int timeout_ms, struct error *err)
{
    char path[sizeof("private/") + MASTER_NAME_MAX];
    int fd = -1;

    for (int i = 0; i == 0 || (i == 1 && fd < 0 && is_elsewhere(err)); i++) {
        int len = snprintf(path, sizeof(path), "%s/%s", i == 0 ? "private" : "public", name);

        error_clear(err);
        if (!master_cf_is_plain(name))
            error_set(err, ERROR_TEMPORARY, "connect to service %s: no such name", name);
        else if (len >= (int)sizeof(path))
            error_set(err, ERROR_TEMPORARY, "connect to service %s: name too long", name);
        else
            fd = socket_connect_unix_at(service_process.directory, path, timeout_ms, err);
    }
    err->kind = fd < 0 ? ERROR_TEMPORARY : ERROR_NONE;
    return fd;
}

int service_ipc_timeout_ms(void)
{
    return clock_ms(service_process.instance.config->ipc_timeout);
}

static int connect_service(const char *name, int timeout_ms, struct error *err)
{
    struct error unwanted;

    if (err == NULL)
        err = &unwanted;
    if (service_process.instance.config == NULL) { /* a program that has said of no instance that it is its own */
        error_set(err, ERROR_TEMPORARY, "connect to service %s: not from here", name);
        return -1;
    }
    return service_process.through_master ? ask_master(MASTER_CONNECT, name, timeout_ms, err)
                                          : connect_by_path(name, timeout_ms, err);
}

struct connection *service_connect(const char *name, struct error *err)
{
    int fd = connect_service(name, service_ipc_timeout_ms(), err);
    struct connection *connection;

    if (fd < 0)
        return NULL;
    fd_set_nonblocking(fd, false);
    connection = connection_create(fd);
    connection_timeout(connection, service_ipc_timeout_ms());
    return connection;
}

int service_connect_fd(const char *name, struct error *err)
{
    int fd = connect_service(name, SHORTEST_WAIT_MS, err);

    if (fd >= 0)
        fd_set_nonblocking(fd, true);
    return fd;
}

bool service_peer_faces_network(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) != 0 || peer.pid == getppid();
}

int service_connect_path(const char *path, int timeout_ms, struct error *err)
{
    int fd;

    if (timeout_ms <= 0)
        timeout_ms = service_ipc_timeout_ms();
    fd = service_process.through_master
             ? ask_master(MASTER_REACH, path, timeout_ms, err)
             : socket_connect_unix_at(service_process.directory, path, timeout_ms, err);
    if (fd >= 0)
        fd_set_nonblocking(fd, false);
    return fd;
}

bool service_poke(const char *name, struct error *err)
{
    int fd = connect_service(name, clock_ms(service_process.instance.config->trigger_timeout), err);

    if (fd < 0)
        return false;
    (void)!write(fd, "W", 1); /* Postfix's octet for "wake up"; who does not read it is awake */
    fd_close(&fd);
    return true;
}

bool service_tool_open(const struct config *config, struct error *err)
{
    service_process.instance.config = config;
    service_process.instance.privileged = geteuid() == 0;
    service_process.channel = -1;
    service_process.directory = open(config->queue_directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (service_process.directory >= 0)
        return true;
    error_errno(err, "open the directory %s", config->queue_directory);
    return false;
}
