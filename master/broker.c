/*
 * Connections for the processes that face the network. They sit in an empty directory and cannot
 * reach a socket themselves; master connects for them, to the services that their work needs and to
 * no other. Connections are kept and reused, so that one is asked for once in a process's life
 * rather than once a message; login asks for each session.
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/master_protocol.h"

#include "master/master.h"

#include <sys/socket.h>
#include <sys/un.h>

/* The program that asks, and the program of the service that it may have. */
static const struct {
    const char *from;
    const char *to;
} allowed[] = {
    {"smtpd", "anvil"   },
    {"smtpd", "auth"    },
    {"smtpd", "cleanup" },
    {"smtpd", "flush"   },
    {"smtpd", "proxymap"},
    {"smtpd", "tlsmgr"  },
    {"smtpd", "verify"  },
    {"login", "anvil"   },
    {"login", "auth"    },
    {"login", "imapd"   },
    {"login", "pop3d"   },
    {"login", "smtpd"   },
    {"login", "tlsmgr"  },
    {"smtp",  "cleanup" },
    {"smtp",  "proxymap"},
    {"smtp",  "tlsmgr"  },
    {"lmtp",  "cleanup" },
    {"lmtp",  "proxymap"},
    {"lmtp",  "tlsmgr"  },
};

static bool may_have(const char *from, const char *to)
{
    for (size_t i = 0; i < ARRAY_LENGTH(allowed); i++) {
        if (strcmp(allowed[i].from, from) == 0 && strcmp(allowed[i].to, to) == 0)
            return true;
    }
    return false;
}

static const struct supply *find_local(const struct master *master, const char *name)
{
    for (const struct supply *at = master->supplies; at != NULL; at = at->next) {
        if (at->entry.type != SERVICE_INET && strcmp(at->entry.name, name) == 0 &&
            at->endpoints.count == 1)
            return at;
    }
    return NULL;
}

/* Never waits: when the backlog is full, errno is EAGAIN and the process tries again. */
static int connect_now(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int saved;

    ASSERT(strlen(path) < sizeof(address.sun_path));
    memcpy(address.sun_path, path, strlen(path) + 1);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    saved = errno;
    fd_close(&fd);
    errno = saved;
    return -1;
}

/* "unix:PATH" is one of the destinations in a value, perhaps with more of its kind around it. */
static bool names_socket(const char *value, const char *path)
{
    const char *at = value;

    while ((at = strstr(at, "unix:")) != NULL) {
        size_t len;

        at += strlen("unix:");
        len = strcspn(at, ", \t\r\n");
        if (len == strlen(path) && memcmp(at, path, len) == 0)
            return true;
    }
    return false;
}

/*
 * Sockets of other programs (Dovecot's LMTP): only those that the administrator named, and only for
 * the mail client. A broken-into process must not reach whatever else listens on this host.
 */
static bool may_reach(const struct child *child, const char *path)
{
    const struct config *config = child->supply->master->config;
    const char *const values[] = {
        config->virtual_transport, config->mailbox_transport,   config->local_transport,
        config->relay_transport,   config->default_transport,   config->fallback_transport,
        config->lmtp_unix_sockets, config->lmtp_fallback_relay,
    };

    if (strcmp(child->supply->entry.command, "lmtp") != 0 &&
        strcmp(child->supply->entry.command, "smtp") != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        if (names_socket(values[i], path))
            return true;
    }
    return false;
}

static int connect_path(const struct child *child, const char *path)
{
    if (may_reach(child, path) && strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path))
        return connect_now(path);
    log_warning(
        "process %s pid %d asks for the socket %s, which neither a ..._transport parameter nor "
        "lmtp_unix_sockets names",
        child->supply->path, (int)child->pid, path);
    errno = EACCES;
    return -1;
}

static int connect_for(const struct child *child, const char *name)
{
    const struct supply *wanted = find_local(child->supply->master, name);

    if (wanted == NULL) {
        errno = ENOENT;
        return -1;
    }
    if (!may_have(child->supply->entry.command, wanted->entry.command)) {
        log_warning("process %s pid %d asks for the service \"%s\", which is not for it",
                    child->supply->path, (int)child->pid, name);
        errno = EACCES;
        return -1;
    }
    return connect_now(wanted->endpoints.items[0].name);
}

void broker_answer(const struct child *child, const char *name, bool is_path)
{
    struct master_record answer = {.verb = MASTER_ANSWER};
    int fd = is_path ? connect_path(child, name) : connect_for(child, name);

    if (fd < 0)
        answer.number = errno;
    if (!channel_send(child->channel, &answer, fd) && errno != EPIPE)
        log_warning("answer process %s pid %d: %s", child->supply->path, (int)child->pid,
                    strerror(errno));
    fd_close(&fd);
}
