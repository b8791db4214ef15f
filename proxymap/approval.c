/* The lists of tables that main.cf and master.cf name (proxymap/approval.h). */
#include "proxymap/approval.h"

#include "lib/base/file.h"
#include "lib/base/log.h"
#include "lib/config/lines.h"
#include "lib/config/master_cf.h"
#include "lib/map/map_type.h"

#include <fcntl.h>

#define LIST_FILE_MAX (16U * 1024 * 1024)

#define PROXY "proxy:"

const char *approval_proxied(const char *item)
{
    while (strncmp(item, PROXY, strlen(PROXY)) == 0)
        item += strlen(PROXY);
    return item;
}

/* As proxy_read_maps has them: only what has its "proxy:" counts. */
void approval_take_proxied(struct approval *approval, const char *value)
{
    struct strlist items = STRLIST_EMPTY;

    if (!strlist_split_config(&items, value, NULL))
        strlist_clear(&items);
    for (size_t i = 0; i < items.count; i++) {
        const char *item = items.items[i];

        if (item[0] == '{') {
            char *inside = mem_span(braces_strip(span_text(item)));

            approval_take_proxied(approval, inside);
            mem_free(inside);
        } else if (approval_proxied(item) != item && strchr(approval_proxied(item), ':') != NULL) {
            (void)hash_put(approval->proxied, span_text(approval_proxied(item)), approval);
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
static bool may_be_proxied(const struct approval *approval, const char *list)
{
    bool at_start = true;

    for (; *list != '\0'; list++) {
        const char *item = at_start ? approval_proxied(list) : list;

        if (item != list && hash_get(approval->proxied, span_of(item, name_length(item))) == NULL)
            return false;
        at_start = strchr(" \t\r\n,{!", *list) != NULL;
    }
    return true;
}

static void approve_list(struct approval *approval, const char *list)
{
    if (may_be_proxied(approval, list))
        approval->put(approval->context, list);
}

static bool names_table(const char *item)
{
    const char *name;

    return strchr(item, ':') != NULL && map_type_find(item, &name) != NULL;
}

/* "hash:/x", "!hash:/x" of a match list, "{ ... }" with more inside. */
static bool approve_item(struct approval *approval, const char *item)
{
    item += strspn(item, "!");
    if (item[0] == '{') {
        char *inside = mem_span(braces_strip(span_text(item)));

        approval_take(approval, inside);
        mem_free(inside);
        return false;
    }
    if (!names_table(item))
        return false;
    approve_list(approval, item);
    return true;
}

void approval_take(struct approval *approval, const char *value)
{
    struct strlist items = STRLIST_EMPTY;
    bool is_list = false;

    if (strlist_split_config(&items, value, NULL)) {
        for (size_t i = 0; i < items.count; i++)
            is_list = approve_item(approval, items.items[i]) || is_list;
    }
    if (is_list)
        approve_list(approval, value);
    strlist_release(&items);
}

/* Lists of domains and networks may name files, whose lines may name tables. */
static void approve_files(struct approval *approval, const char *list)
{
    struct strlist items = STRLIST_EMPTY;

    if (!strlist_split_config(&items, list, NULL))
        strlist_clear(&items);
    for (size_t i = 0; i < items.count; i++) {
        const char *path = items.items[i] + strspn(items.items[i], "!");
        struct buf content = BUF(LIST_FILE_MAX);

        if (path[0] == '/' && file_read(AT_FDCWD, path, &content, NULL))
            approval_take(approval, buf_text(&content));
        buf_release(&content);
    }
    strlist_release(&items);
}

void approval_take_config(struct approval *approval, const struct config *config)
{
    size_t position = 0;
    const char *value;

    while (config_walk(config, &position, &value))
        approval_take(approval, value);
    approve_files(approval, config->mydestination);
    approve_files(approval, config->mynetworks);
    approve_files(approval, config->relay_domains);
    approve_files(approval, config->virtual_alias_domains);
    approve_files(approval, config->virtual_mailbox_domains);
}

/* A service with settings of its own may have tables of its own, also by $name from main.cf. One whose settings are
 * wrong cannot start, and asks for nothing. */
static void approve_service(struct approval *approval, const struct config *main_cf,
                            const struct master_service *service)
{
    struct strlist overrides = STRLIST_EMPTY;
    struct config *config = NULL;
    struct error err = {0};

    master_cf_overrides(service, &overrides);
    if (overrides.count > 0) {
        config = config_read(config_directory(main_cf), &overrides, service->name, &err);
        if (config == NULL || !config_check(config, service->command, &err))
            log_warning("service %s: %s", service->name, err.text);
        else
            approval_take_config(approval, config);
    }
    config_free(&config);
    strlist_release(&overrides);
}

bool approval_take_services(struct approval *approval, const struct config *config,
                            struct error *err)
{
    struct master_cf *master_cf = master_cf_read(config, err);

    if (master_cf == NULL)
        return false;
    for (size_t i = 0; i < master_cf->count; i++)
        approve_service(approval, config, &master_cf->services[i]);
    master_cf_free(&master_cf);
    return true;
}
