/* Where listings come from (tools/queue_list.h). */
#include "lib/base/base.h"

#include "tools/queue_list.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/service/service.h"
#include "tools/caller.h"

#include <fcntl.h>

static bool list_from(struct connection *showq, listing_take *take, void *context,
                      struct error *err)
{
    struct arena *arena = arena_create();
    struct listing_entry entry;
    bool good;

    while ((good = listing_receive(showq, arena, &entry, err)) && entry.queue_id[0] != '\0') {
        if (!take(context, &entry, err)) {
            good = false;
            break;
        }
        arena_reset(arena);
    }
    if (!good && err->kind == ERROR_NONE)
        error_set(err, ERROR_TEMPORARY, "malformed showq server response");
    arena_free(&arena);
    return good;
}

static bool list_directly(const struct config *config, listing_take *take, void *context,
                          struct error *err)
{
    int queue_directory = open(config->queue_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool done;

    if (queue_directory == -1) {
        error_errno(err, "open %s", config->queue_directory);
        return false;
    }
    done = listing_walk(queue_directory, config, take, context, err);
    fd_close(&queue_directory);
    return done;
}

static bool is_down(const struct error *err)
{
    return err->number == ENOENT || err->number == ECONNREFUSED;
}

bool queue_list(const struct config *config, listing_take *take, void *context, struct error *err)
{
    struct error unreachable = {0};
    struct connection *showq = service_connect(config->showq_service_name, &unreachable);
    char *why;
    bool done;

    if (showq != NULL) {
        done = list_from(showq, take, context, err);
        connection_free(&showq);
        return done;
    }
    why = mem_printf("Connect to the %s %s service: %s", config->mail_name,
                     config->showq_service_name,
                     unreachable.number != 0 ? strerror(unreachable.number) : unreachable.text);
    if (is_down(&unreachable) && caller_is_owner(config)) {
        log_warning("Mail system is down -- accessing queue directly (%s)", why);
        done = list_directly(config, take, context, err);
    } else {
        error_set(err, ERROR_TEMPORARY,
                  is_down(&unreachable) ? "Queue report unavailable - mail system is down (%s)"
                                        : "%s",
                  why);
        done = false;
    }
    mem_free(why);
    return done;
}
