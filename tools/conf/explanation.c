/* How an explanation is written. */
#include "tools/conf/explanation.h"

#include "tools/conf/source_line.h"
#include "tools/json_text.h"

void explanation_stage(struct explanation *explanation, const char *program)
{
    explanation->stage = program;
    if (!explanation->json)
        buf_put_printf(explanation->out, "%s\n", program);
}

static void put_member(struct buf *out, const char *name, struct span value)
{
    if (buf_text(out)[out->len - 1] != '{')
        buf_put_text(out, ", ");
    json_put_string(out, span_text(name));
    buf_put_text(out, ": ");
    json_put_string(out, value);
}

static void begin_object(struct explanation *explanation)
{
    buf_put_char(explanation->out, '{');
    put_member(explanation->out, "address", span_text(explanation->address));
    put_member(explanation->out, "program", span_text(explanation->stage));
}

/* Values come from tables: what cannot be printed does not reach a terminal. */
static void put_printable(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.data[i];

        buf_put_char(out, c < ' ' || c == 0x7f ? '?' : text.data[i]);
    }
}

void explanation_fact(struct explanation *explanation, const char *name, const char *value)
{
    struct buf *out = explanation->out;

    if (explanation->json) {
        begin_object(explanation);
        put_member(out, name, span_text(value));
        buf_put_text(out, "}\n");
        return;
    }
    buf_put_printf(out, "  %s: ", name);
    put_printable(out, span_text(*value == '\0' ? "-" : value));
    buf_put_char(out, '\n');
}

static const char *result_name(enum map_result result)
{
    switch (result) {
    case MAP_FOUND:
        return "found";
    case MAP_ABSENT:
        return "not found";
    case MAP_UNAVAILABLE:
        break;
    }
    return "not available";
}

static void put_json(struct explanation *explanation, const struct map_event *event,
                     const struct source_line *place)
{
    struct buf *out = explanation->out;

    begin_object(explanation);
    put_member(out, "parameter", span_text(event->parameter));
    put_member(out, "table", span_text(event->table));
    put_member(out, "key", event->key);
    put_member(out, "result", span_text(result_name(event->result)));
    if (event->result == MAP_FOUND)
        put_member(out, "value", event->value);
    if (place->path != NULL)
        put_member(out, "file", span_text(place->path));
    if (place->number > 0)
        buf_put_printf(out, ", \"line\": %u", place->number);
    buf_put_text(out, "}\n");
}

static void put_text(struct explanation *explanation, const struct map_event *event,
                     const struct source_line *place)
{
    struct buf *out = explanation->out;

    buf_put_printf(out, "    %s, %s: ", event->parameter, event->table);
    put_printable(out, event->key);
    if (event->result != MAP_FOUND) {
        buf_put_printf(out, ": %s", result_name(event->result));
    } else if (event->value.len > 0) {
        buf_put_text(out, " -> ");
        put_printable(out, event->value);
    } else {
        buf_put_text(out, ": matches");
    }
    if (place->number > 0)
        buf_put_printf(out, " (%s, line %u)", place->path, place->number);
    else if (place->path != NULL)
        buf_put_printf(out, " (not in %s: the table is out of date?)", place->path);
    buf_put_char(out, '\n');
}

void explanation_look_up(void *context, const struct map_event *event)
{
    struct explanation *explanation = context;
    struct source_line place = {0};

    if (event->result == MAP_FOUND)
        place = source_line_find(event->table, event->key, event->line);
    if (explanation->json)
        put_json(explanation, event, &place);
    else
        put_text(explanation, event, &place);
}
