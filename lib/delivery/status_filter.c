/* Other words for what became of a recipient (lib/delivery/status_filter.h). */
#include "lib/delivery/status_filter.h"

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/delivery/status.h"

#define ANSWER_MAX DELIVERY_TEXT_MAX

#define LOOK_AGAIN_MS 1000 /* for tables that have changed */

static struct {
    const struct config *config;
    const char *parameter;
    const char *list;
    bool through_proxy;
    struct maps *tables; /* NULL: nothing is filtered */
    int64_t looked_ms;
} filter;

void status_filter_open(const struct config *config, const char *parameter, const char *tables,
                        bool through_proxy)
{
    filter.config = config;
    filter.parameter = parameter;
    filter.list = tables;
    filter.through_proxy = through_proxy;
    if (tables[0] != '\0')
        filter.tables = maps_open_octets(config, tables, through_proxy);
    filter.looked_ms = clock_monotonic_ms();
}

static void refresh(void)
{
    int64_t now = clock_monotonic_ms();

    if (now - filter.looked_ms < LOOK_AGAIN_MS)
        return;
    filter.looked_ms = now;
    if (!maps_changed(filter.tables))
        return;
    maps_free(&filter.tables);
    filter.tables = maps_open_octets(filter.config, filter.list, filter.through_proxy);
}

static void replace(struct arena *arena, struct span answer, struct delivery_result *result)
{
    struct span text = answer;
    struct span code = delivery_status_take(&text);

    if (code.len == 0 || (code.data[0] == '2') != (result->outcome == DELIVERY_SENT)) {
        log_warning("%s: bad status code: %.*s", filter.parameter, SPAN_PRINTF(answer));
        return;
    }
    if (result->outcome != DELIVERY_SENT)
        result->outcome = code.data[0] == '5' ? DELIVERY_BOUNCED : DELIVERY_DEFERRED;
    result->status = arena_text(arena, code);
    if (text.len > 0)
        result->text = arena_text(arena, text);
}

void status_filter_apply(struct arena *arena, struct delivery_result *result)
{
    struct buf answer = BUF(ANSWER_MAX);
    struct error err;
    const char *query;

    if (filter.tables == NULL)
        return;
    refresh();
    query = arena_printf(arena, "%s %s", result->status, result->text == NULL ? "" : result->text);
    if (maps_find(filter.tables, span_text(query), 0, &answer, NULL, &err) == MAP_FOUND)
        replace(arena, buf_span(&answer), result);
    buf_release(&answer);
}
