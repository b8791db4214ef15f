/* Asking for a table that is missing, and the messages of that (lib/map/reindex.h). */
#include "lib/map/reindex.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/map/map_type.h"
#include "lib/service/service.h"

#define ANSWER_MS 30000 /* a table that takes longer is there for the next who asks */

static const struct ipc_field request_fields[] = {
    IPC_TEXT(struct reindex_request, type, REINDEX_TYPE_MAX),
    IPC_TEXT(struct reindex_request, path, REINDEX_PATH_MAX),
    IPC_END,
};

static const struct ipc_field answer_fields[] = {
    IPC_BOOL(struct reindex_answer, done),
    IPC_TEXT(struct reindex_answer, reason, ERROR_TEXT_MAX),
    IPC_END,
};

static const struct ipc_message request_message = {"reindex", 1, request_fields};
static const struct ipc_message answer_message = {"reindexed", 1, answer_fields};

bool reindex_request_receive(struct connection *client, struct arena *arena,
                             struct reindex_request *request_r, struct error *err)
{
    *request_r = (struct reindex_request){0};
    return ipc_receive(client, &request_message, arena, request_r, err);
}

bool reindex_answer_send(struct connection *client, const struct reindex_answer *answer,
                         struct error *err)
{
    return ipc_send(client, &answer_message, answer, err);
}

static bool exchange(struct connection *service, const struct reindex_request *request,
                     struct error *err)
{
    struct reindex_answer answer = {0};
    struct arena *arena = arena_create();
    bool answered = ipc_send(service, &request_message, request, err) &&
                    ipc_receive(service, &answer_message, arena, &answer, err);

    if (answered && !answer.done)
        error_set(err, ERROR_TEMPORARY, "%s", answer.reason);
    else if (!answered && err->kind == ERROR_NONE)
        error_set(err, ERROR_TEMPORARY, "the reindexing service has hung up");
    arena_free(&arena);
    return answered && answer.done;
}

static bool ask(const struct config *config, const struct reindex_request *request,
                struct error *err)
{
    int fd = service_connect_fd(config->non_bdb_migration_service_name, err);
    struct connection *service;
    bool done;

    if (fd < 0)
        return false;
    fd_set_nonblocking(fd, false);
    service = connection_create(fd);
    connection_timeout(service, ANSWER_MS);
    done = exchange(service, request, err);
    connection_free(&service);
    return done;
}

static bool is_there(const char *name, const char *suffix)
{
    char *path = mem_printf("%s%s", name, suffix);
    struct stat status;
    bool there = stat(path, &status) == 0 || errno != ENOENT;

    mem_free(path);
    return there;
}

/* Nobody has made the new table yet, and there was one before. */
static bool is_wanted(const char *redirected)
{
    const char *name;
    const struct map_type *type = map_type_find(redirected, &name);

    return type != NULL && type->suffix != NULL && !is_there(name, type->suffix) &&
           is_there(name, ".db");
}

bool map_reindex(const struct config *config, const char *specification, const char *redirected,
                 struct error *err)
{
    struct span path = span_text(specification);
    struct span type = span_take_until(&path, ':');
    struct reindex_request request = {.path = path.data};
    char *name;
    bool done;

    if (strcmp(config->non_bdb_migration_level, "enable-reindex") != 0 || !is_wanted(redirected))
        return true;
    name = mem_span(type);
    request.type = name;
    done = ask(config, &request, err);
    mem_free(name);
    if (!done) {
        error_prefix(err, "Non-Berkeley-DB migration error");
        err->kind = ERROR_TEMPORARY;
        log_warning("%s", err->text);
    }
    return done;
}
