/* What may be asked, and the tables behind it (proxymap/tables.h). */
#include "proxymap/tables.h"

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/config/master_cf.h"
#include "lib/map/map_type.h"
#include "lib/service/account.h"

#include <fcntl.h>

#define VALUE_MAX      PROXY_VALUE_MAX
#define CHECK_AFTER_MS PROXY_FRESH_MAX_MS /* between two looks at a list's files */
#define LIST_FILE_MAX  (16U * 1024 * 1024)

/* A list of tables as somebody may ask for it. */
struct table_list {
    char *text;
    struct maps *maps; /* NULL: not opened yet */
    int64_t checked_ms;
    bool needs_privilege; /* mail_owner cannot open it again */
    bool waits;           /* for a server */
    bool lasts;           /* its answers stay the same until its files are looked at again */
};

struct tables {
    const struct config *config;
    struct hash *read_maps; /* the tables that may be asked as "proxy:TABLE": keys without it */
    struct hash *lists;     /* of struct table_list, by the text that is asked */
    struct buf value;
    struct error reason;
    bool is_stale;
};

/* --- what may be asked --------------------------------------------------------------------------- */

#define PROXY "proxy:"

/* Without any "proxy:" in front. */
static const char *proxied(const char *item)
{
    while (strncmp(item, PROXY, strlen(PROXY)) == 0)
        item += strlen(PROXY);
    return item;
}

/* As proxy_read_maps has them: only what has its "proxy:" counts. */
void tables_approve_proxied(struct tables *tables, const char *value)
{
    struct strlist items = STRLIST_EMPTY;

    if (!strlist_split_config(&items, value, NULL))
        strlist_clear(&items);
    for (size_t i = 0; i < items.count; i++) {
        const char *item = items.items[i];

        if (item[0] == '{') {
            char *inside = mem_span(map_unbraced(item));

            tables_approve_proxied(tables, inside);
            mem_free(inside);
        } else if (proxied(item) != item && strchr(proxied(item), ':') != NULL) {
            (void)hash_put(tables->read_maps, span_text(proxied(item)), tables);
        }
    }
    strlist_release(&items);
}

/* The end of a table's name in a list: a blank or comma outside of braces. */
static size_t name_length(const char *item)
{
    size_t len;
    unsigned depth = 0;

    for (len = 0; item[len] != '\0'; len++) {
        if (item[len] == '}' && depth == 0)
            break;
        if (depth == 0 && strchr(" \t\r\n,", item[len]) != NULL)
            break;
        if (item[len] == '{')
            depth++;
        else if (item[len] == '}')
            depth--;
    }
    return len;
}

/* Is every "proxy:TABLE" of a list, also one within braces, a table of proxy_read_maps? */
static bool may_be_proxied(const struct tables *tables, const char *list)
{
    bool at_start = true;

    for (; *list != '\0'; list++) {
        const char *item = at_start ? proxied(list) : list;

        if (item != list && hash_get(tables->read_maps, span_of(item, name_length(item))) == NULL)
            return false;
        at_start = strchr(" \t\r\n,{!", *list) != NULL;
    }
    return true;
}

/* Of any of the tables. */
static unsigned list_traits(const char *list)
{
    struct strlist items = STRLIST_EMPTY;
    unsigned traits = 0;

    if (strlist_split_config(&items, list, NULL)) {
        for (size_t i = 0; i < items.count; i++)
            traits |= map_traits(items.items[i]);
    }
    strlist_release(&items);
    return traits;
}

static void approve_list(struct tables *tables, const char *list)
{
    struct table_list *approved;
    unsigned traits = list_traits(list);

    if (hash_get(tables->lists, span_text(list)) != NULL || !may_be_proxied(tables, list))
        return;
    approved = mem_new(struct table_list);
    approved->text = mem_text(list);
    approved->waits = (traits & MAP_WAITS) != 0;
    approved->lasts = (traits & (MAP_SERVER | MAP_LIVE)) == 0;
    (void)hash_put(tables->lists, span_text(list), approved);
}

static bool names_table(const char *item)
{
    const char *name;

    return strchr(item, ':') != NULL && map_type_find(item, &name) != NULL;
}

