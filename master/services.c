/*
 * From master.cf to what runs: at start, and at a reload, where sockets that are still named stay
 * open so that no client is refused, and sessions go on with the old configuration.
 */
#include "lib/base/base.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/base/strlist.h"

#include "master/master.h"

#include <time.h>
#include <unistd.h>

#define START_PATIENCE_MS 5000

/* --- which entries count --------------------------------------------------------------------------- */

/* master_service_disable: "type" or "name/type" (once "name.type"), "!" before it: not those */
static bool is_disabled(const struct master_service *entry, const struct config *config)
{
    struct strlist items = STRLIST_EMPTY;
    char *slash = mem_printf("%s/%s", entry->name, service_type_name(entry->type));
    char *dot = mem_printf("%s.%s", entry->name, service_type_name(entry->type));
    bool disabled = false;

    strlist_split(&items, config->master_service_disable, ", \t\r\n");
    for (size_t i = 0; i < items.count; i++) {
        const char *item = items.items[i];
        bool negated = item[0] == '!';

        item += negated ? 1 : 0;
        if (strcasecmp(item, service_type_name(entry->type)) == 0 || strcasecmp(item, slash) == 0 ||
            strcasecmp(item, dot) == 0) {
            disabled = !negated;
            break;
        }
    }
    mem_free(slash);
    mem_free(dot);
    strlist_release(&items);
    return disabled;
}

static char *program_path(const struct master_service *entry, const struct config *config)
{
    return mem_printf("%s/%s", config->daemon_directory, entry->command);
}

/* A service whose program is not there would accept clients and keep them waiting. */
static bool has_program(const struct master_service *entry, const char *path)
{
    if (access(path, X_OK) == 0)
        return true;
    if (master_cf_is_superfluous(entry->command))
        log_debug("service %s is not needed: buzon does the work of %s elsewhere", entry->name,
                  entry->command);
    else
        log_warning("master.cf, line %d: service %s is not offered: %s: %s", entry->line,
                    entry->name, path, strerror(errno));
    return false;
}

/* --- plans: what shall run, before anything is changed ------------------------------------------------ */

struct plan {
    const struct master_service *entry;
    char *path;
    struct endpoint_list endpoints;
};

struct plan_list {
    struct plan *items;
    size_t count;
};

static void free_plans(struct plan_list *plans)
{
    for (size_t i = 0; i < plans->count; i++) {
        mem_free(plans->items[i].path);
        endpoints_release(&plans->items[i].endpoints);
    }
    mem_free(plans->items);
    mem_free(plans);
}

static bool is_same(const struct master_service *a, const struct master_service *b)
{
    return a->type == b->type && strcmp(a->name, b->name) == 0;
}

/* The last of several entries for one service counts, as in Postfix. */
static bool is_repeated(const struct master_cf *master_cf, size_t index)
{
    const struct master_service *entry = &master_cf->services[index];

    for (size_t i = index + 1; i < master_cf->count; i++) {
        if (!is_same(entry, &master_cf->services[i]))
            continue;
        log_warning("duplicate master.cf entry for service \"%s\" (%s) -- using the last entry",
                    entry->name, service_type_name(entry->type));
        return true;
    }
    return false;
}

static bool add_plan(struct plan_list *plans, const struct master_service *entry,
                     const struct config *config, struct error *err)
{
    struct plan plan = {.entry = entry, .path = program_path(entry, config)};

    if (is_disabled(entry, config) || !has_program(entry, plan.path)) {
        mem_free(plan.path);
        return true;
    }
    if (!endpoints_plan(entry, config, &plan.endpoints, err)) {
        error_prefix(err, "master.cf, line %d", entry->line);
        mem_free(plan.path);
        return false;
    }
    plans->items = mem_resize(plans->items, plans->count + 1, sizeof(plan));
    plans->items[plans->count++] = plan;
    return true;
}

struct plan_list *services_plan(const struct config *config, const struct master_cf *master_cf,
                                struct error *err)
{
    struct plan_list *plans = mem_new(struct plan_list);

    for (size_t i = 0; i < master_cf->count; i++) {
        if (is_repeated(master_cf, i) || add_plan(plans, &master_cf->services[i], config, err))
            continue;
        free_plans(plans);
        return NULL;
    }
    return plans;
}

/* --- sockets ------------------------------------------------------------------------------------------- */

static void move_endpoints(struct endpoint_list *pool, struct endpoint_list *list)
{
    pool->items = mem_resize(pool->items, pool->count + list->count, sizeof(*pool->items));
    for (size_t i = 0; i < list->count; i++) {
        watch_free(&list->items[i].watch);
        pool->items[pool->count++] = list->items[i];
    }
    mem_free(list->items);
    *list = (struct endpoint_list){NULL, 0};
}

/* What is open and still wanted stays open; what is not wanted is closed before anything is opened:
 * 0.0.0.0:25 and 192.0.2.1:25 exclude each other. */
static void keep_sockets(struct master *master, struct plan_list *plans)
{
    struct endpoint_list pool = {NULL, 0};

    for (struct supply *at = master->supplies; at != NULL; at = at->next) {
        if (at->endpoints.count > 0)
            move_endpoints(&pool, &at->endpoints);
    }
    for (size_t i = 0; i < plans->count; i++)
        endpoints_adopt(&plans->items[i].endpoints, &pool);
    endpoints_release(&pool);
}

