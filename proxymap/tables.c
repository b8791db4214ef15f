/* The tables behind what may be asked (proxymap/tables.h). */
#include "proxymap/tables.h"

#include "lib/base/clock.h"
#include "lib/base/hash.h"
#include "lib/base/log.h"
#include "lib/map/map_type.h"
#include "lib/service/account.h"
#include "proxymap/approval.h"

#define VALUE_MAX      PROXY_VALUE_MAX
#define CHECK_AFTER_MS PROXY_FRESH_MAX_MS /* between two looks at a list's files */

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
    struct approval approval;
    struct hash *lists; /* of struct table_list, by the text that is asked */
    struct buf value;
    struct error reason;
    bool is_stale;
};

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

static void approve_list(void *context, const char *list)
{
    struct tables *tables = context;
    struct table_list *approved;
    unsigned traits;

    if (hash_get(tables->lists, span_text(list)) != NULL)
        return;
    traits = list_traits(list);
    approved = mem_new(struct table_list);
    approved->text = mem_text(list);
    approved->waits = (traits & MAP_WAITS) != 0;
    approved->lasts = (traits & (MAP_SERVER | MAP_LIVE)) == 0;
    (void)hash_put(tables->lists, span_text(list), approved);
}

void tables_approve_proxied(struct tables *tables, const char *value)
{
    approval_take_proxied(&tables->approval, value);
}

void tables_approve(struct tables *tables, const char *value)
{
    approval_take(&tables->approval, value);
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
    tables->approval = (struct approval){hash_create(), approve_list, tables};
    tables->lists = hash_create();
    tables->value = BUF(VALUE_MAX);
    return tables;
}

struct tables *tables_create(const struct service_instance *instance, struct error *err)
{
    struct tables *tables = tables_create_empty(instance->config);

    tables_approve_proxied(tables, instance->config->proxy_read_maps);
    approval_take_config(&tables->approval, instance->config);
    if (!approval_take_services(&tables->approval, instance->config, err) ||
        (instance->privileged && !open_protected(tables, err)))
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
    hash_free(&(*tables)->approval.proxied, NULL);
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
    error_set(&tables->reason, ERROR_TEMPORARY, "request for unapproved table: \"%s\"",
              approval_proxied(list));
    log_warning("%s", tables->reason.text);
    if (approval_proxied(list) != list)
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