/* "hash:/x", "!hash:/x" of a match list, "{ ... }" with more inside. */
static bool approve_item(struct tables *tables, const char *item)
{
    item += strspn(item, "!");
    if (item[0] == '{') {
        char *inside = mem_span(map_unbraced(item));

        tables_approve(tables, inside);
        mem_free(inside);
        return false;
    }
    if (!names_table(item))
        return false;
    approve_list(tables, item);
    return true;
}

void tables_approve(struct tables *tables, const char *value)
{
    struct strlist items = STRLIST_EMPTY;
    bool is_list = false;

    if (strlist_split_config(&items, value, NULL)) {
        for (size_t i = 0; i < items.count; i++)
            is_list = approve_item(tables, items.items[i]) || is_list;
    }
    if (is_list)
        approve_list(tables, value);
    strlist_release(&items);
}

/* Lists of domains and networks may name files, whose lines may name tables. */
static void approve_files(struct tables *tables, const char *list)
{
    struct strlist items = STRLIST_EMPTY;

    if (!strlist_split_config(&items, list, NULL))
        strlist_clear(&items);
    for (size_t i = 0; i < items.count; i++) {
        const char *path = items.items[i] + strspn(items.items[i], "!");
        struct buf content = BUF(LIST_FILE_MAX);

        if (path[0] == '/' && file_read(AT_FDCWD, path, &content, NULL))
            tables_approve(tables, buf_text(&content));
        buf_release(&content);
    }
    strlist_release(&items);
}

static void approve_config(struct tables *tables, const struct config *config)
{
    size_t position = 0;
    const char *value;

    while (config_walk(config, &position, &value))
        tables_approve(tables, value);
    approve_files(tables, config->mydestination);
    approve_files(tables, config->mynetworks);
    approve_files(tables, config->relay_domains);
    approve_files(tables, config->virtual_alias_domains);
    approve_files(tables, config->virtual_mailbox_domains);
}

/* The -o settings of a service, as config_read takes them. */
static void collect_overrides(const struct master_service *service, struct strlist *overrides)
{
    const struct strlist *arguments = &service->arguments;

    for (size_t i = 0; i < arguments->count && arguments->items[i][0] == '-'; i++) {
        if (strcmp(arguments->items[i], "-o") == 0 && i + 1 < arguments->count)
            strlist_add(overrides, arguments->items[++i]);
        else if (strncmp(arguments->items[i], "-o", 2) == 0)
            strlist_add(overrides, arguments->items[i] + 2);
    }
}

/* A service with settings of its own may have tables of its own, also by $name from main.cf. One whose settings are
 * wrong cannot start, and asks for nothing. */
static void approve_service(struct tables *tables, const struct master_service *service)
{
    struct strlist overrides = STRLIST_EMPTY;
    struct config *config = NULL;
    struct error err = {0};

    collect_overrides(service, &overrides);
    if (overrides.count > 0) {
        config = config_read(config_directory(tables->config), &overrides, service->name, &err);
        if (config == NULL)
            log_warning("service %s: %s", service->name, err.text);
    }
    if (config != NULL)
        approve_config(tables, config);
    config_free(&config);
    strlist_release(&overrides);
}

static bool approve_services(struct tables *tables, struct error *err)
{
    struct master_cf *master_cf = master_cf_read(tables->config, err);

    if (master_cf == NULL)
        return false;
    for (size_t i = 0; i < master_cf->count; i++)
        approve_service(tables, &master_cf->services[i]);
    master_cf_free(&master_cf);
    return true;
}

/* --- opening ------------------------------------------------------------------------------------- */

static void open_list(struct tables *tables, struct table_list *list)
{
    list->maps = maps_open(tables->config, list->text, false);
    list->checked_ms = clock_monotonic_ms();
}

static bool is_readable(const struct config *config, const char *list)
{
    struct strlist items = STRLIST_EMPTY;
    bool readable = true;

    if (strlist_split_config(&items, list, NULL)) {
        for (size_t i = 0; i < items.count && readable; i++)
            readable = map_is_readable(config, items.items[i]);
    }
    strlist_release(&items);
    return readable;
}