static void drop_endpoint(struct endpoint_list *list, size_t index)
{
    mem_free(list->items[index].name);
    list->count--;
    memmove(&list->items[index], &list->items[index + 1],
            (list->count - index) * sizeof(*list->items));
}

/* Until then an address may belong to a process of a master that was killed: it hears of that, and lets go. */
static bool open_in_time(struct endpoint *endpoint, int64_t until_ms, struct error *err)
{
    static const struct timespec pause = {.tv_nsec = 20000000};

    while (!endpoint_open(endpoint, err)) {
        if (err->number != EADDRINUSE || clock_monotonic_ms() >= until_ms)
            return false;
        error_clear(err);
        (void)nanosleep(&pause, NULL);
    }
    return true;
}

/* A service that lost one address to another program still serves the others. */
static bool open_sockets(struct plan *plan, int64_t until_ms, struct error *err)
{
    bool done = true;

    for (size_t i = 0; i < plan->endpoints.count;) {
        struct endpoint *endpoint = &plan->endpoints.items[i];
        struct error problem = {0};

        if (endpoint->fd >= 0 || open_in_time(endpoint, until_ms, &problem)) {
            i++;
            continue;
        }
        error_prefix(&problem, "service %s", plan->entry->name);
        if (err->kind == ERROR_NONE)
            *err = problem;
        else
            log_error("%s", problem.text);
        drop_endpoint(&plan->endpoints, i);
        done = false;
    }
    return done;
}

/* --- supplies ------------------------------------------------------------------------------------------- */

static void release_entry(struct master_service *entry)
{
    mem_free(entry->name);
    mem_free(entry->command);
    strlist_release(&entry->arguments);
}

/* Processes outlive the master.cf that they come from. */
static void copy_entry(struct master_service *copy, const struct master_service *entry)
{
    release_entry(copy);
    *copy = *entry;
    copy->name = mem_text(entry->name);
    copy->command = mem_text(entry->command);
    copy->arguments = STRLIST_EMPTY;
    for (size_t i = 0; i < entry->arguments.count; i++)
        strlist_add(&copy->arguments, entry->arguments.items[i]);
}

static struct supply *find(const struct master *master, const struct master_service *entry)
{
    for (struct supply *at = master->supplies; at != NULL; at = at->next) {
        if (!at->retired && is_same(&at->entry, entry))
            return at;
    }
    return NULL;
}

static struct supply *create(struct master *master, struct error *err)
{
    struct supply *supply = mem_new(struct supply);

    supply->master = master;
    supply->board = scoreboard_create(&supply->board_fd, err);
    if (supply->board == NULL) {
        mem_free(supply);
        return NULL;
    }
    supply->next = master->supplies;
    master->supplies = supply;
    return supply;
}

static void discard(struct supply *supply)
{
    endpoints_release(&supply->endpoints);
    scoreboard_detach(&supply->board);
    fd_close(&supply->board_fd);
    watch_free(&supply->throttle_timer);
    watch_free(&supply->wakeup_timer);
    release_entry(&supply->entry);
    mem_free(supply->slots);
    mem_free(supply->path);
    mem_free(supply);
}

static bool take_plan(struct master *master, struct plan *plan, struct error *err)
{
    struct supply *supply = find(master, plan->entry);

    if (supply == NULL)
        supply = create(master, err);
    if (supply == NULL)
        return false;
    copy_entry(&supply->entry, plan->entry);
    mem_free(supply->path);
    supply->path = plan->path;
    supply->endpoints = plan->endpoints;
    for (size_t i = 0; i < supply->endpoints.count; i++)
        supply_watch(supply, &supply->endpoints.items[i]);
    plan->path = NULL;
    plan->endpoints = (struct endpoint_list){NULL, 0};
    return true;
}

void services_discard_retired(struct master *master)
{
    struct supply **link = &master->supplies;

    while (*link != NULL) {
        struct supply *at = *link;

        if (at->retired && at->processes == 0) {
            *link = at->next;
            discard(at);
        } else {
            link = &at->next;
        }
    }
}

/* Everybody ends when he is free, and who was not planned again gets no successor. */
static void renew(struct master *master)
{
    for (struct supply *at = master->supplies; at != NULL; at = at->next) {
        supply_drain(at);
        supply_release_throttle(at);
        if (at->endpoints.count == 0)
            supply_retire(at);
        else
            supply_schedule(at);
        supply_review(at);
    }
    services_discard_retired(master);
}

bool services_apply(struct master *master, struct plan_list *plans, struct error *err)
{
    bool is_start = master->supplies == NULL;
    int64_t until_ms = is_start ? clock_monotonic_ms() + START_PATIENCE_MS : 0;
    bool done = true;

    keep_sockets(master, plans);
    for (size_t i = 0; i < plans->count; i++) {
        done = open_sockets(&plans->items[i], until_ms, err) && done;
        done = take_plan(master, &plans->items[i], err) && done;
    }
    free_plans(plans);
    renew(master);
    return done;
}
