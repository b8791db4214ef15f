/* The content of lock files. */
#include "lib/base/base.h"

#include "lib/delivery/lock_holder.h"

#include "lib/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static void our_host(char host[HOST_NAME_MAX + 1])
{
    if (gethostname(host, HOST_NAME_MAX) != 0)
        host[0] = '\0';
    host[HOST_NAME_MAX] = '\0';
}

bool lock_holder_write(int directory, const char *path)
{
    char holder[LOCK_HOLDER_MAX], host[HOST_NAME_MAX + 1];
    bool written;
    int fd;

    (void)unlinkat(directory, path, 0); /* of a process that was killed, and had our number */
    fd = openat(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return false;
    our_host(host);
    snprintf(holder, sizeof(holder), "%ld:%s", (long)getpid(), host);
    written = write_all(fd, span_text(holder)) ||
              ((errno == ENOSPC || errno == EDQUOT) && ftruncate(fd, 0) == 0);
    fd_close(&fd);
    return written;
}

bool lock_holder_is_dead(int directory, const char *path)
{
    struct buf text = BUF(LOCK_HOLDER_MAX);
    char host[HOST_NAME_MAX + 1];
    uint64_t pid;
    bool dead = false;

    our_host(host);
    if (file_read(directory, path, &text, NULL)) {
        struct span rest = buf_span(&text);
        dead = span_to_u64(span_take_until(&rest, ':'), INT_MAX, &pid) && pid > 0 &&
               span_equal_text(rest, host) && kill((pid_t)pid, 0) != 0 && errno == ESRCH;
    }
    buf_release(&text);
    return dead;
}