/* What mail_owner cannot read is opened while we can. */
static bool open_protected(struct tables *tables, struct error *err)
{
    struct account owner;
    size_t position = 0;
    struct span key;
    void *value;

    if (!account_find(tables->config->mail_owner, &owner, err) ||
        !service_become(tables->config->mail_owner, owner.uid, owner.gid, err))
        return false;
    while (hash_next(tables->lists, &position, &key, &value)) {
        struct table_list *list = value;

        list->needs_privilege = !is_readable(tables->config, list->text);
    }
    service_return();
    position = 0;
    while (hash_next(tables->lists, &position, &key, &value)) {
        struct table_list *list = value;

        if (list->needs_privilege)
            open_list(tables, list);
    }
    return true;
}

struct tables *tables_create_empty(const struct config *config)
{
    struct tables *tables = mem_new(struct tables);

    proxy_is_here();
    tables->config = config;
    tables->read_maps = hash_create();
    tables->lists = hash_create();
    tables->value = BUF(VALUE_MAX);
    return tables;
}

struct tables *tables_create(const struct service_instance *instance, struct error *err)
{
    struct tables *tables = tables_create_empty(instance->config);

    tables_approve_proxied(tables, instance->config->proxy_read_maps);
    approve_config(tables, instance->config);
    if (!approve_services(tables, err) || (instance->privileged && !open_protected(tables, err)))
        tables_free(&tables);
    return tables;
}

static void free_list(void *value)
{
    struct table_list *list = value;

    maps_free(&list->maps);
    mem_free(list->text);
    mem_free(list);
}

void tables_free(struct tables **tables)
{
    if (*tables == NULL)
        return;
    hash_free(&(*tables)->lists, free_list);
    hash_free(&(*tables)->read_maps, NULL);
    buf_release(&(*tables)->value);
    mem_free(*tables);
    *tables = NULL;
}

/* --- answering ----------------------------------------------------------------------------------- */

/* Open it for the first time, or again when its files changed. */
static void refresh(struct tables *tables, struct table_list *list)
{
    int64_t now_ms = clock_monotonic_ms();

    if (list->maps == NULL) {
        open_list(tables, list);
    } else if (now_ms - list->checked_ms >= CHECK_AFTER_MS) {
        list->checked_ms = now_ms;
        if (!maps_changed(list->maps))
            return;
        if (list->needs_privilege) {
            tables->is_stale = true; /* until then, the old one is right */
            return;
        }
        maps_free(&list->maps);
        open_list(tables, list);
    }
}

static void refuse(struct tables *tables, const char *list, struct proxy_answer *answer_r)
{
    error_set(&tables->reason, ERROR_TEMPORARY, "request for unapproved table: \"%s\"", list);
    log_warning("%s", tables->reason.text);
    if (proxied(list) != list)
        log_warning(
            "to approve this table for read-only access, list %s in main.cf:proxy_read_maps", list);
    answer_r->result = MAP_UNAVAILABLE;
    answer_r->reason = tables->reason.text;
}

/* Until the next look at its files we would say the same. */
static uint64_t fresh_ms(const struct tables *tables, const struct table_list *list)
{
    int64_t left_ms = list->checked_ms + CHECK_AFTER_MS - clock_monotonic_ms();

    return list->lasts && !tables->is_stale && left_ms > 0 ? (uint64_t)left_ms : 0;
}

void tables_answer(struct tables *tables, const struct proxy_question *question,
                   struct proxy_answer *answer_r)
{
    struct table_list *list = hash_get(tables->lists, span_text(question->list));

    *answer_r = (struct proxy_answer){0};
    if (list == NULL) {
        refuse(tables, question->list, answer_r);
        return;
    }
    refresh(tables, list);
    answer_r->result = maps_answer(list->maps, question, answer_r, &tables->value, &tables->reason);
    answer_r->fresh_ms = fresh_ms(tables, list);
    if (answer_r->result == MAP_FOUND)
        answer_r->value = buf_span(&tables->value);
    else if (answer_r->result == MAP_UNAVAILABLE)
        answer_r->reason = tables->reason.text;
}

bool tables_are_stale(const struct tables *tables)
{
    return tables->is_stale;
}

bool tables_wait(struct tables *tables, const char *list)
{
    struct table_list *found = hash_get(tables->lists, span_text(list));

    if (found == NULL || !found->waits)
        return false;
    if (found->needs_privilege)
        refresh(tables, found); /* a worker could not tell us */
    return true;
}
