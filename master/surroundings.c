/*
 * Files of the system that daemons read before they enter their chroot, and cannot see from there:
 * when one of them changes, the processes that look names up are renewed as they become free.
 */
#include "lib/base/base.h"

#include "lib/base/log.h"

#include "master/master.h"

#include <sys/stat.h>

#define LOOK_MS 30000

static const char *const files[] = {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf"};

static const char *const readers[] = {"lmtp", "smtp", "smtpd"};

/* What tells one version of a file from another; zero when it is not there. */
struct stamp {
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct surroundings {
    struct master *master;
    struct watch *timer;
    struct stamp stamps[ARRAY_LENGTH(files)];
};

static struct stamp look(const char *path)
{
    struct stamp stamp = {.inode = 0};
    struct stat status;

    if (stat(path, &status) == 0)
        stamp = (struct stamp){status.st_ino, status.st_size, status.st_mtim};
    return stamp;
}

static bool is_same(struct stamp a, struct stamp b)
{
    return a.inode == b.inode && a.size == b.size && a.modified.tv_sec == b.modified.tv_sec &&
           a.modified.tv_nsec == b.modified.tv_nsec;
}

/* Also true of several at once; the new state is remembered. */
static bool has_changed(struct surroundings *surroundings)
{
    bool changed = false;

    for (size_t i = 0; i < ARRAY_LENGTH(files); i++) {
        struct stamp stamp = look(files[i]);

        if (is_same(stamp, surroundings->stamps[i]))
            continue;
        log_info("%s has changed: processes that look names up are renewed", files[i]);
        surroundings->stamps[i] = stamp;
        changed = true;
    }
    return changed;
}

static bool is_reader(const struct supply *supply)
{
    for (size_t i = 0; i < ARRAY_LENGTH(readers); i++) {
        if (strcmp(readers[i], supply->entry.command) == 0)
            return true;
    }
    return false;
}

static void on_look(void *context, int fd UNUSED, int events UNUSED)
{
    struct surroundings *surroundings = context;

    timer_arm(surroundings->timer, LOOK_MS);
    if (!has_changed(surroundings))
        return;
    for (struct supply *at = surroundings->master->supplies; at != NULL; at = at->next) {
        if (!is_reader(at))
            continue;
        supply_drain(at);
        supply_review(at);
    }
}

void surroundings_watch(struct master *master)
{
    struct surroundings *surroundings = mem_new(struct surroundings); /* as long as master */

    surroundings->master = master;
    for (size_t i = 0; i < ARRAY_LENGTH(files); i++)
        surroundings->stamps[i] = look(files[i]);
    surroundings->timer = watch_timer(master->loop, on_look, surroundings);
    timer_arm(surroundings->timer, LOOK_MS);
}
