/*
 * Makes tables that are to take the place of those of Berkeley DB, from their sources, when a process wants to open
 * one that is missing (lib/map/reindex.h). It runs only with non_bdb_migration_level = enable-reindex, for the time of
 * a migration.
 *
 * Whoever may connect has mail_owner's rights, and may have been broken into: he names a path, and nothing else. What
 * is made is made with the rights of the one whose table it was, in a directory and from a source that nobody else can
 * change, below directories that main.cf names; all of this is judged by descriptors (place.h). Between requests this
 * process has mail_owner's rights; one request after the other, each in a process of its own (worker.h).
 */
#include "lib/base/base.h"

#include "lib/base/log.h"
#include "lib/base/strlist.h"
#include "lib/map/map_type.h"
#include "lib/map/reindex.h"
#include "lib/service/account.h"
#include "lib/service/service.h"
#include "nbdb_reindexd/policy.h"
#include "nbdb_reindexd/worker.h"

#define REQUEST_MS 10000 /* a client speaks at once: the others wait meanwhile */

static bool is_enabled(const struct service_instance *instance)
{
    return strcmp(instance->config->non_bdb_migration_level, "enable-reindex") == 0;
}

/* What is below neither list is not looked at. (Whose it is then decides which one it must be.) */
static bool is_below_any(const struct config *config, const char *path)
{
    return policy_is_below(config->non_bdb_migration_allow_root_prefixes, path) ||
           policy_is_below(config->non_bdb_migration_allow_user_prefixes, path);
}

static bool is_named(const char *tables, const char *specification)
{
    return strlist_text_has(tables, ", \t\r\n", specification);
}

/* `redirected` is what the table shall be: "lmdb:/etc/aliases" */
static bool make(const struct config *config, const char *specification, const char *path,
                 const char *redirected, struct error *err)
{
    const char *name;
    const struct map_type *type = map_type_find(redirected, &name);
    const struct worker_job job = {
        .config = config,
        .path = path,
        .type = type->name,
        .suffix = type->suffix,
        .is_alias = is_named(config->alias_maps, specification) ||
                    is_named(config->alias_database, specification),
    };

    if (job.suffix != NULL)
        return worker_run(&job, err);
    error_set(err, ERROR_PERMANENT, "type mapping lookup error for '%s'", specification);
    return false;
}

static bool make_redirected(const struct config *config, const struct reindex_request *request,
                            struct error *err)
{
    char *specification = mem_printf("%s:%s", request->type, request->path);
    char *redirected = map_redirect(config, specification);
    bool done = redirected != NULL && make(config, specification, request->path, redirected, err);

    if (redirected == NULL)
        error_set(err, ERROR_PERMANENT, "no other type of table is configured for '%s'",
                  specification);
    mem_free(redirected);
    mem_free(specification);
    return done;
}

static bool answer(const struct service_instance *instance, const struct reindex_request *request,
                   struct error *err)
{
    if (!is_enabled(instance))
        error_set(err, ERROR_PERMANENT, "the %s service is disabled", instance->name);
    else if (!map_is_legacy(span_text(request->type)))
        error_set(err, ERROR_PERMANENT, "request to map from non-Berkeley-DB type: '%s'",
                  request->type);
    else if (!policy_is_plain(request->path))
        error_set(err, ERROR_PERMANENT, "table %s has no plain absolute pathname", request->path);
    else if (!is_below_any(instance->config, request->path))
        error_set(
            err, ERROR_PERMANENT,
            "table %s has an unexpected pathname; to allow automatic indexing, append its "
            "parent directory to 'non_bdb_migration_allow_root_prefixes' for a table of root, "
            "else to 'non_bdb_migration_allow_user_prefixes'",
            request->path);
    else
        return make_redirected(instance->config, request, err);
    return false;
}

/* One request a connection. */
static bool serve(struct connection *client, const struct service_instance *instance,
                  struct error *err)
{
    struct arena *arena = arena_create();
    struct reindex_request request;
    struct error why = {0};
    bool served;

    connection_timeout(client, REQUEST_MS);
    served = reindex_request_receive(client, arena, &request, err);
    if (served) {
        struct reindex_answer reply = {.done = answer(instance, &request, &why)};

        if (!reply.done)
            log_warning("request to index %s:%s failed: %s", request.type, request.path, why.text);
        reply.reason = why.text;
        served = reindex_answer_send(client, &reply, err);
    } else {
        served = err->kind == ERROR_NONE;
    }
    arena_free(&arena);
    return served;
}

/* Root's rights are put aside until somebody's table is to be made. */
static bool start(const struct service_instance *instance, struct error *err)
{
    struct account owner;

    return account_find(instance->config->mail_owner, &owner, err) &&
           service_become(NULL, owner.uid, owner.gid, err);
}

int main(int argc, char *argv[])
{
    static const struct service service = {
        .program = "nbdb_reindexd",
        .user = SERVICE_USER_ROOT,
        .sandbox = SANDBOX_NO_EXEC,
        .single_process = true,
        .opens_for_others = true,
        .start = start,
        .serve = serve,
    };

    return service_main(&service, argc, argv);
}
