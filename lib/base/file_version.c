/* Versions of files; lib/store has its own rule for directories, which it does not read again at once (state.c). */
#include "lib/base/file_version.h"

#include <time.h>

#define NS         1000000000LL
#define TICK_NS    20000000LL /* of any kernel, and a bit more */
#define SECONDS_NS (2 * NS)   /* of file systems that know whole seconds, or two */

static int64_t nanoseconds(struct timespec time)
{
    return (int64_t)time.tv_sec * NS + time.tv_nsec;
}

/* A time that lies ahead is of a clock that is not ours: it says nothing, and must not make us read for ever. */
static bool is_over(struct timespec changed)
{
    struct timespec now = {0};
    int64_t age_ns;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    age_ns = nanoseconds(now) - nanoseconds(changed);
    return age_ns < -SECONDS_NS || age_ns > (changed.tv_nsec == 0 ? SECONDS_NS : TICK_NS);
}

struct file_version file_version_of(const struct stat *status)
{
    return (struct file_version){
        .device = status->st_dev,
        .inode = status->st_ino,
        .size = status->st_size,
        .modified = status->st_mtim,
        .status_changed = status->st_ctim,
        .is_settled = is_over(status->st_ctim),
    };
}

bool file_version_is(const struct file_version *then, const struct file_version *now)
{
    return then->is_settled && then->device == now->device && then->inode == now->inode &&
           then->size == now->size && nanoseconds(then->modified) == nanoseconds(now->modified) &&
           nanoseconds(then->status_changed) == nanoseconds(now->status_changed);
}
