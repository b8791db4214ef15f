/*
 * The daemon `pickup`: takes what sendmail(1) and buzondrop(1) left in maildrop/ and hands it to
 * cleanup. buzondrop pokes it; master wakes it now and then, for what was left lying.
 */
#include "lib/base/base.h"

#include "pickup/drop.h"

#include "lib/base/log.h"
#include "lib/queue/maildrop.h"
#include "lib/queue/queue_file.h"
#include "lib/service/service.h"

#include <fcntl.h>
#include <unistd.h>

static struct pickup pickup = {.maildrop = -1};

static bool start(const struct service_instance *instance, struct error *err)
{
    pickup.config = instance->config;
    pickup.arena = arena_create();
    pickup.input = BUF(2 * MAILDROP_RECORD_MAX);
    pickup.maildrop =
        openat(instance->queue_directory, "maildrop", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (pickup.maildrop < 0)
        error_errno(err, "open the directory maildrop");
    return pickup.maildrop >= 0;
}

static bool remove_file(const char *name)
{
    if (unlinkat(pickup.maildrop, name, 0) == 0)
        return true;
    log_warning("remove maildrop/%s: %s", name, strerror(errno));
    return false;
}

/* False: no other file would fare better. */
static bool take(const char *name, bool *removed)
{
    switch (drop_hand_in(&pickup, name)) {
    case DROP_DONE:
    case DROP_BAD:
        *removed = remove_file(name) || *removed;
        return true;
    case DROP_LATER:
        return true;
    case DROP_STOP:
        break;
    }
    return false;
}

/* Everything that is there. The directory is synced, once, so that no message comes back after a
 * power failure. */
static void on_wakeup(const struct service_instance *instance)
{
    struct error err = {0};
    struct queue_scan *scan = queue_scan_open(instance->queue_directory, "maildrop", &err);
    char name[QUEUE_ID_MAX];
    bool removed = false;

    while (scan != NULL && queue_scan_next(scan, name, &err) && take(name, &removed))
        continue;
    if (err.kind != ERROR_NONE)
        log_warning("%s", err.text);
    queue_scan_close(&scan);
    if (removed && fsync(pickup.maildrop) != 0)
        log_warning("sync the directory maildrop: %s", strerror(errno));
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "pickup",
        .user = SERVICE_USER_QUEUE,
        .sandbox = SANDBOX_NO_EXEC,
        .single_process = true,
        .start = start,
        .on_wakeup = on_wakeup,
    };

    return service_main(&service, argc, argv);
}
